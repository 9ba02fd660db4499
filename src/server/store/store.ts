/** How often a user failed in a row, and until when no attempt is looked at (epoch milliseconds; 0 for now). */
export interface Throttle {
  failures: number
  retryAt: number
}

/** A stored authenticator. Times in epoch milliseconds; the secret is encrypted before it comes here. */
export interface StoredDevice {
  id: string
  userId: string
  sealedSecret: string
  createdAt: number
  /** `null` while the enrollment is pending. */
  verifiedAt: number | null
  /** Whether the user has said that the recovery codes are kept. */
  recoveryAcknowledged: boolean
  /** Of codes. One device per user makes it the user's and the device's at once. */
  throttle: Throttle
  /** Of recovery codes: its own, so that guessed codes do not bar the way back in. */
  recoveryThrottle: Throttle
}

/** A pending device, as registering makes it. */
export type NewDevice = Pick<StoredDevice, 'id' | 'userId' | 'sealedSecret' | 'createdAt'>

/** A device that another system made, with all that it knew of it. */
export interface ImportedDevice extends NewDevice {
  verifiedAt: number | null
  recoveryAcknowledged: boolean
  /** The newest time step (RFC 6238) that was accepted; -1 for none. */
  lastStep: number
  recoveryHashes: readonly string[]
}

/** A device with what a server elsewhere has to know of it. */
export interface ExportedDevice extends StoredDevice {
  /** The newest time step (RFC 6238) that was accepted; -1 for none. */
  lastStep: number
  recoveryHashes: readonly string[]
}

/** A user with all that the user can be verified by: a device, passkeys, or both. */
export interface StoredUser<Device = StoredDevice> {
  userId: string
  device: Device | null
  /** The oldest first. */
  passkeys: readonly StoredPasskey[]
}

/** A key pair that signs, signed or will sign tokens, as JWKs (RFC 7517); the private one is encrypted before it comes here. */
export interface StoredSigningKey {
  /** Counts up from 1. */
  generation: number
  kid: string
  /** From when on it signs, if no newer one does; before, it is only published. Epoch milliseconds. */
  signsFrom: number
  publicJwk: string
  sealedPrivateJwk: string
}

/** The deprecated MFA token, as a hash. Its first use consumes it. */
export interface StoredMfaToken {
  hash: string
  userId: string
  expiresAt: number
}

/** How failures in a row are answered. */
export interface ThrottlePolicy {
  /** The wait after the first, second, … failure in a row, milliseconds; the last one goes for all further ones. */
  waits: readonly number[]
  /** So many failures in a row, and a verified device takes nothing more (NIST SP 800-63B-4 §3.2.2). */
  ceiling: number
  /** A session in which the device was verified before is not barred by the failures of others until it has failed so often. */
  reserve: {
    failures: number
    /** How long after the last one they count, milliseconds. */
    milliseconds: number
  }
}

/** What the store knows of the lives of a user's sessions. Generations are ordered, and look like epoch milliseconds. */
export interface SessionRules {
  /** What a session that begins now carries; 0 until a session of the user was ended, or a device removed. */
  generation: number
  /** Sessions of an earlier generation are over. */
  liveFrom: number
  /** Sessions of an earlier generation may not register a device. */
  registersFrom: number
  /** The id of the one session that neither goes for: the one that removed the device. */
  spared: string | null
  /** Sessions of any user that began before this are over. Epoch milliseconds. */
  begunFrom: number
}

/** A user and a session at one moment. */
export interface Standing {
  /** The user's one device, pending or verified. */
  device: StoredDevice | null
  /** The ids of the user's passkeys. */
  passkeyIds: readonly string[]
  rules: SessionRules
  /** Whether this session was ended by itself. */
  isEnded: boolean
  /** Whether wrong codes of this session count against its reserve. */
  hasFailed: boolean
}

/** A session, as far as the rules judge it: of our own, or the host's with what the host tells of it. */
export interface SessionAge {
  /** `null` where the host does not tell. */
  id: string | null
  /** The one that it began under; of a session of the host, when the user signed in, or `null` where that is not known. */
  generation: number | null
}

