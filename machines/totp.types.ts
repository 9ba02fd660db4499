import type { Authentication, Elevation, MfaDevice, TotpRegistration } from '../src/contract/answers.ts'
import type { Approval, AuthorizationDetails } from '../src/contract/approval.ts'
import type { Assurance, MfaTokenOptions, Proofs } from '../src/contract/backend.ts'
import type { Challenge } from '../src/contract/challenge.ts'
import type { TimeSource } from '../src/contract/clock.ts'
import type { TotpFlowError } from '../src/contract/errors.ts'
import type { Gate } from '../src/contract/gate.ts'
import type { Passkey } from '../src/contract/passkeys.ts'
import type { Scope } from '../src/contract/scopes.ts'
import type { Sealed } from '../src/contract/sealed.ts'

/** Why the flow prompts for a code. Decides what an accepted code is exchanged for, and where it leads. */
export type Intent =
  | { kind: 'enroll' }
  | ({ kind: 'stepUp'; scopes: readonly Scope[] } & Approval & Challenge)
  | { kind: 'delete' }
  /** New recovery codes after a password. If the backend takes a code, the intent is a step-up. */
  | { kind: 'renew' }
  /** @deprecated A step-up or a removal with an MFA token, which has no scopes. */
  | { kind: 'stepUp' | 'delete'; mfaToken: MfaTokenOptions }

/** What the chart remembers. Secrets and tokens are sealed, so it can be shown and logged. */
export interface TotpContext {
  /** The user's app: `undefined` until the backend has answered, `null` if there is none. A pending one has `verified: false`. */
  device: MfaDevice | null | undefined
  /** What the session still owes before the host app may be used. `null` if the backend does not say. */
  gate: Gate | null
  /** How the authenticator app lists the account, `issuer:account`. Read from the scanned URI, so `null` after a reload. */
  label: string | null
  /** Why the flow prompts for a code, or last did. */
  intent: Intent
  /** The user's passkeys, which may answer a prompt instead of a code. Empty if the backend does not list passkeys. */
  passkeys: readonly Passkey[]
  /**
   * What the prompt asks for: a code, a passkey if no app is set up, or a password if the backend takes one for this action.
   * `yes`: no proof, only a confirmation of the removal.
   */
  asksFor: 'code' | 'passkey' | 'password' | 'yes'
  /** Held from the registration until the enrollment ends in any way. `null` after a reload during an enrollment. */
  registration: Sealed<TotpRegistration> | null
  /**
   * Every elevation held, the newest last, one per set of scopes. Some may have expired. One without scopes says that the
   * session is verified, and lasts as long as the session. The token is `null` if the backend keeps its tokens itself.
   */
  elevations: readonly Elevation<Sealed<string> | null>[]
  /** @deprecated The MFA token, until the host or a removal consumes it. */
  mfaToken: Sealed<string> | null
  /** New recovery codes, from an enrollment or a renewal. Shown until the person confirms that they are saved. */
  recoveryCodes: Sealed<readonly string[]> | null
  /** When the next attempt is allowed, epoch milliseconds. `null` if it is allowed now. */
  retryAt: number | null
  /** The last failure or refusal, until something else happens. */
  error: TotpFlowError | null
  /** Whether `deprecation` was emitted. It is emitted once per flow. */
  deprecationAnnounced: boolean
  /** What the host and its backend said at the start. Never changes. */
  settings: TotpSettings
  /** The clock of guards and delays. Not in a snapshot's JSON. */
  time: TimeSource
}

/** What the chart reads of its input. Apart from the rest, since engines copy an object of 20 members or more slowly. */
export interface TotpSettings {
  /** Whether the deprecated MFA token is allowed. */
  allowMfaToken: boolean
  /** What an accepted code wins. */
  assurance: Assurance
  /** The proof that each action requires in addition to the session. */
  proofs: Required<Proofs>
  /** Whether the backend accepts recovery codes instead of the app's. */
  offersRecovery: boolean
  /** Whether the backend generates new recovery codes. */
  offersRenewal: boolean
  /** Whether the backend accepts passkeys and lets users add them. */
  offersPasskeys: boolean
  /** The time limit of a backend call, milliseconds. */
  callTimeout: number
}

