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

/** The result of copying, by what was copied. */
export type Outcomes = Partial<Record<Copied, Outcome | null>>

/** Everything that a presentation depends on. A part on its own knows only the flow and the messages. */
export interface Known {
  view: TotpView
  messages: Messages
  prompt?: CodePromptState
  password?: PasswordPromptState
  codesLeft?: RecoveryCodesLeft | null
  codesWork?: CodesWorkState
  /** The UI has a place of its own for errors about recovery codes: `codes-error`. */
  hasCodesError?: boolean
  outcomes?: Outcomes
  isJustEnrolled?: boolean
  /** The gate's screen, if there is a gate. */
  gate?: GateScreen
  announced?: Announced
  /** The UI has a button that copies, downloads or prints the recovery codes. */
  offersTaking?: boolean
}

/** What buttons do, with the names of `data-totp-do`. */
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

/** The latest time of a `Date` (ECMAScript §21.4.1.1). A backend may allow an enrollment to be postponed for longer. */
const LAST_DATE = 8.64e15

/** Invisible and silent characters that end a repeated text, since screen readers skip a text that did not change. */
const AGAIN = ['\u00a0', '\u2007'] as const

/** Whether a step of the enrollment is done or current. After the last step, all are done and the last stays current. */
export const standingOf = (step: number, current: number) => ({
  isDone: step < current,
  isCurrent: step === Math.min(current, LAST_STEP),
})

/** What every UI says, shows and enables. UIs decide nothing: they draw this. */
export type Presentation = ReturnType<typeof present>

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
  /** The codes shown were not yet copied, downloaded or printed, and there is a button for it. */
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

  /** What `data-totp-text` can name. Expensive texts are computed on demand. */
  const texts = {
    state,
    detail: view.detail ?? '',
    secret: registration?.unseal().secret ?? '',
    scopes: view.elevation?.scopes.join(', ') ?? '',
    /** The error of the code or the password, during a prompt. */
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
    /** The reason of this step-up, or else what its scopes mean. */
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
    /** Why the person cannot confirm yet that the codes are saved. */
    'keep-note': isUntaken ? recovery.takeFirst : '',
    'last-step':
      recoveryCodes || (isEnrolling && view.offersRecovery) ? enrollment.save : enrollment.finished,
    'copy-codes': outcomes['recovery-codes'] === 'copied' ? recovery.copied : recovery.copy,
    'copy-codes-note': outcomes['recovery-codes'] === 'selected' ? recovery.selected : '',
    /** What just happened, for a live region. */
    get announcement() {
      return known.announced ? announcementOf(known.announced, messages) : ''
    },
  }

  const facts = {
    /** An enrollment has just completed. Its recovery codes may still be on screen. */
    finished: isFinished,
    guarded: screen === 'on' && !isFinished,
    /** A step-up, a removal or a renewal prompts for a code, a passkey, a password or a confirmation. */
    challenge: isAsking,
    code: showsCodeField,
    password: showsPasswordField,
    /** A removal that needs no proof waits for a confirmation. */
    confirming: isConfirming,
    /** There is a QR code to scan. */
    picture: registration !== null,
    /** An enrollment continues after a reload, without its QR code. */
    resumed: isResumed,
    /** There are recovery codes to save. */
    'recovery-codes': recoveryCodes !== null,
    /** There are none to save, and new ones can be generated. */
    renewable: device?.verified === true && recoveryCodes === null && view.offersRenewal,
    /** The codes shown were not yet copied, downloaded or printed. */
    untaken: isUntaken,
    /** The person has not confirmed that the remaining codes are saved. */
    unsaved: isUnsaved,
    /** A recovery code can replace a code of the app. */
    'recovery-offered': view.offersRecovery && isAsking && showsCodeField,
    /** Nothing is wrong with the code, and none is being checked. */
    calm: !prompt?.error && !prompt?.isEmpty && !prompt?.busy,
    /** Codes were repeatedly wrong. */
    help: prompt?.needsHelp === true,
    throttled: secondsLeft > 0,
    /** There is no prompt for a code, a passkey or a password. */
    quiet: view.methods.length === 0 && !showsPasswordField,
    /** The prompt can be canceled. */
    cancelable: !isAskedAtGate(view),
    /** The host app may be used, but will soon require an authenticator app. */
    'enrollment-due': view.gate === 'enrollmentOwed' && view.enrollBy !== null,
  }
  /** What `data-totp-show` can name: the chart's states, the screens and the facts. */
  const shown: typeof facts & Partial<Record<TotpState | Screen | `gate-${GateScreen}`, boolean>> = {
    ...facts,
    ...(known.gate && { [`gate-${known.gate}`]: true }),
    [state]: true,
    [screen]: true,
  }

  /** Whether the chart would accept a verb. It never refuses a verb that is not listed. */
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
    'renew-codes': codesWork?.pending === 'renew-codes' && !isAsking, // while it asks, it waits for the person and not for a call
  }
  /** The current step of the enrollment, counted from 0; 3 when all are done. */
  const step = isFinished ? (recoveryCodes ? LAST_STEP : LAST_STEP + 1) : isResumed || prompt?.typed ? 1 : 0

  return { texts, shown, enabled, busy, step }
}
