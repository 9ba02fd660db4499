/** The number of consecutive failures, and until when attempts are rejected unread (epoch milliseconds; 0 for not at all). */
export interface Throttle {
  failures: number
  retryAt: number
}

/** A stored authenticator. Times are in epoch milliseconds. The secret is already encrypted. */
export interface StoredDevice {
  id: string
  userId: string
  sealedSecret: string
  createdAt: number
  /** `null` while the enrollment is pending. */
  verifiedAt: number | null
  /** Whether the user has confirmed that the recovery codes are saved. */
  recoveryAcknowledged: boolean
  /** For codes. A user has one device, so it counts for both at once. */
  throttle: Throttle
  /** For recovery codes. Separate, so that guessed codes do not block recovery. */
  recoveryThrottle: Throttle
}

/** A pending device, as registration creates it. */
export type NewDevice = Pick<StoredDevice, 'id' | 'userId' | 'sealedSecret' | 'createdAt'>

/** A device from another system, with what that system knew about it. */
export interface ImportedDevice extends NewDevice {
  verifiedAt: number | null
  recoveryAcknowledged: boolean
  /** The newest accepted time step (RFC 6238); -1 for none. */
  lastStep: number
  recoveryHashes: readonly string[]
}

/** A device with everything that another server needs to take it over. */
export interface ExportedDevice extends StoredDevice {
  /** The newest accepted time step (RFC 6238); -1 for none. */
  lastStep: number
  recoveryHashes: readonly string[]
}

/** A user with the user's factors: a device, passkeys, or both. */
export interface StoredUser<Device = StoredDevice> {
  userId: string
  device: Device | null
  /** Oldest first. */
  passkeys: readonly StoredPasskey[]
}

/** A key pair for signing tokens, as JWKs (RFC 7517). The private key is already encrypted. */
export interface StoredSigningKey {
  /** Counts up from 1. */
  generation: number
  kid: string
  /** When it starts to sign, if no newer key does; until then it is only published. Epoch milliseconds. */
  signsFrom: number
  publicJwk: string
  sealedPrivateJwk: string
}

/** The hash of a deprecated MFA token. Its first use consumes it. `expiresAt` is in epoch milliseconds. */
export interface StoredMfaToken {
  hash: string
  userId: string
  expiresAt: number
}

/** How to limit consecutive failures. */
export interface ThrottlePolicy {
  /** The wait after the first, second, … consecutive failure, milliseconds. The last value applies to all further ones. */
  waits: readonly number[]
  /** After this many consecutive failures, a verified device accepts no more codes (NIST SP 800-63B-4 §3.2.2). */
  ceiling: number
  /** Failures elsewhere do not block a session in which the device was verified, until that session itself fails this often. */
  reserve: {
    failures: number
    /** How long after the last failure they count, milliseconds. */
    milliseconds: number
  }
}

/** Which of a user's sessions are still valid. Generations are ordered, and look like epoch milliseconds. */
export interface SessionRules {
  /** The generation of a session that begins now; 0 until the user's sessions are ended or a device is removed. */
  generation: number
  /** Sessions of an earlier generation have ended. */
  liveFrom: number
  /** Sessions of an earlier generation may not register a device. */
  registersFrom: number
  /** The id of the one session that neither limit applies to: the session that removed the device. */
  spared: string | null
  /** Sessions of any user that began before this have ended. Epoch milliseconds. */
  begunFrom: number
}

/** The state of a user and a session at one moment. */
export interface Standing {
  /** The user's only device, pending or verified. */
  device: StoredDevice | null
  /** The ids of the user's passkeys. */
  passkeyIds: readonly string[]
  rules: SessionRules
  /** Whether this one session was ended. */
  isEnded: boolean
  /** Whether this session has had a wrong code, so that further ones count against its reserve. */
  hasFailed: boolean
}

/** What the rules need to know about a session, of this server or of the host. */
export interface SessionAge {
  /** `null` if the host does not say. */
  id: string | null
  /** The generation in which it began. For a host session, when the user signed in, or `null` if that is unknown. */
  generation: number | null
}