/** The input of an actor of the chart. Every member is optional. */
export interface TotpInput {
  /** Whether the deprecated MFA token is allowed. @default true */
  allowMfaToken?: boolean
  /** What an accepted code wins. @default 'scopes' */
  assurance?: Assurance
  /** The proof that each action requires in addition to the session. @default a code to remove and for new recovery codes */
  proofs?: Proofs
  /** Whether the backend accepts recovery codes. @default false */
  offersRecovery?: boolean
  /** Whether the backend generates new recovery codes. @default false */
  offersRenewal?: boolean
  /** Whether the backend accepts passkeys and lets users add them. @default false */
  offersPasskeys?: boolean
  /** The time limit of a backend call, milliseconds, more than 0. Cut to 2^31 - 1 (24.8 days). @default 15_000 */
  callTimeout?: number
  /** @default the system's clock */
  time?: TimeSource
}

/** What survives a reload. Holds no secret and no token. */
export interface Resumable {
  /** Why the flow prompted for a code. */
  intent: Intent
  /** The last known authenticator. An enrollment resumes only without a verified one, a removal only with one. */
  device: MfaDevice | null
  /** The last known passkeys. Without an authenticator, a step-up resumes only with a passkey. @default none */
  passkeys?: readonly Passkey[]
  /** When the next code is accepted after too many attempts, epoch milliseconds. `null` if it is accepted now. */
  retryAt: number | null
  /** What the session owed, if that was known. */
  gate?: Gate | null
}

/**
 * The events of the chart. `TotpFlow` has a verb for each that a person causes. An event that a guard refuses sets `error`.
 */
export type TotpEvent =
  /** Set up an authenticator app, or start over with a new secret. */
  | { type: 'device.register' }
  /** Remove the authenticator app. `confirm`: ask for confirmation first, if the removal prompts for no proof. */
  | { type: 'device.delete'; confirm?: boolean /** @deprecated */; createMfaTokenOptions?: MfaTokenOptions }
  /** Load the devices from the backend again. */
  | { type: 'devices.refresh' }
  /** Another tab set up or removed an authenticator: load the devices again. */
  | { type: 'devices.changed' }
  /** Request an elevation for these scopes. `fresh`: prompt for a code even if one is held. */
  | ({
      type: 'stepUp.request'
      scopes: readonly Scope[]
      fresh?: boolean
      /** @deprecated */
      createMfaTokenOptions?: MfaTokenOptions
    } & Approval &
      Challenge)
  /** Answer the prompt with a code of six digits. */
  | { type: 'code.submit'; code: Sealed<string> }
  /** Answer the prompt for a password. */
  | { type: 'password.submit'; password: Sealed<string> }
  /** The page has no field for the password that the flow prompts for. */
  | { type: 'password.unavailable'; error: TotpFlowError }
  /** Answer the prompt with a recovery code, if the authenticator is lost. */
  | { type: 'recoveryCode.submit'; code: Sealed<string> }
  /** Answer the prompt with a passkey, which the browser asks for. */
  | { type: 'passkey.submit' }
  /** Passkeys were added, renamed or removed on this page. */
  | { type: 'passkeys.changed'; passkeys: readonly Passkey[] }
  /** Generate new recovery codes, if that takes a password. */
  | { type: 'recoveryCodes.renew' }
  /** The backend generated new recovery codes for this authenticator, which invalidated the old ones. */
  | { type: 'recoveryCodes.renewed'; deviceId: string; recoveryCodes: Sealed<readonly string[]> }
  /** Another tab generated new recovery codes: the ones shown here are invalid. */
  | { type: 'recoveryCodes.replaced' }
  /** The person saved the recovery codes shown. */
  | { type: 'recoveryCodes.acknowledge' }
  /** The host took the token that covers these scopes. A single-use token is then gone. */
  | { type: 'elevation.consume'; scopes: readonly string[]; authorizationDetails?: AuthorizationDetails }
  /** Give up all elevations. */
  | { type: 'elevation.release' }
  /** The host took the deprecated MFA token, which is handed out once. */
  | { type: 'mfaToken.consume' }
  /** The user signed out, here or in another tab. */
  | { type: 'session.end' }
  /** Cancel the current enrollment, prompt or removal. */
  | { type: 'flow.cancel' }
  /** Resume the flow that a reload interrupted. */
  | { type: 'flow.resume'; resumable: Resumable }
  /** Read the time again: timers slept while the laptop was closed or the tab was in the background. */
  | { type: 'flow.wake' }

