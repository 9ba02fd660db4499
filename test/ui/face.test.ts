import { expect, it } from 'vitest'
import type { MfaDevice } from '../../src/contract/answers.ts'
import { TotpFlowError } from '../../src/contract/errors.ts'
import { Sealed } from '../../src/contract/sealed.ts'
import { en } from '../../src/messages/en.ts'
import type { CodePromptState } from '../../src/ui/code-prompt.ts'
import { type Known, present } from '../../src/ui/present.ts'
import { type Changes, viewOf } from './views.ts'

/** A code can be typed, and nothing is wrong with the last. */
const prompt: CodePromptState = {
  method: 'app',
  typed: '',
  error: null,
  isSpent: false,
  busy: false,
  isRefused: false,
  isEmpty: false,
  told: 0,
  isAppCode: false,
  needsHelp: false,
  sendsItself: false,
  secondsLeft: 0,
}

const DEVICE: MfaDevice = { id: 'd1', type: 'totp', verified: true, createdAt: '2026-01-01T00:00:00.000Z' }
const registration = Sealed.of({ id: 'd1', secret: 'JBSWY3DPEHPK3PXP', uri: 'otpauth://totp/a' })
const recoveryCodes = Sealed.of<readonly string[]>(['aaaaa-11111'])
const network = new TotpFlowError('network')
const wrong = new TotpFlowError('invalid_code')

const none: Changes = { busy: false, device: null, detail: 'ready', can: { register: true } }
const on: Changes = {
  busy: false,
  device: DEVICE,
  detail: 'ready',
  offersRenewal: true,
  offersRecovery: true,
  can: { stepUp: true, deleteDevice: true },
}
const asks: Changes = {
  busy: false,
  state: 'awaitingCode',
  detail: 'ready',
  showsCodeField: true,
  can: { cancel: true, refresh: false },
}
const enrolling: Changes = {
  ...asks,
  device: null,
  intent: 'enroll',
  registration,
  can: { ...asks.can, register: true },
}
const stepUp: Changes = { ...on, ...asks, intent: 'stepUp' }
const removal: Changes = { ...on, ...asks, intent: 'delete' }
const renewal: Changes = { ...on, ...asks, intent: 'renew' }
const asksPassword: Changes = { ...asks, detail: 'password', showsCodeField: false, showsPasswordField: true }
const confirming: Changes = {
  ...removal,
  detail: 'confirming',
  showsCodeField: false,
  can: { ...asks.can, deleteDevice: true },
}

const faceOf = (changes: Changes, more: Partial<Known> = {}) =>
  present({ view: viewOf(changes), messages: en, ...more })
const trueOf = (names: object) =>
  Object.entries(names)
    .flatMap(([name, is]) => (is === true ? [name] : []))
    .sort()
const falseOf = (names: object) =>
  Object.entries(names)
    .flatMap(([name, is]) => (is === false ? [name] : []))
    .sort()