/** A code entered for a device, after its time step was looked up. `now` is in epoch milliseconds. */
export interface CodeAttempt {
  userId: string
  deviceId: string
  now: number
  throttle: ThrottlePolicy
  /** The time step (RFC 6238) that the code belongs to; `null` for a wrong code. */
  step: number | null
  /** Whether the device was pending when the caller read it. If that has changed, the store reads it again. */
  isPending: boolean
  /** Stored if this attempt enrolls the device, so that recovery codes and enrollment happen together or not at all. */
  recoveryHashes: readonly string[]
  /** Stored together with the acceptance, or not at all. */
  mfaToken?: StoredMfaToken
  /** The session that sends the code, if this device was verified in it before. `hasFailed` comes from its `Standing`. */
  reserve?: { sessionId: string; hasFailed: boolean }
  /** The session that sends the code, if only a session that may register may enroll. */
  session?: SessionAge | undefined
}

/** A recovery code entered for a device. `now` is in epoch milliseconds. */
export interface RecoveryAttempt {
  userId: string
  deviceId: string
  now: number
  throttle: ThrottlePolicy
  /** The hashes that the code may be stored under; any of them matches. */
  hashes: readonly string[]
  mfaToken?: StoredMfaToken
  /** The session that sends the code, if this device was verified in it before. */
  reserve?: { sessionId: string }
}

/** Why an attempt was not accepted. `retryAt` (epoch milliseconds): when the next attempt is accepted. */
export type Refusal =
  | { outcome: 'wrong'; retryAt: number }
  | { outcome: 'throttled'; retryAt: number }
  /** The limit of consecutive failures was reached. */
  | { outcome: 'locked' }
  /** The device was replaced or removed in the meantime. */
  | { outcome: 'gone' }

/** The result of a code. `enrolled`: it was the first code of its device. */
export type CodeAttemptResult =
  | { outcome: 'accepted'; enrolled: boolean }
  /** A right code whose time step was already consumed. It guesses nothing, so it costs no attempt. */
  | { outcome: 'reused' }
  | Refusal

/** The result of a recovery code. `left`: how many remain. Acceptance also ends the waits after wrong authenticator codes. */
export type RecoveryAttemptResult = { outcome: 'accepted'; left: number } | Refusal

/** What an act consumes: a single-use elevation's `jti`, an MFA token's hash, or nothing for a multi-use elevation. */
export type Proof = { jti: string; expiresAt: number } | { mfaTokenHash: string } | null

/** A stored passkey: a public key credential (WebAuthn §6.1). Times are in epoch milliseconds. Nothing in it is secret. */
export interface StoredPasskey {
  id: string
  userId: string
  /** Base64url, as browsers write it. Unique across all users. */
  credentialId: string
  /** The COSE key, base64url. */
  publicKey: string
  /** The last signature counter; 0 if the authenticator has none. */
  signCount: number
  /** How browsers can reach it: `internal`, `hybrid`, `usb`, … */
  transports: readonly string[]
  /** Whether its provider may sync it. Never changes. */
  backupEligible: boolean
  /** Whether it is currently synced. */
  backedUp: boolean
  /** The authenticator model, a UUID. */
  aaguid: string
  alias: string
  createdAt: number
  lastUsedAt: number | null
}

/** A passkey to add. `now` is in epoch milliseconds. */
export interface NewPasskey {
  passkey: StoredPasskey
  now: number
  /** `first`: requires no proof, provided that it is the user's first factor. */
  proof: Proof | 'first'
  /** The maximum number of passkeys for a user. */
  limit: number
  /** The session that adds it, if its age matters. */
  session?: SessionAge | undefined
  /** Stored together with the passkey, or not at all. */
  mfaToken?: StoredMfaToken | undefined
}

/** A passkey's verified assertion. `now` is in epoch milliseconds. */
export interface PasskeyAssertion {
  userId: string
  id: string
  signCount: number
  backedUp: boolean
  now: number
  /** Stored together with the use, or not at all. */
  mfaToken?: StoredMfaToken | undefined
}

/** The removal of a passkey. */
export interface PasskeyRemoval extends Omit<Removal, 'deviceId'> {
  passkeyId: string
}

/** An act on a device that a proof authorizes. `now` is in epoch milliseconds. */
export interface ProvenAct {
  userId: string
  deviceId: string
  now: number
  proof: Proof
}

/** The number of calls from an address or network. */
export interface AddressCalls {
  address: string
  calls: number
}

