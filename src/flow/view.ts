import { createActor, type SnapshotFrom } from 'xstate'
import { mayRecover, mayUsePasskey } from '../../machines/totp.guards.ts'
import { totpMachine } from '../../machines/totp.machine.ts'
import type { Attempt, Intent, TotpEvent } from '../../machines/totp.types.ts'
import type { MfaDevice, TotpRegistration } from '../contract/answers.ts'
import type { TotpFlowError } from '../contract/errors.ts'
import type { Gate } from '../contract/gate.ts'
import type { Passkey } from '../contract/passkeys.ts'
import type { Scope } from '../contract/scopes.ts'
import { Sealed } from '../contract/sealed.ts'

/** XState's own snapshot of the chart, for selectors on `flow.actor`. */
export type TotpSnapshot = SnapshotFrom<typeof totpMachine>
/** The chart's top-level states. */
export type TotpState = 'idle' | 'registering' | 'awaitingCode' | 'verifying' | 'elevated' | 'deleting'

/** A way to answer a prompt. */
export type ProofMethod = 'code' | 'recoveryCode' | 'passkey'

/** What a screen needs to know, and nothing else. No code, no token; the registration is sealed. */
export interface TotpView {
  /** The chart's top-level state. */
  state: TotpState
  /** The sub-state where there is one: `loading ready unavailable` of idle, `ready throttled password passkey confirming` of awaitingCode. */
  detail: 'loading' | 'ready' | 'unavailable' | 'throttled' | 'password' | 'passkey' | 'confirming' | null
  /** A call to the backend is under way. */
  busy: boolean
  /** A code can be typed; stays true while one is being checked, so that a field need not go. */
  showsCodeField: boolean
  /** A password can be typed: some backends require it to set up, to remove or for new recovery codes. */
  showsPasswordField: boolean
  /**
   * What can answer the prompt: `code` if an app is set up, `recoveryCode` and `passkey` if the backend accepts them and the user
   * has any. Stays the same while an answer is being checked. Empty without a prompt, and while the flow asks for a password or
   * a confirmation.
   */
  methods: readonly ProofMethod[]
  /** What is being checked: of a passkey, as long as the browser asks for it. */
  checking: ProofMethod | 'password' | null
  /** Why the flow prompts for a code, or last did. */
  intent: Intent['kind']
  /** What the code that is asked for, or was typed last, is to give a right to. */
  requestedScopes: readonly Scope[]
  /** Why, in the words that `stepUp` was given; `null` without. */
  reason: string | null
  /** `undefined` until the backend has answered; `null` when the user has none. A pending one has `verified: false`. */
  device: MfaDevice | null | undefined
  /**
   * What the session still owes before the app may be used: a code, or to set up an app. `null` until the backend has answered,
   * and where it says nothing of it.
   */
  gate: Gate['state'] | null
  /** Until when an enrollment that is owed may be put off, epoch milliseconds; `null` where it may not. */
  enrollBy: number | null
  /** The user's passkeys; none before the backend has answered, and where it takes none. */
  passkeys: readonly Passkey[]
  /** How the app lists the account, `issuer:account`. `null` without an enrollment on this page. */
  label: string | null
  /** What to show as a QR code and as text, while enrolling. */
  registration: Sealed<TotpRegistration> | null
  /** New recovery codes, to be shown until someone says that they are kept. */
  recoveryCodes: Sealed<readonly string[]> | null
  /** The backend takes recovery codes in the place of an authenticator's. */
  offersRecovery: boolean
  /** The backend makes new recovery codes. */
  offersRenewal: boolean
  /** The backend takes passkeys, and lets users add them. */
  offersPasskeys: boolean
  /** What was won by the last code, while it lasts. Times in epoch milliseconds. */
  elevation: { scopes: readonly string[]; expiresAt: number; singleUse: boolean } | null
  /** When the next code is taken after too many, in epoch milliseconds. */
  retryAt: number | null
  /** What last went wrong, or was refused, until something else is begun, left or given up. */
  error: TotpFlowError | null
  /** Which verbs would lead anywhere now: whether to show a button. */
  can: {
    /** The backend has told that no app is set up; also while a first code is waited for, to start over. */
    register: boolean
    /** A code is asked for, no wait is on and none is being checked. */
    submitCode: boolean
    /** The flow prompts for a password, and is not checking one. */
    submitPassword: boolean
    /** A code is asked for, not of an enrollment, and the backend takes recovery codes: also during a wait. */
    submitRecoveryCode: boolean
    /** A prompt is open that a passkey may answer: also during a wait. */
    submitPasskey: boolean
    /** An app is set up or there is a passkey, and nothing is under way. */
    stepUp: boolean
    /** An app is set up, and nothing is under way. */
    deleteDevice: boolean
    /** A code is asked for or being checked, or an enrollment or a removal is under way. */
    cancel: boolean
    /** In `idle`. */
    refresh: boolean
  }
}

