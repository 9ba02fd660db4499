import type { TotpErrorCode } from '../../contract/errors.ts'
import type { Report } from './report.ts'

/** Where a call came from. */
export interface AuditOrigin {
  /** Of the other end, as `clientAddress` tells it. */
  address?: string
  /** The session that it was made in. */
  sessionId?: string
}

/** What happened, for a host's audit log. No secret, code or token is in it. `at` in epoch milliseconds. */
export type AuditEvent = { at: number } & AuditOrigin & AuditNote

export type AuditNote =
  | { type: 'signed_in' | 'signed_out' | 'recovery_codes_acknowledged'; userId: string }
  /** What was given was no credential of the host, one of no usable user, or one from before the user's sessions were ended. */
  | { type: 'sign_in_failed' }
  /**
   * A call that needs a session had no credential, one that nobody knows, one of a session that is over, or a cookie that
   * another site may have sent.
   */
  | { type: 'credential_refused'; reason: 'missing' | 'unknown' | 'ended' | 'csrf'; userId?: string }
  /** So many of the two before were not told, since there were too many in a minute. */
  | { type: 'refusals_not_told'; count: number }
  /** All of a user, or of all users those that began before `before` (epoch milliseconds), or the one of `sessionId`. */
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
  /** Its counter did not grow: somebody may have a copy of it. It was refused, and stays. */
  | { type: 'passkey_cloned'; userId: string; passkeyId: string }
  /** `left`: how many recovery codes remain. */
  | { type: 'recovered'; userId: string; deviceId: string; left: number }
  | { type: 'refused'; userId: string; reason: TotpErrorCode }
  /** `retryAt`: until when nothing is looked at. */
  | { type: 'throttled'; userId: string; retryAt: number }
  /** The ceiling of wrong codes in a row was reached: only a recovery code or the host helps this user now. */
  | { type: 'locked'; userId: string }
  /** A single-use elevation let its user through a guard, and is good for nothing now. */
  | { type: 'elevation_spent'; userId: string; scope: string }
  /** Of the authenticator and the passkeys that the user has brought. */
  | { type: 'imported'; userId: string; deviceId?: string; passkeyIds?: readonly string[] }
  /** The host freed a user of authenticator and passkeys without a proof. */
  | { type: 'reset'; userId: string }
  /** The host gave a user's authenticator and passkeys to another id, which the user has now. */
  | { type: 'renamed'; userId: string; from: string }
  /** The host took out so many users, with their secrets in the clear. */
  | { type: 'exported'; count: number }
  /** The host ended the waits after a user's wrong codes. */
  | { type: 'unlocked'; userId: string }
  /** Too many refused calls from one address. */
  | { type: 'address_throttled'; address: string; retryAt: number }
  | { type: 'signing_key_rotated'; kid: string; signsFrom: number; dropped: string[] }
  /** A stored signing key does not open, or is not as this server makes them: it neither signs nor verifies. */
  | { type: 'signing_key_unreadable'; kid: string }
  | { type: 'secrets_resealed'; count: number }
  /** A call failed on our side. `reason` names the kind of failure, never what was sent. */
  | { type: 'failed'; reason: string }

export type Audit = (note: AuditNote, origin?: AuditOrigin) => void

/** Tells the host; a listener that throws or rejects does not turn an accepted code into an error. */
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

/** At most so many refusals of unauthenticated callers are reported a minute: a flood must not fill the host's log. */
const TOLD_A_MINUTE = 600
const MINUTE = 60_000

/** Tells of refusals up to a number each minute, and then how many it did not tell. */
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
