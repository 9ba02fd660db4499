import type { TotpErrorCode } from '../../contract/errors.ts'
import type { Report } from './report.ts'

/** The origin of a call. */
export interface AuditOrigin {
  /** The client address, as `clientAddress` returns it. */
  address?: string
  /** The id of the session that made the call. */
  sessionId?: string
}

/** An event for the host's audit log, without secrets, codes or tokens. `at` is in epoch milliseconds. */
export type AuditEvent = { at: number } & AuditOrigin & AuditNote

export type AuditNote =
  | { type: 'signed_in' | 'signed_out' | 'recovery_codes_acknowledged'; userId: string }
  /**
   * The host did not recognize the credential, returned an invalid user, or the credential predates the end of the
   * user's sessions.
   */
  | { type: 'sign_in_failed' }
  /**
   * A call that requires a session had no credential, an unknown one, one of an ended session, or a cookie that another
   * site may have sent.
   */
  | { type: 'credential_refused'; reason: 'missing' | 'unknown' | 'ended' | 'csrf'; userId?: string }
  /** Number of the two events above that were left out of the log, since there were too many in a minute. */
  | { type: 'refusals_not_told'; count: number }
  /**
   * All sessions of a user, all users' sessions that began before `before` (epoch milliseconds), or the one named by
   * `sessionId`.
   */
  | { type: 'sessions_ended'; userId?: string; before?: number }
  | {
      type: 'registered' | 'enrolled' | 'verified' | 'deleted' | 'recovery_codes_made'
      userId: string
      deviceId: string
    }
  | {
      type: 'passkey_added' | 'passkey_verified' | 'passkey_renamed' | 'passkey_removed'
      userId: string
      passkeyId: string
    }
  /** Its signature counter did not grow, so there may be a copy of it. It was rejected, but not removed. */
  | { type: 'passkey_cloned'; userId: string; passkeyId: string }
  /** `left`: how many recovery codes are left. */
  | { type: 'recovered'; userId: string; deviceId: string; left: number }
  | { type: 'refused'; userId: string; reason: TotpErrorCode }
  /** `retryAt`: until when attempts are rejected unread, epoch milliseconds. */
  | { type: 'throttled'; userId: string; retryAt: number }
  /** The limit of consecutive wrong codes was reached. Only a recovery code or the host can help this user. */
  | { type: 'locked'; userId: string }
  /** A guard consumed a user's single-use elevation. */
  | { type: 'elevation_spent'; userId: string; scope: string }
  /** The imported authenticator and passkeys of a user. */
  | { type: 'imported'; userId: string; deviceId?: string; passkeyIds?: readonly string[] }
  /** The host removed a user's authenticator and passkeys without proof. */
  | { type: 'reset'; userId: string }
  /** The host moved a user's authenticator and passkeys to the user's new id. */
  | { type: 'renamed'; userId: string; from: string }
  /** The host exported this many users, with their secrets in plain text. */
  | { type: 'exported'; count: number }
  /** The host ended the waits after a user's wrong codes. */
  | { type: 'unlocked'; userId: string }
  /** Too many refused calls from one address. */
  | { type: 'address_throttled'; address: string; retryAt: number }
  | { type: 'signing_key_rotated'; kid: string; signsFrom: number; dropped: string[] }
  /** A stored signing key cannot be decrypted, or is malformed. It neither signs nor verifies. */
  | { type: 'signing_key_unreadable'; kid: string }
  | { type: 'secrets_resealed'; count: number }
  /** A call failed on the server's side. `reason` names the kind of failure and never quotes the request. */
  | { type: 'failed'; reason: string }

export type Audit = (note: AuditNote, origin?: AuditOrigin) => void

/** Reports events to the host. A listener that throws or rejects does not turn an accepted code into an error. */
export function createAudit(
  onEvent: (event: AuditEvent) => unknown,
  now: () => number,
  report: Report,
): Audit {
  return (note, origin) => {
    const tell = async () => onEvent({ at: now(), ...origin, ...note })
    tell().catch((error: unknown) => report(error, { event: note.type }))
  }
}

/** How many refusals of unauthenticated callers are reported a minute: a flood must not fill the host's log. */
const TOLD_A_MINUTE = 600
const MINUTE = 60_000

/** Reports refusals up to a limit each minute, and then how many it left out. */
export function atMostSoMany(audit: Audit, now: () => number): Audit {
  let minute = 0
  let count = 0
  return (note, origin) => {
    const current = Math.floor(now() / MINUTE)
    if (current !== minute) {
      if (count > TOLD_A_MINUTE) audit({ type: 'refusals_not_told', count: count - TOLD_A_MINUTE })
      minute = current
      count = 0
    }
    count += 1
    if (count <= TOLD_A_MINUTE) audit(note, origin)
  }
}