type Row = [
  where: string,
  view: Changes,
  more: Partial<Known>,
  shown: string,
  refused: string,
  busy: string,
  step: number,
]
const rows: Row[] = [
  [
    'before the backend has answered',
    {},
    {},
    'calm cancelable idle loading quiet',
    'cancel delete enroll-at-gate register step-up switch-method',
    '',
    0,
  ],
  [
    'where the backend could not be reached',
    { detail: 'unavailable', error: network },
    {},
    'calm cancelable idle quiet unavailable',
    'cancel delete enroll-at-gate register step-up switch-method',
    '',
    0,
  ],
  ['before an app is set up', none, {}, 'calm cancelable idle none quiet', 'cancel delete step-up', '', 0],
  [
    'while an app is pending',
    { ...none, device: { ...DEVICE, verified: false } },
    { codesLeft: null },
    'calm cancelable idle none quiet',
    'cancel delete step-up',
    '',
    0,
  ],
  [
    'while a picture is fetched',
    {
      ...none,
      state: 'registering',
      detail: null,
      busy: true,
      can: { cancel: true, register: false, refresh: false },
    },
    {},
    'calm cancelable none quiet registering',
    'delete refresh step-up switch-method',
    'enroll-at-gate register',
    0,
  ],
  [
    'while there is a picture to scan',
    enrolling,
    { prompt },
    'awaitingCode calm cancelable code enrolling picture',
    'delete refresh step-up',
    '',
    0,
  ],
  [
    'once a digit of the first code is typed',
    enrolling,
    { prompt: { ...prompt, typed: '1' } },
    'awaitingCode calm cancelable code enrolling picture',
    'delete refresh step-up',
    '',
    1,
  ],
  [
    'after a reload in an enrollment',
    { ...enrolling, registration: null, offersRecovery: true },
    { prompt },
    'awaitingCode calm cancelable code enrolling resumed',
    'delete refresh step-up',
    '',
    1,
  ],
  [
    'while the first code is checked',
    { ...enrolling, state: 'verifying', detail: null, busy: true, can: { ...asks.can } },
    { prompt: { ...prompt, busy: true } },
    'cancelable code enrolling picture verifying',
    'delete enroll-at-gate refresh register step-up switch-method',
    'submit-code',
    0,
  ],
  [
    'while a password is asked for to set up',
    { ...asksPassword, device: null, intent: 'enroll' },
    {},
    'awaitingCode calm cancelable none password',
    'delete enroll-at-gate refresh register step-up',
    '',
    0,
  ],
  [
    'while the app is on',
    on,
    {},
    'calm cancelable guarded idle on quiet renewable',
    'cancel enroll-at-gate register',
    '',
    0,
  ],
  [
    'while the app is on over a backend that makes no recovery codes',
    { ...on, offersRenewal: false },
    { gate: 'open' },
    'calm cancelable gate-open guarded idle on quiet',
    'cancel enroll-at-gate register',
    '',
    0,
  ],
  [
    'where the recovery codes that there are were not kept',
    on,
    { codesLeft: { count: 3, acknowledged: false } },
    'calm cancelable guarded idle on quiet renewable unsaved',
    'cancel enroll-at-gate register',
    '',
    0,
  ],
  [
    'where there are no recovery codes that could have been kept, as after an import',
    on,
    { codesLeft: { count: 0, acknowledged: false } },
    'calm cancelable guarded idle on quiet renewable',
    'cancel enroll-at-gate register',
    '',
    0,
  ],
  [
    'where the recovery codes that there are were kept',
    on,
    { codesLeft: { count: 3, acknowledged: true } },
    'calm cancelable guarded idle on quiet renewable',
    'cancel enroll-at-gate register',
    '',
    0,
  ],
  [
    'right after an enrollment with recovery codes',
    { ...on, state: 'elevated', detail: null, recoveryCodes, can: { ...on.can, refresh: false } },
    { isJustEnrolled: true, offersTaking: true },
    'calm cancelable elevated finished on quiet recovery-codes untaken',
    'acknowledge cancel enroll-at-gate refresh register',
    '',
    2,
  ],
  [
    'once the new recovery codes were copied',
    { ...on, recoveryCodes },
    {
      isJustEnrolled: true,
      offersTaking: true,
      codesWork: { pending: null, failure: null, taken: recoveryCodes },
    },
    'calm cancelable finished idle on quiet recovery-codes',
    'cancel enroll-at-gate register',
    '',
    2,
  ],
  [
    'where no button copies the new recovery codes',
    { ...on, recoveryCodes },
    {},
    'calm cancelable guarded idle on quiet recovery-codes',
    'cancel enroll-at-gate register',
    '',
    0,
  ],
  [
    'right after an enrollment whose codes are kept',
    on,
    { isJustEnrolled: true, offersTaking: true },
    'calm cancelable finished idle on quiet renewable',
    'cancel enroll-at-gate register',
    '',
    3,
  ],
  [
    'right after an enrollment of an app that is gone',
    none,
    { isJustEnrolled: true },
    'calm cancelable idle none quiet',
    'cancel delete step-up',
    '',
    0,
  ],
  [
    'while a step-up asks for a code',
    stepUp,
    { prompt },
    'awaitingCode calm cancelable challenge code guarded on recovery-offered renewable',
    'delete enroll-at-gate refresh register step-up',
    '',
    0,
  ],
  [
    'while a step-up checks a code',
    { ...stepUp, state: 'verifying', detail: null, busy: true },
    { prompt: { ...prompt, busy: true } },
    'cancelable challenge code guarded on recovery-offered renewable verifying',
    'delete enroll-at-gate refresh register step-up switch-method',
    'submit-code',
    0,
  ],
  [
    'while a step-up waits after too many codes',
    { ...stepUp, detail: 'throttled' },
    { prompt: { ...prompt, secondsLeft: 5 } },
    'awaitingCode calm cancelable challenge code guarded on recovery-offered renewable throttled',
    'delete enroll-at-gate refresh register step-up submit-code',
    '',
    0,
  ],
  [
    'where a code was wrong',
    { ...stepUp, error: wrong },
    { prompt: { ...prompt, error: wrong } },
    'awaitingCode cancelable challenge code guarded on recovery-offered renewable',
    'delete enroll-at-gate refresh register step-up',
    '',
    0,
  ],
  [
    'where no code was typed',
    stepUp,
    { prompt: { ...prompt, isEmpty: true } },
    'awaitingCode cancelable challenge code guarded on recovery-offered renewable',
    'delete enroll-at-gate refresh register step-up',
    '',
    0,
  ],
  [
    'where codes were wrong again and again',
    stepUp,
    { prompt: { ...prompt, needsHelp: true } },
    'awaitingCode calm cancelable challenge code guarded help on recovery-offered renewable',
    'delete enroll-at-gate refresh register step-up',
    '',
    0,
  ],
  [
    'while a backend without recovery codes asks for a code',
    { ...stepUp, offersRecovery: false },
    {},
    'awaitingCode calm cancelable challenge code guarded on renewable',
    'delete enroll-at-gate refresh register step-up',
    '',
    0,
  ],
  [
    'while a removal asks for a code',
    removal,
    { prompt },
    'awaitingCode calm cancelable challenge code guarded on recovery-offered renewable',
    'delete enroll-at-gate refresh register step-up',
    '',
    0,
  ],
  [
    'while a removal asks for a password',
    { ...on, ...asksPassword, intent: 'delete' },
    {},
    'awaitingCode calm cancelable challenge guarded on password renewable',
    'delete enroll-at-gate refresh register step-up',
    '',
    0,
  ],
  [
    'while a removal checks a password',
    { ...on, ...asksPassword, intent: 'delete', busy: true },
    {},
    'awaitingCode calm cancelable challenge guarded on password renewable',
    'delete enroll-at-gate refresh register step-up switch-method',
    'submit-password',
    0,
  ],
  [
    'while a removal is to be confirmed',
    confirming,
    {},
    'awaitingCode calm cancelable challenge confirming guarded on quiet renewable',
    'delete enroll-at-gate refresh register step-up',
    '',
    0,
  ],
  [
    'while the app is being removed',
    {
      ...on,
      state: 'deleting',
      detail: null,
      intent: 'delete',
      busy: true,
      can: { cancel: true, refresh: false, stepUp: false, deleteDevice: false },
    },
    {},
    'calm cancelable deleting guarded on quiet renewable',
    'enroll-at-gate refresh register step-up switch-method',
    'delete',
    0,
  ],
  [
    'while new recovery codes ask for a code',
    renewal,
    { prompt, codesWork: { pending: 'renew-codes', failure: null, taken: null } },
    'awaitingCode calm cancelable challenge code guarded on recovery-offered renewable',
    'delete enroll-at-gate refresh register step-up',
    '',
    0,
  ],
  [
    'while new recovery codes are made',
    on,
    { codesWork: { pending: 'renew-codes', failure: null, taken: null } },
    'calm cancelable guarded idle on quiet renewable',
    'cancel enroll-at-gate register',
    'renew-codes',
    0,
  ],
  [
    'while the codes are said to be kept',
    { ...on, recoveryCodes },
    { codesWork: { pending: 'acknowledge', failure: null, taken: null } },
    'calm cancelable guarded idle on quiet recovery-codes',
    'cancel enroll-at-gate register',
    'acknowledge',
    0,
  ],
  [
    'while the gate asks for a code',
    { ...stepUp, gate: 'codeOwed' },
    { gate: 'code', prompt },
    'awaitingCode calm challenge code gate-code guarded on recovery-offered renewable',
    'delete enroll-at-gate refresh register step-up',
    '',
    0,
  ],
  [
    'while a step-up for something else asks behind a gate',
    { ...stepUp, gate: 'codeOwed', requestedScopes: ['wallet:export'] },
    { gate: 'code', prompt },
    'awaitingCode calm cancelable challenge code gate-code guarded on recovery-offered renewable',
    'delete enroll-at-gate refresh register step-up',
    '',
    0,
  ],
  [
    'while a removal asks behind a gate',
    { ...removal, gate: 'codeOwed' },
    { gate: 'code', prompt },
    'awaitingCode calm cancelable challenge code gate-code guarded on recovery-offered renewable',
    'delete enroll-at-gate refresh register step-up',
    '',
    0,
  ],
  [
    'while no code is asked for at a gate',
    { ...on, gate: 'codeOwed', intent: 'stepUp' },
    { gate: 'code' },
    'calm cancelable gate-code guarded idle on quiet renewable',
    'cancel enroll-at-gate register',
    '',
    0,
  ],
  [
    'while an enrollment is owed at once',
    { ...none, gate: 'enrollmentOwed' },
    { gate: 'enrollment' },
    'calm cancelable gate-enrollment idle none quiet',
    'cancel delete step-up',
    '',
    0,
  ],
  [
    'while an enrollment is owed before long',
    { ...none, gate: 'enrollmentOwed', enrollBy: 4e12 },
    { gate: 'open' },
    'calm cancelable enrollment-due gate-open idle none quiet',
    'cancel delete step-up',
    '',
    0,
  ],
]

