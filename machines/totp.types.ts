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

/** Why a code is being asked for. It decides what a right code is exchanged for, and where it leads. */
export type Intent =
  | { kind: 'enroll' }
  | ({ kind: 'stepUp'; scopes: readonly Scope[] } & Approval & Challenge)
  | { kind: 'delete' }
  /** New recovery codes, where they take a password: a backend that takes a code is asked under a step-up. */
  | { kind: 'renew' }
  /** @deprecated The MFA-token path: the same two ends, proven by an unscoped token. */
  | { kind: 'stepUp' | 'delete'; mfaToken: MfaTokenOptions }

/** What the chart remembers. Secrets and tokens are sealed, so that it can be shown and logged. */
export interface TotpContext {
  /** `undefined` until the backend has answered; `null` when the user has none. A pending one has `verified: false`. */
  device: MfaDevice | null | undefined
  /** What the session still owes before the app may be used, as the backend says; `null` where it says nothing of it. */
  gate: Gate | null
  /** How the authenticator app lists the account, `issuer:account`: of the URI that was scanned, so `null` after a reload. */
  label: string | null
  /** Why a code is asked for, or was last. */
  intent: Intent
  /** The user's passkeys, which may answer a prompt in the place of a code; none where the backend has no say in them. */
  passkeys: readonly Passkey[]
  /**
   * With what the person proves who is there: by a code, by a passkey where no app is set up, or first by a password where the
   * backend takes one for that. `yes`: with nothing, but the removal is to be confirmed.
   */
  asksFor: 'code' | 'passkey' | 'password' | 'yes'
  /** Held from registering until the enrollment ends, however it ends. `null` after a reload in mid-enrollment. */
  registration: Sealed<TotpRegistration> | null
  /**
   * Every elevation that is held, the newest last; each scope set once. Some may have run out: ask `unexpired`. One without scopes says
   * that the session is verified, and lasts as long. The token is `null` where the backend keeps its tokens itself.
   */
  elevations: readonly Elevation<Sealed<string> | null>[]
  /** @deprecated The MFA token, until the host takes it or a removal consumes it. */
  mfaToken: Sealed<string> | null
  /** From the enrollment that has ended, or made since: shown until someone confirms that they are saved. */
  recoveryCodes: Sealed<readonly string[]> | null
  /** When the next try is allowed, epoch milliseconds. `null` when it is allowed now. */
  retryAt: number | null
  /** What last went wrong, or was refused, until something else is done. */
  error: TotpFlowError | null
  /** Whether the deprecated MFA-token path may be taken. */
  allowMfaToken: boolean
  /** What a right code wins. */
  assurance: Assurance
  /** What each act takes beside the session. */
  proofs: Required<Proofs>
  /** Whether the backend takes recovery codes in the place of an authenticator's. */
  offersRecovery: boolean
  /** Whether the backend makes new recovery codes. */
  offersRenewal: boolean
  /** Whether the backend takes passkeys, and lets users add them. */
  offersPasskeys: boolean
  /** `deprecation` is emitted once per flow. */
  deprecationAnnounced: boolean
  /** How long a call may take, milliseconds. */
  callTimeout: number
  /** What the guards and delays go by. Not in a snapshot's JSON. */
  time: TimeSource
}

/** What an actor of the chart is started with; all of it has a default. */
export interface TotpInput {
  /** Whether the deprecated MFA-token path may be taken. @default true */
  allowMfaToken?: boolean
  /** What a right code wins. @default 'scopes' */
  assurance?: Assurance
  /** What each act takes beside the session. @default a code to remove and for new recovery codes */
  proofs?: Proofs
  /** Whether the backend takes recovery codes. @default false */
  offersRecovery?: boolean
  /** Whether the backend makes new recovery codes. @default false */
  offersRenewal?: boolean
  /** Whether the backend takes passkeys, and lets users add them. @default false */
  offersPasskeys?: boolean
  /** How long a call to the backend may take, milliseconds. @default 15_000 */
  callTimeout?: number
  /** @default the system's clock */
  time?: TimeSource
}

/** What survives a reload: no secret, no token, and nothing that the backend knows better. */
export interface Resumable {
  /** Why the code was asked for. */
  intent: Intent
  /** The authenticator as it was known; an enrollment goes on only without a verified one, a removal only with one. */
  device: MfaDevice | null
  /** Those that were known: without an authenticator, a step-up goes on only with one. @default none */
  passkeys?: readonly Passkey[]
  /** When the next code is taken after too many, epoch milliseconds. */
  retryAt: number | null
  /** What the session owed, where that was known. */
  gate?: Gate | null
}

/**
 * Everything that the chart can be told; `TotpFlow` has a verb for what people do. What a guard refuses sets
 * `error`.
 */