/** A code that was typed for a device, after its time step was looked for. `now` in epoch milliseconds. */
export interface CodeAttempt {
  userId: string
  deviceId: string
  now: number
  throttle: ThrottlePolicy
  /** The time step (RFC 6238) that the code belongs to; `null` for a wrong code. */
  step: number | null
  /** Whether the device was pending when the caller looked. The store looks again where that changed in between. */
  isPending: boolean
  /** Kept if this attempt enrolls the device, so that recovery codes and enrollment come together or not at all. */
  recoveryHashes: readonly string[]
  /** Stored together with the acceptance, or not at all. */
  mfaToken?: StoredMfaToken
  /** The session that sends it, if this device was verified in it before. `hasFailed`: as its standing has it. */
  reserve?: { sessionId: string; hasFailed: boolean }
  /** Who sends it, where only a session that may register may enroll. */
  session?: SessionAge | undefined
}

/** A recovery code that was typed for a device. `now` in epoch milliseconds. */
export interface RecoveryAttempt {
  userId: string
  deviceId: string
  now: number
  throttle: ThrottlePolicy
  /** Any of these is the code, as it may be stored. */
  hashes: readonly string[]
  mfaToken?: StoredMfaToken
  /** The session that sends it, if this device was verified in it before. */
  reserve?: { sessionId: string }
}

/** Why an attempt was not accepted. `retryAt` (epoch milliseconds): when the next one is looked at. */
export type Refusal =
  | { outcome: 'wrong'; retryAt: number }
  | { outcome: 'throttled'; retryAt: number }
  /** The ceiling of failures in a row was reached. */
  | { outcome: 'locked' }
  /** The device was replaced or removed in the meantime. */
  | { outcome: 'gone' }

/** What came of a code; `enrolled` when it was the first one of its device. */
export type CodeAttemptResult =
  | { outcome: 'accepted'; enrolled: boolean }
  /** A right code whose time step was consumed before. It guesses nothing, so it costs no attempt. */
  | { outcome: 'reused' }
  | Refusal

/** What came of a recovery code; so many are `left`. Accepted, it ends the waits after the authenticator's wrong codes, too. */
export type RecoveryAttemptResult = { outcome: 'accepted'; left: number } | Refusal

/** What an act consumes: a single-use elevation's `jti`, an MFA token's hash, or nothing for a multi-use elevation. */
export type Proof = { jti: string; expiresAt: number } | { mfaTokenHash: string } | null

/** A stored passkey: a public key credential (WebAuthn §6.1). Times in epoch milliseconds; nothing in it is secret. */
export interface StoredPasskey {
  id: string
  userId: string
  /** Base64url, as browsers write it. One user has it, and no other. */
  credentialId: string
  /** The COSE key, base64url. */
  publicKey: string
  /** The newest signature counter; 0 for as long as the authenticator keeps none. */
  signCount: number
  /** How browsers may reach it: `internal`, `hybrid`, `usb`, … */
  transports: readonly string[]
  /** Whether its provider may sync it. It never changes. */
  backupEligible: boolean
  /** Whether it is synced now. */
  backedUp: boolean
  /** The model of the authenticator. */
  aaguid: string
  alias: string
  createdAt: number
  lastUsedAt: number | null
}

/** A passkey to add. `now` in epoch milliseconds. */
export interface NewPasskey {
  passkey: StoredPasskey
  now: number
  /** `first`: nothing has to be proven, if it is the first factor of its user. */
  proof: Proof | 'first'
  /** A user has so many at most. */
  limit: number
  /** Who adds it, where that is a session that has to be young enough. */
  session?: SessionAge | undefined
  /** Stored together with the passkey, or not at all. */
  mfaToken?: StoredMfaToken | undefined
}

/** A passkey whose signature was good. `now` in epoch milliseconds. */
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

/** An act on a device that a proof authorizes. */
export interface ProvenAct {
  userId: string
  deviceId: string
  now: number
  proof: Proof
}

/** How many calls came from an address or network. */
export interface AddressCalls {
  address: string
  calls: number
}

