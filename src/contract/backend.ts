import type { MfaDevice, Scope, TotpRegistration } from './schemas.ts'

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
  elevation?: ElevatedAccess
  /** @deprecated Ask for `requestedScopes` and use the elevation. */
  mfaToken?: string
}

/** @deprecated Ask for `requestedScopes` instead. */
export interface MfaTokenOptions {
  singleUse?: boolean
}

export interface AuthenticateParams {
  /** Six ASCII digits. */
  code: string
  deviceId?: string
  requestedScopes?: readonly Scope[]
  /** @deprecated Ask for `requestedScopes` instead. */
  createMfaTokenOptions?: MfaTokenOptions
}

export interface DeleteParams {
  deviceId: string
  /** Proof by elevation (`credential:unlink`). Backends that keep their own tokens ignore it. */
  elevatedAccessToken?: string
  /** @deprecated Proof by MFA token; use an elevation with `credential:unlink`. */
  mfaAuthToken?: string
}

/**
 * What a flow needs of a service, whoever runs it. To add a backend, write these four methods;
 * reject with a `TotpFlowError` (anything else is reported as `server`) and honor `signal`.
 */
export interface TotpBackend {
  /** Names the service, so that flows in other tabs that use it hear of changes. Absent when its data lives in this page. */
  readonly channel?: string
  getMfaDevices(options?: CallOptions): Promise<MfaDevice[]>
  /** Starts an enrollment. A pending one is replaced; a verified one makes it reject with `device_limit`. */
  registerTotpMfaDevice(options?: CallOptions): Promise<TotpRegistration>
  authenticateTotpMfaDevice(params: AuthenticateParams, options?: CallOptions): Promise<Authentication>
  deleteMfaDevice(params: DeleteParams, options?: CallOptions): Promise<void>
}
