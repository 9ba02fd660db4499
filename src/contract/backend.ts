import type { MfaDevice, RecoveryCodes, StepUpCheck, TotpRegistration } from './answers.ts'
import type { Scope } from './scopes.ts'

/** What every call of a backend takes last. */
export interface CallOptions {
  /** Fires when the flow no longer wants the answer. */
  signal?: AbortSignal
}

/** A right to do what `scopes` say, until `expiresAt` (epoch milliseconds), once if `singleUse`. */
export interface ElevatedAccess {
  scopes: readonly string[]
  expiresAt: number
  /** By the same clock as `expiresAt`, so that a client whose clock is wrong can still tell how long it lasts. */
  issuedAt?: number
  singleUse: boolean
  /** Absent where the backend keeps its tokens itself, as Dynamic's SDK does. */
  token?: string
}

/** What a right code gave. */
export interface Authentication {
  deviceId: string
  /** The end of the session that is now verified, epoch milliseconds. */
  sessionExpiresAt: number
  /** When it was answered, by the same clock: a client whose clock is wrong can still tell how long the session lasts. */
  issuedAt?: number
  elevation?: ElevatedAccess
  /** @deprecated Ask for `requestedScopes` and use the elevation. */
  mfaToken?: string
  /** Of the enrollment that this code ended: shown now, and never again. */
  recoveryCodes?: readonly string[]
}

/** @deprecated Ask for `requestedScopes` instead. */
export interface MfaTokenOptions {
  singleUse?: boolean
}

/** A code, and what is wanted for it. Without `deviceId` it is for the user's one device. */
export interface AuthenticateParams {
  /** Six ASCII digits. */
  code: string
  deviceId?: string
  requestedScopes?: readonly Scope[]
  /** @deprecated Ask for `requestedScopes` instead. */
  createMfaTokenOptions?: MfaTokenOptions
}

interface RecoverParams {
  /** As it was typed: case, spaces and hyphens do not matter. */
  code: string
  requestedScopes?: readonly Scope[]
  /** @deprecated Ask for `requestedScopes` instead. */
  createMfaTokenOptions?: MfaTokenOptions
}

export interface ProofParams {
  /**
   * Proof by elevation: `credential:unlink` to remove, `credential:update` for new recovery codes. Backends that keep
   * their own tokens ignore it.
   */
  elevatedAccessToken?: string
  /** @deprecated Proof by MFA token; use an elevation. */
  mfaAuthToken?: string
}

/** Which device to remove, with the proof for it unless the backend holds that itself. */
export interface DeleteParams extends ProofParams {
  deviceId: string
}

/**
 * What a flow needs of a service, whoever runs it. To add a backend, write the first four methods, and of the others
 * what the service can; reject with a `TotpFlowError` (anything else is reported as `server`) and honor `signal`.
 */
export interface TotpBackend {
  /** Names the service, so that flows in other tabs that use it hear of changes. Absent when its data lives in this page. */
  readonly channel?: string
  /**
   * Calls back when the user of the session has signed out, or is another one, without the flow's doing; returns the
   * function that ends it. The flow then forgets all that was the user's.
   */
  onSignedOut?(listener: () => void): () => void
  /**
   * Where the backend keeps its tokens itself: the one that covers the scope, if it is still there. Taking a single-use
   * one removes it from the backend, unless `consume` is `false`.
   */
  getElevatedAccessToken?(params: { scope: string; consume?: boolean }): string | undefined
  getMfaDevices(options?: CallOptions): Promise<MfaDevice[]>
  /** Starts an enrollment. A pending one is replaced; a verified one makes it reject with `device_limit`. */
  registerTotpMfaDevice(options?: CallOptions): Promise<TotpRegistration>
  authenticateTotpMfaDevice(params: AuthenticateParams, options?: CallOptions): Promise<Authentication>
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
  /** Spends a recovery code in the place of an authenticator's. */
  authenticateMfaRecoveryCode?(params: RecoverParams, options?: CallOptions): Promise<Authentication>
  /** Tells the service that the user has kept the codes. */
  acknowledgeRecoveryCodes?(options?: CallOptions): Promise<void>
  /** Whether a scope still has to be won. Pass an elevation that may hold it. */
  checkStepUpAuth?(
    params: { scope: Scope; elevatedAccessToken?: string },
    options?: CallOptions,
  ): Promise<StepUpCheck>
}