export type TotpEvent =
  /** Set up an authenticator app, or start over with a new secret. */
  | { type: 'device.register' }
  /** Remove the authenticator app. `confirm`: ask before, if no proof will be asked for. */
  | { type: 'device.delete'; confirm?: boolean /** @deprecated */; createMfaTokenOptions?: MfaTokenOptions }
  /** Ask the backend again which authenticator there is. */
  | { type: 'devices.refresh' }
  /** Another tab set up or removed an authenticator: what this one knows is old. */
  | { type: 'devices.changed' }
  /** Prove who is there, for these scopes. `fresh`: ask for a code even if they are held. */
  | ({
      type: 'stepUp.request'
      scopes: readonly Scope[]
      fresh?: boolean
      /** @deprecated */
      createMfaTokenOptions?: MfaTokenOptions
    } & Approval &
      Challenge)
  /** Six digits were typed, pasted or filled in. */
  | { type: 'code.submit'; code: Sealed<string> }
  /** The password that was asked for. */
  | { type: 'password.submit'; password: Sealed<string> }
  /** The page has no field for the password that was asked for. */
  | { type: 'password.unavailable'; error: TotpFlowError }
  /** A recovery code, in the place of the authenticator that is lost. */
  | { type: 'recoveryCode.submit'; code: Sealed<string> }
  /** Answer the prompt by a passkey: the browser asks for it. */
  | { type: 'passkey.submit' }
  /** Passkeys were added, renamed or removed on this page. */
  | { type: 'passkeys.changed'; passkeys: readonly Passkey[] }
  /** Make new recovery codes, where that takes a password. */
  | { type: 'recoveryCodes.renew' }
  /** The backend made new recovery codes for this authenticator, which killed all others. */
  | { type: 'recoveryCodes.renewed'; deviceId: string; recoveryCodes: Sealed<readonly string[]> }
  /** The same in another tab: those that are shown here are dead. */
  | { type: 'recoveryCodes.replaced' }
  /** The recovery codes that were shown are kept. */
  | { type: 'recoveryCodes.acknowledge' }
  /** The host took the token that covers these scopes, to use it. A single-use one is thereby gone. */
  | { type: 'elevation.consume'; scopes: readonly string[]; authorizationDetails?: AuthorizationDetails }
  /** Give up what was won. */
  | { type: 'elevation.release' }
  /** The host took the deprecated MFA token; it is handed out once. */
  | { type: 'mfaToken.consume' }
  /** The user signed out, here or in another tab. */
  | { type: 'session.end' }
  /** Leave what was begun. */
  | { type: 'flow.cancel' }
  /** A reload brought the page back in the middle of a flow. */
  | { type: 'flow.resume'; resumable: Resumable }
  /** Timers slept (laptop lid, background tab): look at the time again. */
  | { type: 'flow.wake' }

/** What happened, for the host: `TotpFlow.on`. `expiresAt` in epoch milliseconds. */
export type TotpEmitted =
  | { type: 'enrolled'; deviceId: string }
  | { type: 'elevated'; scopes: readonly string[]; expiresAt: number; singleUse: boolean }
  | { type: 'deleted'; deviceId: string }
  | { type: 'failed'; code: TotpFlowError['code'] }
  | { type: 'deprecation'; message: string }

/** What a state means for a screen: a call is under way, a code or a password can be typed, a secret is in sight. */
export type TotpTag = 'busy' | 'acceptsCode' | 'acceptsPassword' | 'secretOnScreen'

/** {@link Authentication} with its secrets sealed, as it travels through the chart. */
export interface SealedAuthentication {
  /** Whose code it was; `null` where it was a passkey. */
  deviceId: Authentication['deviceId'] | null
  /** Of an enrollment, when its code was accepted, ISO 8601. @default now, by the chart's clock */
  verifiedAt?: string
  /** Without scopes where none were asked for: the session, as long as it lasts. */
  elevation: Elevation<Sealed<string> | null>
  /** @deprecated Where `createMfaTokenOptions` asked for one. */
  mfaToken: Sealed<string> | null
  /** Of the enrollment that this code ended. */
  recoveryCodes: Sealed<readonly string[]> | null
}

/** A proof on its way to the backend: what the port `authenticateTotpMfaDevice` is given. */
export interface Attempt {
  /**
   * `code`: six ASCII digits. `recoveryCode`: as somebody typed it. `passkey`: the port asks the browser for it, and rejects with
   * `cancelled` when the person closes that. `password`: for new recovery codes.
   */
  credential: 'code' | 'recoveryCode' | 'passkey' | 'password'
  /** What was typed; never kept in the context. Empty for a passkey. */
  code: Sealed<string>
  /** The pending device's during an enrollment; `null` where none is known. */
  deviceId: string | null
  /** What a right code is to be exchanged for. */
  intent: Intent
  /** The chart's clock: what a right code wins ends by it. */
  time: TimeSource
}

/** What the port `getMfaDevices` answers. */
export interface Standing {
  /** The verified authenticator, or else the pending one. */
  device: MfaDevice | null
  /** @default nothing is owed that is known of */
  gate?: Gate | null
  /** @default none */
  passkeys?: readonly Passkey[]
}

/** A device and the proof that it may go: what the port `deleteMfaDevice` is given. */
export interface Removal {
  deviceId: string
  /** For `credential:unlink`; `null` if none is held. */
  elevation: Elevation<Sealed<string> | null> | null
  /** Where the backend takes it for a removal. */
  password: Sealed<string> | null
  /** @deprecated The other proof. */
  mfaToken: Sealed<string> | null
}

/** What the port `registerTotpMfaDevice` is given. */
export interface Enrollment {
  /** For `credential:link`; `null` if none is held. */
  elevation: Elevation<Sealed<string> | null> | null
  /** Where the backend takes it for a registration. */
  password: Sealed<string> | null
}