/** What happened, for listeners of `TotpFlow.on`. `expiresAt` in epoch milliseconds. */
export type TotpEmitted =
  | { type: 'enrolled'; deviceId: string }
  | { type: 'elevated'; scopes: readonly string[]; expiresAt: number; singleUse: boolean }
  | { type: 'deleted'; deviceId: string }
  | { type: 'failed'; code: TotpFlowError['code'] }
  | { type: 'deprecation'; message: string }

/** What a state means for a screen: a call is under way, a code or a password can be typed, a secret is on screen. */
export type TotpTag = 'busy' | 'acceptsCode' | 'acceptsPassword' | 'secretOnScreen'

/** An {@link Authentication} with its secrets sealed. */
export interface SealedAuthentication {
  /** The device whose code was accepted; `null` for a passkey. */
  deviceId: Authentication['deviceId'] | null
  /** When the code that completed an enrollment was accepted, ISO 8601. @default now, by the chart's clock */
  verifiedAt?: string
  /** Has no scopes if none were requested. It then stands for the session and lasts as long. */
  elevation: Elevation<Sealed<string> | null>
  /** @deprecated Set if `createMfaTokenOptions` requested one. */
  mfaToken: Sealed<string> | null
  /** The codes of the enrollment that this code completed. */
  recoveryCodes: Sealed<readonly string[]> | null
}

/** A proof on its way to the backend: the input of the port `authenticateTotpMfaDevice`. */
export interface Attempt {
  /**
   * `code`: six ASCII digits. `recoveryCode`: as typed. `passkey`: the port asks the browser for it, and rejects with
   * `cancelled` when the person closes the browser's prompt. `password`: for new recovery codes.
   */
  credential: 'code' | 'recoveryCode' | 'passkey' | 'password'
  /** What the person typed. Never kept in the context. Empty for a passkey. */
  code: Sealed<string>
  /** The pending device during an enrollment; `null` if none is known. */
  deviceId: string | null
  /** What to exchange an accepted code for. */
  intent: Intent
  /** The chart's clock, by which the elevation expires. */
  time: TimeSource
}

/** The answer of the port `getMfaDevices`. */
export interface Standing {
  /** The verified authenticator, or else the pending one. */
  device: MfaDevice | null
  /** What the session still owes. @default null, unknown */
  gate?: Gate | null
  /** The user's passkeys. @default none */
  passkeys?: readonly Passkey[]
}

/** A device and the proof that it may be removed: the input of the port `deleteMfaDevice`. */
export interface Removal {
  deviceId: string
  /** The elevation for `credential:unlink`; `null` if none is held. */
  elevation: Elevation<Sealed<string> | null> | null
  /** The user's password, if the backend takes it for a removal. */
  password: Sealed<string> | null
  /** @deprecated The MFA token, if one is held. */
  mfaToken: Sealed<string> | null
}

/** The input of the port `registerTotpMfaDevice`. */
export interface Enrollment {
  /** The elevation for `credential:link`; `null` if none is held. */
  elevation: Elevation<Sealed<string> | null> | null
  /** The user's password, if the backend takes it for a registration. */
  password: Sealed<string> | null
}