it.each(rows)(
  'the presentation shows, enables and counts steps %s',
  (_where, view, more, shown, refused, busy, step) => {
    const face = faceOf(view, more)
    expect(trueOf(face.shown).join(' ')).toBe(shown)
    expect(falseOf(face.enabled).join(' ')).toBe(refused)
    expect(trueOf(face.busy).join(' ')).toBe(busy)
    expect(face.step).toBe(step)
  },
)

const { device: words, enrollment, code, challenge, recovery, gate } = en
const failure = { codesWork: { pending: null, failure: network, taken: null } }
const elevation = { scopes: ['wallet:export', 'wallet:sign'], expiresAt: 0, singleUse: true }
const byRecovery = { prompt: { ...prompt, method: 'recovery' as const } }
const left = (acknowledged: boolean) => ({ codesLeft: { count: 3, acknowledged } })
const password = { isEmpty: false, isWrong: false, told: 0 }
const copied = { outcomes: { 'setup-key': 'copied', 'recovery-codes': 'copied' } } as const
const selected = { outcomes: { 'setup-key': 'selected', 'recovery-codes': 'selected' } } as const
const told = (what: 'enabled' | null) => ({ announced: { what, by: null, secondsLeft: 0 } })
type Name = keyof ReturnType<typeof present>['texts']
const [beforeStartOver, afterStartOver] = enrollment.resumed('|').split('|')