/** The removal of a device. */
export interface Removal extends ProvenAct {
  /**
   * The session that removes it. Of the existing sessions, only this one may register another device. `null` if it has
   * no id.
   */
  sessionId: string | null
  /** Whether the user's other sessions end along with the device. */
  endsOthers: boolean
}

/** A user's factors, to be moved to another user id. */
export interface FactorsMove {
  from: string
  to: string
  /** The device as it was read, with its secret encrypted again for the other user; `null` if there was none. */
  device: (Pick<StoredDevice, 'id' | 'sealedSecret'> & { resealed: string }) | null
  now: number
}

/** A value encrypted under the master key, in whichever table. */
export interface SealedValue {
  kind: 'device' | 'signing key'
  userId: string
  id: string
  sealed: string
}

/**
 * The storage of a server. Its methods cannot race: each is atomic, and durable once it resolves, on every node that
 * shares the store. Rejections are retryable `TotpFlowError`s. After one, the act may or may not have happened, but
 * never twice.
 */
export interface Store {
  /** Creates or upgrades the schema. Safe to repeat, and on several nodes at once. Calls `note` after each step. */
  prepare(note?: (step: string) => void): Promise<void>
  /** The names of the steps that `prepare` would perform. */
  pendingSteps(): Promise<string[]>
  /** Rejects if the store cannot be reached or, with `write`, accepts no writes. */
  ping(to?: 'read' | 'write'): Promise<void>
  /** Returns the user's only device, pending or verified. */
  find(userId: string): Promise<StoredDevice | null>
  /**
   * Reads the user's device and the rules for the user's sessions at once. With `sessionId`, also whether that session
   * was ended.
   */
  standing(userId: string, sessionId: string | null): Promise<Standing>
  /**
   * Replaces a pending device and consumes the proof, or does neither. A verified device is never replaced. `first`:
   * requires no proof, provided that the user has no passkey. `session`: the session that registers, if its age
   * matters.
   */
  addPendingDevice(
    device: NewDevice,
    proof: Proof | 'first',
    now: number,
    session?: SessionAge | undefined,
  ): Promise<'added' | 'device_limit' | 'proof_refused' | 'session_too_old'>
  /**
   * Counts the attempt and accepts its time step if it is newer than any accepted before (RFC 6238 §5.2), which verifies a
   * pending device. Only the statement that counts the attempt reveals whether the code was right.
   */
  attempt(attempt: CodeAttempt): Promise<CodeAttemptResult>
  /** Counts the attempt and consumes the recovery code. */
  attemptRecovery(attempt: RecoveryAttempt): Promise<RecoveryAttemptResult>
  /** Returns how many unused recovery codes a device has; 0 if it has none or does not exist. */
  recoveryCodesLeft(deviceId: string): Promise<number>
  /** Consumes the proof and replaces all recovery codes, or does neither. */
  replaceRecoveryCodes(
    act: ProvenAct,
    hashes: readonly string[],
  ): Promise<'replaced' | 'no_device' | 'proof_refused'>
  /** Records that the user saved the codes. Does nothing without a verified device. */
  acknowledgeRecoveryCodes(userId: string): Promise<void>
  /**
   * Consumes the proof and removes the device with its recovery codes and MFA tokens, or does nothing. From then on, no session
   * that began earlier may register another device, except the one that removed it.
   */
  removeDevice(act: Removal): Promise<'removed' | 'no_device' | 'proof_refused'>
  /** Returns the user's passkeys, oldest first. */
  passkeysOf(userId: string): Promise<StoredPasskey[]>
  /**
   * Adds a passkey and consumes the proof, or does neither. Ends a pending enrollment if this is the user's first
   * factor, since starting it needed no proof. `exists`: the credential is already registered. `proof_refused`: also if
   * it should have been the first factor and is not.
   */
  addPasskey(given: NewPasskey): Promise<'added' | 'exists' | 'limit' | 'proof_refused' | 'session_too_old'>
  /**
   * Stores the counter, backup state and time of a use. `cloned`: the counter did not grow, so two authenticators may
   * share the key (WebAuthn §7.2); nothing is stored.
   */
  acceptAssertion(use: PasskeyAssertion): Promise<'accepted' | 'cloned' | 'gone'>
  /** Resolves to `false` if the user has no such passkey. */
  renamePasskey(named: { userId: string; id: string; alias: string }): Promise<boolean>
  /** Consumes the proof and removes the passkey, or does neither. Affects sessions and MFA tokens like `removeDevice`. */
  removePasskey(act: PasskeyRemoval): Promise<'removed' | 'no_passkey' | 'proof_refused'>
  /**
   * Removes the user's device and passkeys, and ends all of the user's sessions. Resolves to `false` if there was
   * neither factor.
   */
  resetUser(user: { userId: string; now: number }): Promise<boolean>
  /** Ends all current sessions of the user, and deletes the MFA tokens obtained in them. */
  endSessions(user: { userId: string; now: number }): Promise<void>
  /**
   * Moves device and passkeys to another user and ends all sessions of both, or changes nothing. `device_limit`: the
   * other user has either. `changed`: the device has changed since it was read. `nothing`: there is neither.
   */
  moveFactors(move: FactorsMove): Promise<'moved' | 'device_limit' | 'changed' | 'nothing'>
  /** Ends the waits and the lock of a user's device. Resolves to `false` if there is none. */
  unlock(userId: string): Promise<boolean>
  /** Returns a page of all users with a device or passkeys, by user id, beginning after `after`. */
  users(page: { after: string; limit: number }): Promise<StoredUser[]>
  /** Returns those of these users who have a device or passkeys, in any order. */
  usersOf(userIds: readonly string[]): Promise<StoredUser[]>
  /** Returns the same page as `users`, with the hashes of the recovery codes and the newest time steps. */
  usersToExport(page: { after: string; limit: number }): Promise<StoredUser<ExportedDevice>[]>
  /**
   * Adds users, each whole or not at all. A user with a verified device or a passkey keeps it and gets nothing more. A
   * pending device gives way to verified factors. Nobody is added with a credential of another user. Returns the ids of
   * the users who were added.
   */
  importUsers(users: readonly StoredUser<ImportedDevice>[]): Promise<string[]>
  /** Returns who has these credentials, in any order. */
  ownersOf(credentialIds: readonly string[]): Promise<Pick<StoredPasskey, 'credentialId' | 'userId'>[]>
  /** Returns how many passkeys there are. `alone`: how many users have passkeys and no device. */
  countPasskeys(): Promise<{ passkeys: number; alone: number }>
  /**
   * Returns the database's clock (`null` if it is this machine's) and the newest time in any row (0 for none). Epoch
   * milliseconds.
   */
  times(): Promise<{ clock: number | null; newest: number }>
  /** Ends all users' sessions that began before `moment` (epoch milliseconds), and deletes all MFA tokens. */
  endSessionsBefore(moment: number): Promise<void>
  /** Resolves to `true` for exactly one caller per `jti`. Remembers it until `expiresAt` at least. */
  consumeToken(token: { jti: string; expiresAt: number }): Promise<boolean>
  /** Whether `consumeToken`, or an act that the token authorized, has consumed it. For a check before the act itself. */
  isConsumed(jti: string): Promise<boolean>
  /** Adds to the counts of networks in the window that ends at `windowEnd`. Returns the count of each on all nodes. */
  countCalls(counted: { windowEnd: number; calls: readonly AddressCalls[] }): Promise<AddressCalls[]>
  /** Adds a key unless one of its generation exists. Returns all keys, newest first. */
  addSigningKey(key: StoredSigningKey): Promise<StoredSigningKey[]>
  /** Returns all keys, newest first. */
  signingKeys(): Promise<StoredSigningKey[]>
  /** Removes the key with this id, if there is one. */
  dropSigningKey(kid: string): Promise<void>
  /** Returns a page of devices whose secret another key than `notBy` encrypted, by user id, beginning after `after`. */
  sealedDevices(page: { notBy: string; after: string; limit: number }): Promise<SealedValue[]>
  /** Counts those devices; with `''`, all devices. */
  countSealedDevices(notBy: string): Promise<number>
  /** Replaces an encrypted value with `to` if it is still as it was read. */
  reseal(value: SealedValue, to: string): Promise<boolean>
  /** Deletes what expired before `now`. */
  sweep(now: number): Promise<void>
  /** Closes the file or the connections. */
  close(): Promise<void>
}