/** The removal of a device. */
export interface Removal extends ProvenAct {
  /** The session that removes it: of those that there are, it alone may register another. `null` where it has no id. */
  sessionId: string | null
  /** Whether the user's other sessions end with the device. */
  endsOthers: boolean
}

/** What a user has, on its way to another user. */
export interface FactorsMove {
  from: string
  to: string
  /** As it was read, and its secret sealed anew for the other user; `null` where there was none. */
  device: (Pick<StoredDevice, 'id' | 'sealedSecret'> & { resealed: string }) | null
  now: number
}

/** A value under the master key, wherever it lies. */
export interface SealedValue {
  kind: 'device' | 'signing key'
  userId: string
  id: string
  sealed: string
}

/**
 * Where a server keeps what it must not forget. It speaks in verbs that cannot race: each is atomic and durable when
 * it resolves, on every node that shares the store. A rejection is a retryable `TotpFlowError`; after one, the act
 * may or may not have happened, but never twice.
 */
export interface Store {
  /** Creates or upgrades what the store needs. Safe to call again, and from several nodes at once. `note` hears of each step. */
  prepare(note?: (step: string) => void): Promise<void>
  /** The names of the steps that `prepare` would do. */
  pendingSteps(): Promise<string[]>
  /** Rejects when the store cannot be reached or, asked so, takes no writes. */
  ping(to?: 'read' | 'write'): Promise<void>
  /** The user's one device, pending or verified. */
  find(userId: string): Promise<StoredDevice | null>
  /** The user's device and the rules for the user's sessions, read at once. `sessionId`: whether that one was ended, too. */
  standing(userId: string, sessionId: string | null): Promise<Standing>
  /**
   * Replaces a pending device and consumes the proof, or does neither; a verified device is never replaced. `first`: nothing has to be
   * proven, if the user has no passkey. `session`: who registers, where that is a session that has to be young enough.
   */
  addPendingDevice(
    device: NewDevice,
    proof: Proof | 'first',
    now: number,
    session?: SessionAge | undefined,
  ): Promise<'added' | 'device_limit' | 'proof_refused' | 'session_too_old'>
  /**
   * Counts the attempt and accepts its time step if that is newer than any accepted before (RFC 6238 §5.2), verifying a
   * pending device with it. Whether the code was right comes out only of the statement that counts it.
   */
  attempt(attempt: CodeAttempt): Promise<CodeAttemptResult>
  /** Counts the attempt and consumes the recovery code. */
  attemptRecovery(attempt: RecoveryAttempt): Promise<RecoveryAttemptResult>
  /** How many unused recovery codes a device has; 0 if it has none, or does not exist. */
  recoveryCodesLeft(deviceId: string): Promise<number>
  /** Consumes the proof and replaces all recovery codes, or does neither. */
  replaceRecoveryCodes(
    act: ProvenAct,
    hashes: readonly string[],
  ): Promise<'replaced' | 'no_device' | 'proof_refused'>
  /** The user said that the codes are kept. Nothing happens without a verified device. */
  acknowledgeRecoveryCodes(userId: string): Promise<void>
  /**
   * Consumes the proof and removes the device with its recovery codes and MFA tokens together, or does neither. From then on
   * no session that began before may register another device, but for the one that removed it.
   */
  removeDevice(act: Removal): Promise<'removed' | 'no_device' | 'proof_refused'>
  /** The user's passkeys, the oldest first. */
  passkeysOf(userId: string): Promise<StoredPasskey[]>
  /**
   * Adds a passkey and consumes the proof, or does neither. A pending enrollment ends if this is the
   * user's first factor, since no proof was needed to begin it. `exists`: the credential is registered already. `proof_refused`:
   * also if it was to be the first factor and is not.
   */
  addPasskey(given: NewPasskey): Promise<'added' | 'exists' | 'limit' | 'proof_refused' | 'session_too_old'>
  /**
   * Keeps counter, backup state and time of a use. `cloned`: the counter did not grow, so two authenticators share the key (WebAuthn
   * §7.2): nothing is kept.
   */
  acceptAssertion(use: PasskeyAssertion): Promise<'accepted' | 'cloned' | 'gone'>
  /** `false` when the user has no such passkey. */
  renamePasskey(named: { userId: string; id: string; alias: string }): Promise<boolean>
  /** Consumes the proof and removes the passkey, or does neither. Sessions and MFA tokens as with a device. */
  removePasskey(act: PasskeyRemoval): Promise<'removed' | 'no_passkey' | 'proof_refused'>
  /** Removes what device and passkeys there are and ends all sessions of the user, together; `false` when there was neither. */
  resetUser(user: { userId: string; now: number }): Promise<boolean>
  /** Ends all sessions of the user that there are, and forgets the MFA tokens won in them. */
  endSessions(user: { userId: string; now: number }): Promise<void>
  /**
   * Moves device and passkeys to another user, and ends all sessions of both; or changes nothing: `device_limit` if the other user
   * has either, `changed` if the device has changed since it was read, `nothing` where there is neither.
   */
  moveFactors(move: FactorsMove): Promise<'moved' | 'device_limit' | 'changed' | 'nothing'>
  /** Ends the waits and the ceiling of a user's device; `false` when there is none. */
  unlock(userId: string): Promise<boolean>
  /** A page of all who have a device or passkeys, by user id, those after `after`. */
  users(page: { after: string; limit: number }): Promise<StoredUser[]>
  /** Those of these users who have either, in no order. */
  usersOf(userIds: readonly string[]): Promise<StoredUser[]>
  /** The same page as `users` has, with the recovery codes, as they are stored, and the newest time steps. */
  usersToExport(page: { after: string; limit: number }): Promise<StoredUser<ExportedDevice>[]>
  /**
   * Adds users, each of them whole or not at all. Whoever has a verified device or a passkey keeps that and gets nothing more; a
   * pending device gives way to whatever is verified. Nobody is added with a credential that somebody else has. Answers the ids of
   * the users that were added.
   */
  importUsers(users: readonly StoredUser<ImportedDevice>[]): Promise<string[]>
  /** Who has these credentials, in no order. */
  ownersOf(credentialIds: readonly string[]): Promise<Pick<StoredPasskey, 'credentialId' | 'userId'>[]>
  /** How many passkeys there are; `alone`: how many users have them, and no device. */
  countPasskeys(): Promise<{ passkeys: number; alone: number }>
  /** The database's own clock (`null` where that is this machine's) and the newest time that a row holds (0 for none). Epoch milliseconds. */
  times(): Promise<{ clock: number | null; newest: number }>
  /** Ends the sessions of all users that began before `moment` (epoch milliseconds), and removes all MFA tokens. */
  endSessionsBefore(moment: number): Promise<void>
  /** `true` for exactly one caller per `jti`. `expiresAt` tells how long to remember it. */
  consumeToken(token: { jti: string; expiresAt: number }): Promise<boolean>
  /** Whether `consumeToken`, or an act that it authorized, consumed it: for a look before the act that counts. */
  isConsumed(jti: string): Promise<boolean>
  /** Adds to the counts of networks in the window that ends at `windowEnd`; answers how many each has now, on all nodes. */
  countCalls(counted: { windowEnd: number; calls: readonly AddressCalls[] }): Promise<AddressCalls[]>
  /** Adds a key unless one of its generation exists; answers all keys, newest first. */
  addSigningKey(key: StoredSigningKey): Promise<StoredSigningKey[]>
  /** All keys, newest first. */
  signingKeys(): Promise<StoredSigningKey[]>
  /** Removes a key, if there is one of that id. */
  dropSigningKey(kid: string): Promise<void>
  /** A page of devices whose secret the master key `notBy` did not seal, by user id, those after `after`. */
  sealedDevices(page: { notBy: string; after: string; limit: number }): Promise<SealedValue[]>
  /** How many there are of those; with `''` all devices. */
  countSealedDevices(notBy: string): Promise<number>
  /** Puts `to` in the place of a sealed value if that is still as it was read. */
  reseal(value: SealedValue, to: string): Promise<boolean>
  /** Forgets what had its time before `now`. */
  sweep(now: number): Promise<void>
  /** Lets go of the file or the connections. */
  close(): Promise<void>
}
