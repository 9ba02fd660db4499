import type { Authentication, MfaDevice, RecoveryCodes, StepUpCheck, TotpRegistration } from './answers.ts'
import type { AuthorizationDetails } from './approval.ts'
import type { Challenge } from './challenge.ts'
import type { Gate } from './gate.ts'
import type { Scope } from './scopes.ts'

/** What every call of a backend takes last. */
export interface CallOptions {
  /** Fires when the flow no longer wants the answer. */
  signal?: AbortSignal
}

/** @deprecated Ask for `requestedScopes` instead. */
export interface MfaTokenOptions {
  /** Of our server: how long it lasts, 5 minutes or else 10. Either way its first use consumes it. @default false */
  singleUse?: boolean
}

/**
 * What a right code wins. `scopes`: an elevation, for just the scopes that were asked for. `session`: the session itself is
 * fresh, and good for whatever it allows.
 */
export type Assurance = 'scopes' | 'session'

/** What an act is paid with beside the session. */
export type Proof = 'none' | 'code' | 'password'

/** What each act takes. */
export interface Proofs {
  /** To set up an app. @default 'none' */
  register?: 'none' | 'password'
  /** To remove it. @default 'code' */
  delete?: Proof
  /** To make new recovery codes. @default 'code' */
  renewRecoveryCodes?: Proof
}

/** What a right code is exchanged for. */
export interface RequestedGrant extends Challenge {
  /**
   * What the elevation shall be good for; none without. Our server takes 1 to 20 different ones (else `bad_request`) of its
   * policy (else `scope_not_allowed`), and looks at the code only then.
   */
  requestedScopes?: readonly Scope[]
  /**
   * What the elevation is bound to: it is then single-use, and good for this alone. Takes `requestedScopes`. A backend that
   * cannot bind rejects with `bad_request`.
   */
  authorizationDetails?: AuthorizationDetails
  /** @deprecated Ask for `requestedScopes` instead. */
  createMfaTokenOptions?: MfaTokenOptions
}

/** A code, and what is wanted for it. */
export interface AuthenticateParams extends RequestedGrant {
  /** Six ASCII digits. */
  code: string
  /** Where that is another one by now, the code is refused with `device_replaced`. @default the one that there is */
  deviceId?: string
}

/** A recovery code, and what is wanted for it. */
export interface RecoverParams extends RequestedGrant {
  /** As it was typed: case, spaces and hyphens do not matter. */
  code: string
}

/** What a call is paid with that takes a fresh proof; nothing where the backend holds it itself. */
export interface ProofParams {
  /**
   * Proof by elevation: `credential:unlink` to remove, `credential:update` for new recovery codes. Backends that keep
   * their own tokens ignore it.
   */
  elevatedAccessToken?: string
  /** The user's, where `proofs` says that the act takes it. */
  password?: string
  /** @deprecated Proof by MFA token; use an elevation. */
  mfaAuthToken?: string
}

/** What a registration takes last. */
export interface RegisterOptions extends CallOptions {
  /** The user's, where `proofs.register` says so. */
  password?: string
}

/** Which device to remove, with the proof for it unless the backend holds that itself. */
export interface DeleteParams extends ProofParams {
  deviceId: string
}

/**
 * What a flow needs from any service. To add a backend, write the four methods that are not optional, and of
 * the others what the service can; reject with a `TotpFlowError` (anything else is reported as `server`) and honor `signal`.
 */
export interface TotpBackend {
  /** Names the service, so that flows in other tabs that use it hear of changes. Absent when its data lives in this page. */
  readonly channel?: string
  /** Where the service's API begins, if it is reached over HTTP. `createElevatedFetch` trusts its origin. */
  readonly baseUrl?: string
  /** Set if a cookie signs the user in: `createElevatedFetch` then sends cookies in this way. */
  readonly credentials?: 'same-origin' | 'include'
  /** What its codes win. Most providers know no scopes: theirs is `session`. @default 'scopes' */
  readonly assurance?: Assurance
  /**
   * Of `assurance: 'session'`, for how long a verified session counts as fresh, milliseconds. It is the host's server that
   * decides what fresh is worth: it looks at when the code was accepted. @default 600_000
   */
  readonly freshFor?: number
  /**
   * What each act takes beside the session: a flow asks for it before it calls, and passes it on. A wrong password is
   * refused with `invalid_password`, and asked for again.
   */
  readonly proofs?: Proofs
  /**
   * Calls back when the user of the session has signed out, or is another one, without the flow's doing; returns the
   * function that ends it. The flow then forgets all that was the user's.
   */
  onSignedOut?(listener: () => void): () => void
  /**
   * Where the backend keeps its tokens itself: the one that covers all the scopes, if it is still there. Taking a
   * single-use one removes it from the backend, unless `consume` is `false`.
   */
  getElevatedAccessToken?(params: { scopes: readonly string[]; consume?: boolean }): string | undefined
  /** The user's authenticator apps, a pending one included. A flow takes the verified one, else the first. */
  getMfaDevices(options?: CallOptions): Promise<MfaDevice[]>
  /**
   * What the session still owes before the app may be used: asked for after each `getMfaDevices`, of whose answer it may be a
   * part. Absent where nothing is ever owed.
   */
  getGate?(options?: CallOptions): Gate | null | Promise<Gate | null>
  /** Starts an enrollment. A pending one is replaced; a verified one makes it reject with `device_limit`. */
  registerTotpMfaDevice(options?: RegisterOptions): Promise<TotpRegistration>
  /**
   * Verifies a code, each of which is accepted once (RFC 6238 §5.2); the first one ends an enrollment. Rejects with
   * `invalid_code`, `code_reused`, `device_locked`, `no_device`, `device_replaced`, or with `rate_limited`: a flow then takes
   * no code until its `retryAt`, or for 30 seconds.
   */
  authenticateTotpMfaDevice(params: AuthenticateParams, options?: CallOptions): Promise<Authentication>
  /**
   * Removes a device and its recovery codes, and consumes the proof. Rejects with `no_device` when it is gone already, and with
   * `proof_required`, `elevation_required` or `elevation_expired` when the proof does not do: a flow then asks for a code.
   */
  deleteMfaDevice(params: DeleteParams, options?: CallOptions): Promise<void>

  /**
   * How many recovery codes are left, and whether the user said that they are kept (taken for granted where it is not
   * told); the codes themselves only where the service can show them again.
   */
  getMfaRecoveryCodes?(options?: CallOptions): Promise<RecoveryCodes>
  /**
   * Makes ten new codes, which kills all others, for a fresh proof. Minutes after an enrollment whose codes nobody said to
   * be kept, a service may ask for none; else it rejects with `proof_required` or `elevation_required`.
   */
  createNewMfaRecoveryCodes?(params?: ProofParams, options?: CallOptions): Promise<RecoveryCodes>
  /** Consumes a recovery code in place of the authenticator's. */
  authenticateMfaRecoveryCode?(params: RecoverParams, options?: CallOptions): Promise<Authentication>
  /** Tells the service that the user has kept the codes. */
  acknowledgeRecoveryCodes?(options?: CallOptions): Promise<void>
  /** Whether a scope still has to be won. Pass an elevation that may hold it. */
  checkStepUpAuth?(
    params: { scope: Scope; elevatedAccessToken?: string },
    options?: CallOptions,
  ): Promise<StepUpCheck>
}
