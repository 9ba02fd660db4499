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

/** Everything that a screen needs. Holds no code and no token; the registration is sealed. */
export interface TotpView {
  /** The chart's top-level state. */
  state: TotpState
  /** The sub-state: `loading ready unavailable` of idle, `ready throttled password passkey confirming` of awaitingCode, else `null`. */
  detail: 'loading' | 'ready' | 'unavailable' | 'throttled' | 'password' | 'passkey' | 'confirming' | null
  /** The chart waits for the backend. Recovery-code calls that return promises do not count. */
  busy: boolean
  /** A code can be typed. Stays true while one is being checked, so the field can stay. */
  showsCodeField: boolean
  /** A password can be typed: some backends require it to set up, to remove or for new recovery codes. */
  showsPasswordField: boolean
  /**
   * What can answer the prompt: `code` if an app is set up, `recoveryCode` and `passkey` if the backend accepts them and the user
   * has any. Stays the same while an answer is being checked. Empty without a prompt, and while the flow asks for a password or
   * a confirmation.
   */
  methods: readonly ProofMethod[]
  /** What is being checked. A passkey counts while the browser asks for it. */
  checking: ProofMethod | 'password' | null
  /** Why the flow prompts for a code, or why it last did. */
  intent: Intent['kind']
  /** The scopes that the current prompt, or the last one, was opened for. */
  requestedScopes: readonly Scope[]
  /** The reason passed to `stepUp`; `null` without one. */
  reason: string | null
  /** The user's app: `undefined` until the backend has answered, `null` if there is none. A pending one has `verified: false`. */
  device: MfaDevice | null | undefined
  /**
   * What the session still owes before the host app may be used: a code, or the setup of an authenticator app. `null` until the
   * backend has answered, and if it does not say.
   */
  gate: Gate['state'] | null
  /** Until when a required enrollment may be postponed, epoch milliseconds. `null` if it may not. */
  enrollBy: number | null
  /** The user's passkeys. Empty until the backend has answered, and if it does not list passkeys. */
  passkeys: readonly Passkey[]
  /** The name under which the authenticator app lists the account, `issuer:account`. `null` without an enrollment on this page. */
  label: string | null
  /** What to show as a QR code and as text during an enrollment. */
  registration: Sealed<TotpRegistration> | null
  /** New recovery codes, to show until the person confirms that they are saved. */
  recoveryCodes: Sealed<readonly string[]> | null
  /** The backend accepts recovery codes in place of the app's codes. */
  offersRecovery: boolean
  /** The backend generates new recovery codes. */
  offersRenewal: boolean
  /** The backend accepts passkeys and lets users add them. */
  offersPasskeys: boolean
  /** In `elevated`, the newest elevation held; `null` in other states. `expiresAt` in epoch milliseconds. */
  elevation: { scopes: readonly string[]; expiresAt: number; singleUse: boolean } | null
  /** When the next code is accepted after too many attempts, epoch milliseconds. `null` without a wait. */
  retryAt: number | null
  /** The last failure or refusal, until something else starts or is canceled. */
  error: TotpFlowError | null
  /** Which verbs would have an effect now: whether to show a button. */
  can: {
    /** The backend has answered that no app is set up. Also true while the flow waits for the first code, to start over. */
    register: boolean
    /** The flow prompts for a code, without a wait, and is not checking one. */
    submitCode: boolean
    /** The flow prompts for a password, and is not checking one. */
    submitPassword: boolean
    /** The flow prompts for a code outside an enrollment, and the backend accepts recovery codes. Also true during a wait. */
    submitRecoveryCode: boolean
    /** A passkey may answer the current prompt. Also true during a wait. */
    submitPasskey: boolean
    /** The user has an app or a passkey, and nothing is under way. */
    stepUp: boolean
    /** An app is set up, and nothing is under way. */
    deleteDevice: boolean
    /** The flow prompts for or checks a proof, or an enrollment or a removal is under way. */
    cancel: boolean
    /** The flow is in `idle`. */
    refresh: boolean
  }
}

/**
 * Whether an event would cause a transition. Asks the chart's own guards, so a button and the chart cannot disagree. Unlike
 * this, `snapshot.can()` also accepts refused events, which only set `error`.
 */
export const can = (snapshot: TotpSnapshot, event: TotpEvent): boolean =>
  totpMachine.getTransitionData(snapshot, event).some(({ target }) => target !== undefined)

const NO_CODE = Sealed.of('')
const NO_SCOPES: readonly Scope[] = []

/** Derives the view of a snapshot, as `flow.getView()` does, for hosts that run the chart themselves. */
export function toView(snapshot: TotpSnapshot): TotpView {
  const { device, gate, time, label, registration, recoveryCodes, elevations, error, intent, retryAt } =
    snapshot.context
  const { settings, passkeys, asksFor } = snapshot.context
  const { offersRecovery, offersRenewal, offersPasskeys } = settings
  const [state, detail] = partsOf(snapshot.value)
  const isAsked = state !== 'idle' && state !== 'elevated'
  const showsPasswordField = isAsked && asksFor === 'password'
  const elevation = state === 'elevated' && elevations.at(-1)
  let answers: TotpView['can'] | undefined // computed on demand: most callers only read the state
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

/** Each list exists once, so that a selector sees only real changes. */
const NO_METHODS: readonly ProofMethod[] = []
const CODE: readonly ProofMethod[] = ['code']
const CODE_OR_RECOVERY: readonly ProofMethod[] = ['code', 'recoveryCode']
const CODE_OR_PASSKEY: readonly ProofMethod[] = ['code', 'passkey']
const ALL_METHODS: readonly ProofMethod[] = ['code', 'recoveryCode', 'passkey']
const PASSKEY: readonly ProofMethod[] = ['passkey']

/** Asks the chart's own guards. */
function methodsOf({ context }: TotpSnapshot): readonly ProofMethod[] {
  const given = { context, event: NO_EVENT }
  const takesPasskey = mayUsePasskey(given)
  if (context.asksFor === 'passkey') return PASSKEY
  if (context.asksFor !== 'code') return NO_METHODS
  if (mayRecover(given)) return takesPasskey ? ALL_METHODS : CODE_OR_RECOVERY
  return takesPasskey ? CODE_OR_PASSKEY : CODE
}
/** Read from the call's own input, so the context need not hold it. */
const credentialIn = ({ children }: TotpSnapshot): Attempt['credential'] | null =>
  Object(children.authenticateTotpMfaDevice?.getSnapshot().input).credential ?? null
const NO_EVENT = { type: 'flow.wake' } as const

let first: TotpView | undefined
/** The view of every flow before its backend has answered. */
export function firstView(): TotpView {
  first ??= toView(createActor(totpMachine, { input: {} }).getSnapshot())
  return first
}

function partsOf(value: TotpSnapshot['value']): [TotpState, TotpView['detail']] {
  if (typeof value === 'string') return [value, null]
  if ('idle' in value) return ['idle', value.idle]
  return ['awaitingCode', value.awaitingCode]
}
