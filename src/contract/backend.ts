import type { Authentication, MfaDevice, RecoveryCodes, StepUpCheck, TotpRegistration } from './answers.ts'
import type { AuthorizationDetails } from './approval.ts'
import type { Challenge } from './challenge.ts'
import type { Gate } from './gate.ts'
import type { Passkey } from './passkeys.ts'
import type { Scope } from './scopes.ts'

/** Options of every call of a backend. */
export interface CallOptions {
  /** Fires when the flow no longer wants the answer. */
  signal?: AbortSignal
}

/** @deprecated Ask for `requestedScopes` instead. */
export interface MfaTokenOptions {
  /** On our server: whether it lasts 5 minutes rather than 10. Its first use consumes it either way. @default false */
  singleUse?: boolean
}

/**
 * What a right code wins. `scopes`: an elevation for exactly the requested scopes. `session`: the whole session counts as
 * recently verified.
 */
export type Assurance = 'scopes' | 'session'

/** What an action requires in addition to the session. */
export type Proof = 'none' | 'code' | 'password'

/** The proof that each action requires. */
export interface Proofs {
  /** To set up an app. @default 'none' */
  register?: 'none' | 'password'
  /** To remove it. @default 'code' */
  delete?: Proof
  /** To make new recovery codes. @default 'code' */
  renewRecoveryCodes?: Proof
}

/** What to grant for a right code. */
export interface RequestedGrant extends Challenge {
  /**
   * The scopes of the elevation. Without them, none is granted. Our server accepts 1 to 20 different ones (else `bad_request`)
   * that its policy allows (else `scope_not_allowed`). It checks both before the code.
   */
  requestedScopes?: readonly Scope[]
  /**
   * Binds the elevation to this action alone, and makes it single-use. Requires `requestedScopes`. A backend that cannot bind
   * elevations rejects with `bad_request`.
   */
  authorizationDetails?: AuthorizationDetails
  /** @deprecated Ask for `requestedScopes` instead. */
  createMfaTokenOptions?: MfaTokenOptions
}

/** A code, and what to grant for it. */
export interface AuthenticateParams extends RequestedGrant {
  /** Six ASCII digits. */
  code: string
  /** If the user has another device by now, the code is rejected with `device_replaced`. @default the user's device */
  deviceId?: string
}

/** A recovery code, and what to grant for it. */
export interface RecoverParams extends RequestedGrant {
  /** As it was typed: case, spaces and hyphens do not matter. */
  code: string
}

/** The fresh proof that some calls require. Empty if the backend holds it itself. */
export interface ProofParams {
  /**
   * Proof by elevation: `credential:unlink` to remove, `credential:update` for new recovery codes. Backends that keep
   * their own tokens ignore it.
   */
  elevatedAccessToken?: string
  /** The user's password, if `proofs` requires it for this action. */
  password?: string
  /** @deprecated Proof by MFA token. Use an elevation. */
  mfaAuthToken?: string
}

/** Options of a registration. */
export interface RegisterOptions extends CallOptions {
  /** The user's password, if `proofs.register` requires it. */
  password?: string
  /** `credential:link`, if the flow holds one. */
  elevatedAccessToken?: string
}

/** The device to remove, and the proof unless the backend holds it itself. */
export interface DeleteParams extends ProofParams {
  deviceId: string
}

/** A passkey to add, and the required proof. */
export interface RegisterPasskeyParams {
  /** `credential:link`. Absent if the backend holds it itself, or needs none yet. */
  elevatedAccessToken?: string
  /** The passkey's name. @default a name that the backend chooses */
  alias?: string
}

/** The passkey to remove, and the proof unless the backend holds it itself. */
export interface DeletePasskeyParams extends ProofParams {
  passkeyId: string
}

/**
 * What a flow needs from a service. To add a backend, implement the four required methods, and those of the others that
 * the service supports. Reject with a `TotpFlowError` (anything else is reported as `server`), and honor `signal`.
 */
