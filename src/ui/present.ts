import type { TotpFlowError } from '../contract/errors.ts'
import { UNLINK_SCOPE, UPDATE_SCOPE } from '../contract/scopes.ts'
import type { RecoveryCodesLeft } from '../flow/totp-flow.ts'
import type { TotpState, TotpView } from '../flow/view.ts'
import type { Messages } from '../messages/messages.ts'
import { around, purposesOf, sentenceOf } from '../messages/sentence.ts'
import { type Announced, announcementOf } from './announcer.ts'
import type { CodePromptState } from './code-prompt.ts'
import type { CodesWorkState } from './codes-work.ts'
import type { Copied, Outcome } from './copy-text.ts'
import { dateOf } from './date-of.ts'
import { type GateScreen, isAskedAtGate } from './gate.ts'
import type { PasswordPromptState } from './password-prompt.ts'
import { isChallenge, type Screen, screenOf } from './screen.ts'

/** What became of copying, by the list that was copied. */
export type Outcomes = Partial<Record<Copied, Outcome | null>>

/** All that a face goes by. A part that stands alone knows of the flow and the words only. */
export interface Known {
  view: TotpView
  messages: Messages
  prompt?: CodePromptState
  password?: PasswordPromptState
  codesLeft?: RecoveryCodesLeft | null
  codesWork?: CodesWorkState
  /** The face has a place of its own for what failed about recovery codes: `codes-error`. */
  hasCodesError?: boolean
  outcomes?: Outcomes
  isJustEnrolled?: boolean
  /** What the gate shows, where there is one. */
  gate?: GateScreen
  announced?: Announced
  /** The face has a button that copies, downloads or prints the recovery codes. */
  offersTaking?: boolean
}

/** What buttons do, by the names of `data-totp-do`. */
export type Verb =
  | 'register'
  | 'enroll-at-gate'
  | 'delete'
  | 'confirm-delete'
  | 'cancel'
  | 'refresh'
  | 'step-up'
  | 'submit-code'
  | 'submit-password'
  | 'submit-passkey'
  | 'switch-method'
  | 'copy-key'
  | 'copy-codes'
  | 'download-codes'
  | 'print-codes'
  | 'acknowledge'
  | 'renew-codes'

const LAST_STEP = 2

/** Of a `Date` (ECMAScript §21.4.1.1). A backend may say that an enrollment can be put off for longer. */
const LAST_DATE = 8.64e15

/** Unheard and unseen, at the end of what is said again: screen readers leave out what is the same as before. */
const AGAIN = ['\u00a0', '\u2007'] as const

/** Whether a step of the enrollment is done, and whether it is the current one. Past the last step, all are done, and the last stays current. */
export const standingOf = (step: number, current: number) => ({
  isDone: step < current,
  isCurrent: step === Math.min(current, LAST_STEP),
})

/** What every face says, shows, enables and counts. Faces decide nothing: they draw this. */
export type Face = ReturnType<typeof present>