/**
 * Whether an event would lead anywhere. It asks the chart's own guards, so a button and the chart cannot disagree.
 * (`snapshot.can()` says yes to refusals too: they set `error`.)
 */
export const can = (snapshot: TotpSnapshot, event: TotpEvent): boolean =>
  totpMachine.getTransitionData(snapshot, event).some(({ target }) => target !== undefined)

const NO_CODE = Sealed.of('')
const NO_SCOPES: readonly Scope[] = []

/** What a screen needs to know of a snapshot: what `flow.getView()` gives, for hosts that run the chart themselves. */
export function toView(snapshot: TotpSnapshot): TotpView {
  const { device, gate, time, label, registration, recoveryCodes, elevations, error, intent, retryAt } =
    snapshot.context
  const { offersRecovery, offersRenewal, offersPasskeys, passkeys, asksFor } = snapshot.context
  const [state, detail] = partsOf(snapshot.value)
  const isAsked = state !== 'idle' && state !== 'elevated'
  const showsPasswordField = isAsked && asksFor === 'password'
  const elevation = state === 'elevated' && elevations.at(-1)
  let answers: TotpView['can'] | undefined // asked of the chart when somebody wants to know: most wait for a state alone
  return {
    state,
    detail,
    busy: snapshot.hasTag('busy'),
    showsCodeField: asksFor === 'code' && (state === 'awaitingCode' || state === 'verifying'),
    showsPasswordField,
    methods: state === 'awaitingCode' || state === 'verifying' ? methodsOf(snapshot) : NO_METHODS,
    checking: state === 'verifying' ? credentialIn(snapshot) : null,
    intent: intent.kind,
    requestedScopes: ('scopes' in intent && intent.scopes) || NO_SCOPES,
    reason: ('reason' in intent && intent.reason) || null,
    device,
    gate: gate?.state ?? null,
    enrollBy: gate?.enrollBy !== undefined && gate.enrollBy > time.now() ? gate.enrollBy : null,
    passkeys,
    label,
    registration,
    recoveryCodes,
    offersRecovery,
    offersRenewal,
    offersPasskeys,
    elevation: elevation
      ? { scopes: elevation.scopes, expiresAt: elevation.expiresAt, singleUse: elevation.singleUse }
      : null,
    retryAt,
    error,
    get can() {
      answers ??= canOf(snapshot)
      return answers
    },
  }
}

const canOf = (snapshot: TotpSnapshot): TotpView['can'] => ({
  register: can(snapshot, { type: 'device.register' }),
  submitCode: snapshot.hasTag('acceptsCode'),
  submitPassword: snapshot.hasTag('acceptsPassword'),
  submitRecoveryCode: can(snapshot, { type: 'recoveryCode.submit', code: NO_CODE }),
  submitPasskey: can(snapshot, { type: 'passkey.submit' }),
  stepUp: can(snapshot, { type: 'stepUp.request', scopes: [] }),
  deleteDevice: can(snapshot, { type: 'device.delete' }),
  cancel: can(snapshot, { type: 'flow.cancel' }),
  refresh: can(snapshot, { type: 'devices.refresh' }),
})

/** Each list once, so that a selector sees a change only where there is one. */
const NO_METHODS: readonly ProofMethod[] = []
const CODE: readonly ProofMethod[] = ['code']
const CODE_OR_RECOVERY: readonly ProofMethod[] = ['code', 'recoveryCode']
const CODE_OR_PASSKEY: readonly ProofMethod[] = ['code', 'passkey']
const ALL_METHODS: readonly ProofMethod[] = ['code', 'recoveryCode', 'passkey']
const PASSKEY: readonly ProofMethod[] = ['passkey']

/** By the chart's own guards. */
function methodsOf({ context }: TotpSnapshot): readonly ProofMethod[] {
  const given = { context, event: NO_EVENT }
  const takesPasskey = mayUsePasskey(given)
  if (context.asksFor === 'passkey') return PASSKEY
  if (context.asksFor !== 'code') return NO_METHODS
  if (mayRecover(given)) return takesPasskey ? ALL_METHODS : CODE_OR_RECOVERY
  return takesPasskey ? CODE_OR_PASSKEY : CODE
}
/** The call's own input, so that nobody has to say it. */
const credentialIn = ({ children }: TotpSnapshot): Attempt['credential'] | null =>
  Object(children.authenticateTotpMfaDevice?.getSnapshot().input).credential ?? null
const NO_EVENT = { type: 'flow.wake' } as const

let first: TotpView | undefined
/** What every flow begins with, before it has heard of its backend. */
export function firstView(): TotpView {
  first ??= toView(createActor(totpMachine, { input: {} }).getSnapshot())
  return first
}

function partsOf(value: TotpSnapshot['value']): [TotpState, TotpView['detail']] {
  if (typeof value === 'string') return [value, null]
  if ('idle' in value) return ['idle', value.idle]
  return ['awaitingCode', value.awaitingCode]
}