const texts: [name: Name, where: string, view: Changes, more: Partial<Known>, says: string | undefined][] = [
  ['state', 'while a code is asked for', stepUp, {}, 'awaitingCode'],
  ['detail', 'while a code is asked for', stepUp, {}, 'ready'],
  ['detail', 'where the state has none', { state: 'elevated', detail: null }, {}, ''],
  ['secret', 'in an enrollment', enrolling, {}, 'JBSWY3DPEHPK3PXP'],
  ['secret', 'without an enrollment', on, {}, ''],
  ['scopes', 'once something was won', { ...on, elevation }, {}, 'wallet:export, wallet:sign'],
  ['scopes', 'where nothing was won', on, {}, ''],
  ['error', 'where nothing is wrong', on, {}, ''],
  ['error', 'of the flow', { ...on, error: network }, {}, en.errors.network],
  [
    'error',
    'of the flow, for a password',
    { ...asksPassword, error: network },
    { password },
    en.errors.network,
  ],
  [
    'error',
    'of an empty password',
    asksPassword,
    { password: { ...password, isEmpty: true, told: 1 } },
    en.password.empty,
  ],
  [
    'error',
    'of an empty password, said again',
    asksPassword,
    { password: { ...password, isEmpty: true, told: 2 } },
    `${en.password.empty}\u00a0`,
  ],
  [
    'error',
    'of an empty password, said a third time',
    asksPassword,
    { password: { ...password, isEmpty: true, told: 3 } },
    `${en.password.empty}\u2007`,
  ],
  [
    'error',
    'of no password, however often it was told of',
    asksPassword,
    { password: { ...password, told: 2 } },
    '',
  ],
  ['error', 'of a code, for who knows of no field', { ...stepUp, error: wrong }, {}, en.errors.invalid_code],
  ['error', 'of a code', stepUp, { prompt: { ...prompt, error: wrong, told: 1 } }, en.errors.invalid_code],
  [
    'error',
    'of a code, said again',
    stepUp,
    { prompt: { ...prompt, error: wrong, told: 2 } },
    `${en.errors.invalid_code}\u00a0`,
  ],
  ['error', 'of another method', { ...stepUp, error: wrong }, { prompt }, ''],
  [
    'error',
    'of a recovery code',
    stepUp,
    { prompt: { ...byRecovery.prompt, error: wrong } },
    en.recoveryErrors.invalid_code,
  ],
  ['error', 'of an empty field', stepUp, { prompt: { ...prompt, isEmpty: true } }, code.empty],
  [
    'error',
    'of an app’s code in the place of a recovery code',
    stepUp,
    { prompt: { ...prompt, isAppCode: true } },
    code.isAppCode,
  ],
  ['countdown', 'during a wait', stepUp, { prompt: { ...prompt, secondsLeft: 1 } }, code.wait(1)],
  ['countdown', 'without a wait', stepUp, { prompt }, ''],
  ['title', 'of a step-up', stepUp, {}, challenge.title],
  ['title', 'of a removal', removal, {}, challenge.removeTitle],
  ['hint', 'of a step-up', stepUp, { prompt }, challenge.hint],
  ['hint', 'of a removal', removal, { prompt }, challenge.removeHint],
  ['hint', 'for a recovery code', removal, byRecovery, challenge.recoveryHint],
  ['hint', 'for a password', asksPassword, {}, en.password.hint],
  ['hint', 'of a removal to confirm', confirming, {}, challenge.purposes['credential:unlink']],
  ['label', 'for the app’s code', stepUp, { prompt }, code.label],
  ['label', 'for a recovery code', stepUp, byRecovery, code.recoveryLabel],
  ['help', 'after several wrong codes', stepUp, { prompt: { ...prompt, needsHelp: true } }, code.help],
  ['help', 'before', stepUp, { prompt }, ''],
  ['note', 'where no code is asked for', on, { prompt }, ''],
  ['note', 'for a code that a button sends', stepUp, { prompt }, code.note],
  [
    'note',
    'for a code that goes by itself',
    stepUp,
    { prompt: { ...prompt, sendsItself: true } },
    `${code.note} ${code.automatic}`,
  ],
  ['note', 'for a recovery code', stepUp, byRecovery, code.recoveryNote],
  ['other-method', 'for the app’s code', stepUp, { prompt }, code.useRecoveryCode],
  ['other-method', 'for a recovery code', stepUp, byRecovery, code.useApp],
  ['status', 'while the app is on', on, {}, words.on],
  ['status', 'before an app is set up', none, {}, words.none],
  ['status', 'before the backend has answered', {}, {}, ''],
  [
    'enroll-by',
    'where an enrollment is owed',
    { ...none, enrollBy: 4e12 },
    {},
    gate.enrollBy(words.time(new Date(4e12))),
  ],
  ['enroll-by', 'where none is owed', none, {}, ''],
  [
    'since',
    'with the time of the first code',
    { ...on, device: { ...DEVICE, verifiedAt: '2026-02-02T00:00:00.000Z' } },
    {},
    words.since(words.time(new Date('2026-02-02T00:00:00.000Z'))),
  ],
  [
    'since',
    'with the time when it was made, where that of the first code is unknown',
    on,
    {},
    words.since(words.time(new Date(DEVICE.createdAt ?? ''))),
  ],
  ['since', 'before an app is set up', none, {}, ''],
  [
    'since',
    'of a backend that tells no time',
    { ...on, device: { id: 'd1', type: 'totp', verified: true } },
    {},
    '',
  ],
  ['before-start-over', 'in any state', on, {}, beforeStartOver],
  ['after-start-over', 'in any state', on, {}, afterStartOver],
  ['copy-key', 'before anything is copied', on, {}, enrollment.copy],
  ['copy-key', 'once it was copied', on, copied, enrollment.copied],
  ['copy-key', 'once it was selected', on, selected, enrollment.copy],
  ['copy-key-note', 'before anything is copied', on, {}, ''],
  ['copy-key-note', 'once it was copied', on, copied, ''],
  ['copy-key-note', 'once it was selected', on, selected, enrollment.keySelected],
  ['copy-codes', 'before anything is copied', on, {}, recovery.copy],
  ['copy-codes', 'once they were copied', on, copied, recovery.copied],
  ['copy-codes', 'once they were selected', on, selected, recovery.copy],
  ['copy-codes-note', 'before anything is copied', on, {}, ''],
  ['copy-codes-note', 'once they were copied', on, copied, ''],
  ['copy-codes-note', 'once they were selected', on, selected, recovery.selected],
  [
    'purpose',
    'by the reason that was given',
    { ...stepUp, reason: 'Send €100', requestedScopes: ['wallet:export'] },
    {},
    'Send €100',
  ],
  [
    'purpose',
    'by the scopes',
    { ...stepUp, requestedScopes: ['wallet:export'] },
    {},
    challenge.purposes['wallet:export'],
  ],
  [
    'purpose',
    'of new recovery codes',
    { ...renewal, requestedScopes: ['wallet:export'] },
    {},
    challenge.purposes['credential:update'],
  ],
  ['purpose', 'where there is none', stepUp, {}, ''],
  ['codes-left', 'where it is known', on, left(true), recovery.left(3)],
  ['codes-left', 'where it is not known', on, {}, recovery.list],
  ['codes-title', 'with codes to save', { ...on, recoveryCodes }, left(true), recovery.title],
  ['codes-title', 'with none to save', on, left(true), recovery.left(3)],
  ['codes-hint', 'with codes to save', { ...on, recoveryCodes }, left(false), recovery.hint],
  ['codes-hint', 'with codes that nobody kept', on, left(false), recovery.unsaved],
  ['codes-hint', 'with codes that are kept', on, left(true), recovery.renewWhy],
  ['codes-error', 'where nothing failed', on, {}, ''],
  ['codes-error', 'where something failed', on, failure, en.errors.network],
  ['renew-why', 'with codes that are kept', on, left(true), recovery.renewWhy],
  ['renew-why', 'with codes that nobody kept', on, left(false), ''],
  [
    'keep-note',
    'while nothing was done to keep the codes',
    { ...on, recoveryCodes },
    { offersTaking: true },
    recovery.takeFirst,
  ],
  ['keep-note', 'where no button copies them', { ...on, recoveryCodes }, {}, ''],
  ['last-step', 'with codes to save', { ...on, recoveryCodes }, {}, enrollment.save],
  [
    'last-step',
    'in an enrollment that will give codes',
    { ...enrolling, offersRecovery: true },
    {},
    enrollment.save,
  ],
  ['last-step', 'in an enrollment that will give none', enrolling, {}, enrollment.finished],
  ['last-step', 'after an enrollment', on, {}, enrollment.finished],
  ['announcement', 'once something has happened', on, told('enabled'), en.announcements.enabled],
  ['announcement', 'where nothing has happened', on, told(null), ''],
  ['announcement', 'in a face without a live region', on, {}, ''],
]
it.each(texts)(
  'the presentation says as %s %s what the messages have for that',
  (name, _where, view, more, says) => {
    expect(faceOf(view, more).texts[name]).toBe(says)
  },
)

it.each([
  ['setup-key', 'copy-key', 'copy-codes'],
  ['recovery-codes', 'copy-codes', 'copy-key'],
] as const)('the presentation says that %s was copied only at its button', (list, its, other) => {
  for (const [outcome, note] of [
    ['copied', ''],
    ['selected', '-note'],
  ] as const) {
    const face = faceOf(on, { outcomes: { [list]: outcome } })
    expect(face.texts[`${its}${note}`]).not.toBe(faceOf(on).texts[`${its}${note}`])
    expect(face.texts[`${other}${note}`]).toBe(faceOf(on).texts[`${other}${note}`])
  }
})