export interface TotpBackend {
  /**
   * Identifies the service, so that flows in other tabs that use it learn of changes. Absent if its data lives in this
   * page.
   */
  readonly channel?: string
  /** Where the service's API begins, if it is reached over HTTP. `createElevatedFetch` trusts its origin. */
  readonly baseUrl?: string
  /** Set if a cookie signs the user in: `createElevatedFetch` then passes this value to `fetch`. */
  readonly credentials?: 'same-origin' | 'include'
  /**
   * Returns the token of the user's session, if the page holds one. If a code has replaced that token, `createElevatedFetch` sends
   * the new token in place of the old one.
   */
  getAccessToken?(): string | null | Promise<string | null>
  /** What a right code wins. Use `session` for a provider without scopes, as most are. @default 'scopes' */
  readonly assurance?: Assurance
  /**
   * With `assurance: 'session'`, how long a verified session counts as fresh in the page, milliseconds. Your server decides for
   * itself, by the time at which the code was accepted. @default 600_000
   */
  readonly freshFor?: number
  /**
   * The proof that each action requires in addition to the session. A flow prompts for it before the call, and passes it on. Reject
   * a wrong password with `invalid_password`: the flow then prompts again.
   */
  readonly proofs?: Proofs
  /**
   * Calls `listener` when the user signs out or changes outside the flow, and returns a function that unsubscribes it. The flow
   * then forgets everything about the user.
   */
  onSignedOut?(listener: () => void): () => void
  /**
   * For a backend that keeps its tokens itself: returns the token that covers all the scopes, if it holds one. Removes a
   * single-use token unless `consume` is `false`.
   */
  getElevatedAccessToken?(params: { scopes: readonly string[]; consume?: boolean }): string | undefined
  /** Lists the user's authenticator apps, including a pending one. A flow uses the verified one, or else the first. */
  getMfaDevices(options?: CallOptions): Promise<MfaDevice[]>
  /**
   * Returns what the session still owes before the app may be used. Called after each `getMfaDevices` and `getPasskeys`, so it
   * may reuse those answers. After a right code, the flow treats the gate as open until it lists the devices again. Omit this
   * method if a session never owes anything.
   */
  getGate?(options?: CallOptions): Gate | null | Promise<Gate | null>
  /** Starts an enrollment. Replaces a pending one. Rejects with `device_limit` if there is a verified one. */
  registerTotpMfaDevice(options?: RegisterOptions): Promise<TotpRegistration>
  /**
   * Verifies a code. Each code is accepted once (RFC 6238 §5.2), and the first one completes an enrollment. Rejects
   * with `invalid_code`, `code_reused`, `device_locked`, `no_device`, `device_replaced` or `rate_limited`. After the
   * last, a flow accepts no code until its `retryAt` (epoch milliseconds), or for 30 seconds.
   */
  authenticateTotpMfaDevice(params: AuthenticateParams, options?: CallOptions): Promise<Authentication>
  /**
   * Removes a device and its recovery codes, and consumes the proof. Rejects with `no_device` if it is already gone, or with
   * `proof_required`, `elevation_required` or `elevation_expired` if the proof is insufficient. A flow then prompts for a code.
   */
  deleteMfaDevice(params: DeleteParams, options?: CallOptions): Promise<void>

  /**
   * Returns how many recovery codes are left, and whether the user confirmed that they are saved (assumed if the
   * service does not say). Returns the codes themselves only if the service can show them again.
   */
  getMfaRecoveryCodes?(options?: CallOptions): Promise<RecoveryCodes>
  /**
   * Creates ten new codes and invalidates the old ones. Requires a fresh proof, or rejects with `proof_required` or
   * `elevation_required`. A service may require none within minutes after an enrollment whose codes were not
   * acknowledged.
   */
  createNewMfaRecoveryCodes?(params?: ProofParams, options?: CallOptions): Promise<RecoveryCodes>
  /** Lists the user's passkeys. Called after each `getMfaDevices`, so it may reuse that answer. */
  getPasskeys?(options?: CallOptions): Promise<Passkey[]>
  /**
   * Prompts for a passkey in the browser and verifies it. `deviceId` in the result is the passkey's id. Rejects with
   * `cancelled` if the person closes the browser's prompt, with `invalid_passkey`, or with `passkey_unsupported`. A
   * flow waits ten minutes longer than for other calls.
   */
  authenticatePasskeyMFA?(params: RequestedGrant, options?: CallOptions): Promise<Authentication>
  /**
   * Creates a passkey in the browser and adds it. Rejects with `cancelled`, `passkey_unsupported`, `passkey_exists` or
   * `passkey_limit`, or like the other calls if the proof is missing.
   */
  registerPasskey?(params?: RegisterPasskeyParams, options?: CallOptions): Promise<void>
  /** Renames a passkey. */
  renamePasskey?(params: { passkeyId: string; alias: string }, options?: CallOptions): Promise<void>
  /** Removes a passkey, and consumes the proof. */
  deletePasskey?(params: DeletePasskeyParams, options?: CallOptions): Promise<void>
  /** Consumes a recovery code instead of the authenticator's code. */
  authenticateMfaRecoveryCode?(params: RecoverParams, options?: CallOptions): Promise<Authentication>
  /** Tells the service that the user has saved the codes. */
  acknowledgeRecoveryCodes?(options?: CallOptions): Promise<void>
  /** Returns whether a scope still requires a step-up. Pass an elevation that may cover it. */
  checkStepUpAuth?(
    params: { scope: Scope; elevatedAccessToken?: string },
    options?: CallOptions,
  ): Promise<StepUpCheck>
}