export function present(known: Known) {
  const { view, messages, prompt, password, codesLeft = null, codesWork, outcomes = {} } = known
  const { device: words, enrollment, code, challenge, recovery } = messages
  const { state, can, device, error, showsCodeField, showsPasswordField, registration, recoveryCodes } = view
  const screen = screenOf(view)
  const isAsking = isChallenge(view)
  const isRecovery = prompt?.method === 'recovery'
  const isRemoval = view.intent === 'delete'
  const isConfirming = view.detail === 'confirming'
  const isUnsaved = codesLeft?.acknowledged === false && codesLeft.count > 0
  /** Nothing was done yet to keep the codes that are shown, and there is a button for it. */
  const isUntaken =
    recoveryCodes !== null && known.offersTaking === true && codesWork?.taken !== recoveryCodes
  const isFinished = screen === 'on' && known.isJustEnrolled === true
  const isEnrolling = screen === 'enrolling'
  const isResumed = isEnrolling && registration === null
  const secondsLeft = prompt?.secondsLeft ?? 0
  const failure = codesWork?.failure ?? null
  const since = dateOf(device?.verifiedAt ?? device?.createdAt ?? '')
  const [beforeStartOver, afterStartOver] = around(enrollment.resumed, enrollment.startOver)
  const say = (said: TotpFlowError | null, ofRecovery = false) =>
    said ? sentenceOf(messages, said, ofRecovery) : ''

  const sayAgain = (said: string, told: number) => said && said + (told > 1 ? AGAIN[told % 2] : '')

  /** What `data-totp-text` can name. What takes long to write is written when somebody reads it. */
  const texts = {
    state,
    detail: view.detail ?? '',
    secret: registration?.unseal().secret ?? '',
    scopes: view.elevation?.scopes.join(', ') ?? '',
    /** While a code or a password is asked for, what became of it. */
    error: !showsCodeField
      ? sayAgain(
          password?.isEmpty ? messages.password.empty : say((known.hasCodesError ? null : failure) ?? error),
          password?.told ?? 0,
        )
      : prompt
        ? sayAgain(
            prompt.isEmpty ? code.empty : prompt.isAppCode ? code.isAppCode : say(prompt.error, isRecovery),
            prompt.told,
          )
        : say(error),
    get countdown() {
      return secondsLeft > 0 ? code.wait(secondsLeft) : ''
    },
    title: isRemoval ? challenge.removeTitle : challenge.title,
    hint: isConfirming
      ? purposesOf(messages, [UNLINK_SCOPE])
      : showsPasswordField
        ? messages.password.hint
        : isRecovery
          ? challenge.recoveryHint
          : isRemoval
            ? challenge.removeHint
            : challenge.hint,
    label: isRecovery ? code.recoveryLabel : code.label,
    help: prompt?.needsHelp ? code.help : '',
    note: !showsCodeField
      ? ''
      : isRecovery
        ? code.recoveryNote
        : prompt?.sendsItself
          ? `${code.note} ${code.automatic}`
          : code.note,
    'other-method': isRecovery ? code.useApp : code.useRecoveryCode,
    status: screen === 'on' ? words.on : screen === 'none' ? words.none : '',
    get 'enroll-by'() {
      if (view.enrollBy === null) return ''
      return messages.gate.enrollBy(words.time(new Date(Math.min(view.enrollBy, LAST_DATE))))
    },
    get since() {
      return since ? words.since(words.time(since)) : ''
    },
    'before-start-over': beforeStartOver,
    'after-start-over': afterStartOver,
    'copy-key': outcomes['setup-key'] === 'copied' ? enrollment.copied : enrollment.copy,
    'copy-key-note': outcomes['setup-key'] === 'selected' ? enrollment.keySelected : '',
    /** The reason of this one step-up, or else what its scopes stand for. */
    purpose:
      view.reason ?? purposesOf(messages, view.intent === 'renew' ? [UPDATE_SCOPE] : view.requestedScopes),
    get 'codes-left'() {
      return codesLeft === null ? recovery.list : recovery.left(codesLeft.count)
    },
    get 'codes-title'(): string {
      return recoveryCodes === null ? texts['codes-left'] : recovery.title
    },
    'codes-hint': recoveryCodes !== null ? recovery.hint : isUnsaved ? recovery.unsaved : recovery.renewWhy,
    'codes-error': say(failure),
    'renew-why': isUnsaved ? '' : recovery.renewWhy,
    /** Why nobody can confirm yet that they are saved. */
    'keep-note': isUntaken ? recovery.takeFirst : '',
    'last-step':
      recoveryCodes || (isEnrolling && view.offersRecovery) ? enrollment.save : enrollment.finished,
    'copy-codes': outcomes['recovery-codes'] === 'copied' ? recovery.copied : recovery.copy,
    'copy-codes-note': outcomes['recovery-codes'] === 'selected' ? recovery.selected : '',
    /** What has just happened, for a live region. */
    get announcement() {
      return known.announced ? announcementOf(known.announced, messages) : ''
    },
  }

  const facts = {
    /** An enrollment has just ended, but for its recovery codes. */
    finished: isFinished,
    guarded: screen === 'on' && !isFinished,
    /** A step-up, a removal or new recovery codes wait for a code, a passkey or a password. */
    challenge: isAsking,
    code: showsCodeField,
    password: showsPasswordField,
    /** A removal that takes no proof waits for a yes. */
    confirming: isConfirming,
    /** There is something to scan. */
    picture: registration !== null,
    /** Setting up goes on after a reload, which took the picture away. */
    resumed: isResumed,
    /** There are recovery codes to save. */
    'recovery-codes': recoveryCodes !== null,
    /** There are none to save, and new ones can be made. */
    renewable: device?.verified === true && recoveryCodes === null && view.offersRenewal,
    /** Those that are shown were neither copied nor downloaded nor printed. */
    untaken: isUntaken,
    /** Nobody said of those that there are that they are kept. */
    unsaved: isUnsaved,
    /** A recovery code can stand in for the app's. */
    'recovery-offered': view.offersRecovery && isAsking && showsCodeField,
    /** Nothing is wrong with the code, and none is being checked. */
    calm: !prompt?.error && !prompt?.isEmpty && !prompt?.busy,
    /** Codes were wrong again and again. */
    help: prompt?.needsHelp === true,
    throttled: secondsLeft > 0,
    /** No code, passkey or password is asked for. */
    quiet: view.methods.length === 0 && !showsPasswordField,
    /** There is something to go back to. */
    cancelable: !isAskedAtGate(view),
    /** The app may be used, but needs an authenticator app before long. */
    'enrollment-due': view.gate === 'enrollmentOwed' && view.enrollBy !== null,
  }
  /** What `data-totp-show` can name: one of the chart's states, one of the screens, and the facts. */
  const shown: typeof facts & Partial<Record<TotpState | Screen | `gate-${GateScreen}`, boolean>> = {
    ...facts,
    ...(known.gate && { [`gate-${known.gate}`]: true }),
    [state]: true,
    [screen]: true,
  }

  /** Whether the chart would do it, not refuse it. What is not named here it never refuses. */
  const enabled: Partial<Record<Verb, boolean>> = {
    register: can.register || state === 'registering',
    'enroll-at-gate': can.register || state === 'registering',
    delete: (can.deleteDevice && !isConfirming) || state === 'deleting',
    cancel: can.cancel,
    refresh: can.refresh,
    'step-up': can.stepUp,
    'submit-code': secondsLeft === 0,
    acknowledge: !isUntaken,
    'switch-method': !view.busy,
  }
  const busy: Partial<Record<Verb, boolean>> = {
    register: state === 'registering',
    'enroll-at-gate': state === 'registering',
    delete: state === 'deleting',
    'submit-code': prompt?.busy === true && view.checking !== 'passkey',
    'submit-password': showsPasswordField && view.busy,
    acknowledge: codesWork?.pending === 'acknowledge',
    'renew-codes': codesWork?.pending === 'renew-codes' && !isAsking, // which waits for a person, and for nothing else
  }
  /** Which step of the enrollment is the current one, counted from 0; 3 when all are done. */
  const step = isFinished ? (recoveryCodes ? LAST_STEP : LAST_STEP + 1) : isResumed || prompt?.typed ? 1 : 0

  return { texts, shown, enabled, busy, step }
}
