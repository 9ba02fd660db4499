/** A stored authenticator. Times in epoch milliseconds; the secret is encrypted before it comes here. */
export interface StoredDevice {
  id: string
  userId: string
  sealedSecret: string
  createdAt: number
  /** `null` while the enrollment is pending. */
  verifiedAt: number | null
}

/** How often a user failed in a row, and until when no attempt is looked at (epoch milliseconds; 0 for now). */
export interface Throttle {
  failures: number
  retryAt: number
}

export interface StoredSigningKey {
  /** Counts up from 1; the highest one signs. */
  generation: number
  kid: string
  publicJwk: string
  sealedPrivateJwk: string
}

/** The deprecated MFA token, as a hash. */
export interface StoredMfaToken {
  hash: string
  userId: string
  singleUse: boolean
  expiresAt: number
}

export interface CodeAttempt {
  userId: string
  deviceId: string
  now: number
  /** How long to wait after this many failures in a row, milliseconds. */
  backoff(failures: number): number
  /** Looks at the code: the time step that it belongs to (RFC 6238), or `null`. Called only if the attempt is allowed. */
  look(): number | null
  /** Stored together with the acceptance, or not at all. */
  mfaToken?: StoredMfaToken
}

export type CodeAttemptResult =
  | { outcome: 'accepted' }
  | { outcome: 'wrong'; retryAt: number }
  /** A right code whose time step was spent before. It guesses nothing, so it costs no attempt. */
  | { outcome: 'reused' }
  | { outcome: 'throttled'; retryAt: number }
  /** The device was replaced or removed in the meantime. */
  | { outcome: 'gone' }

export interface Removal {
  userId: string
  deviceId: string
  now: number
  /** What is spent for it: a single-use elevation's `jti`, an MFA token's hash, or nothing for a multi-use elevation. */
  proof: { jti: string; expiresAt: number } | { mfaTokenHash: string } | null
}

/**
 * Where a server keeps what it must not forget. It speaks in verbs that cannot race: each is atomic and durable when
 * it resolves, on every node that shares the store.
 */
export interface Store {
  /** Creates or upgrades what the store needs. Safe to call again, and from several nodes at once. */
  prepare(): Promise<void>
  find(userId: string): Promise<{ device: StoredDevice | null; throttle: Throttle }>
  /** Replaces a pending device; `false` and no change when a verified one is there. */
  addPendingDevice(device: Omit<StoredDevice, 'verifiedAt'>): Promise<boolean>
  /**
   * Counts the attempt, then looks at the code, then accepts its time step if that is newer than any accepted before
   * (RFC 6238 §5.2), verifying a pending device with it. All or nothing: when `look` throws, nothing was counted.
   */
  attempt(attempt: CodeAttempt): Promise<CodeAttemptResult>
  /** Spends the proof and removes the device together, or does neither. */
  removeDevice(removal: Removal): Promise<'removed' | 'no_device' | 'proof_refused'>
  /** `true` for exactly one caller per `jti`. `expiresAt` tells how long to remember it. */
  consumeToken(token: { jti: string; expiresAt: number; now: number }): Promise<boolean>
  /** Adds a key unless one of its generation exists; answers all keys, newest first. */
  addSigningKey(key: StoredSigningKey): Promise<StoredSigningKey[]>
  /** All keys, newest first. */
  signingKeys(): Promise<StoredSigningKey[]>
  close(): Promise<void>
}
