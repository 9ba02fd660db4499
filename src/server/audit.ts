import type { TotpErrorCode } from '../contract/errors.ts'

/** What happened, for a host's audit log. No secret, code or token is in it. `at` in epoch milliseconds. */
export type AuditEvent = { at: number } & (
  | { type: 'signed_in' | 'signed_out' | 'recovery_codes_acknowledged'; userId: string }
  | {
      type: 'registered' | 'enrolled' | 'verified' | 'deleted' | 'recovery_codes_made'
      userId: string
      deviceId: string
    }
  /** `left`: how many recovery codes remain. */
  | { type: 'recovered'; userId: string; deviceId: string; left: number }
  | { type: 'refused'; userId: string; reason: TotpErrorCode }
  /** `retryAt`: until when nothing is looked at. */
  | { type: 'throttled'; userId: string; retryAt: number }
  /** The ceiling of wrong codes in a row was reached: only a recovery code or the host helps this user now. */
  | { type: 'locked'; userId: string }
  /** A single-use elevation let its user through a guard, and is good for nothing now. */
  | { type: 'elevation_spent'; userId: string; scope: string }
  /** The host freed a user of an authenticator without a proof. */
  | { type: 'reset'; userId: string }
  /** Too many refused calls from one address. */
  | { type: 'address_throttled'; address: string; retryAt: number }
  | { type: 'signing_key_rotated'; kid: string; signsFrom: number; dropped: string[] }
  /** A stored signing key does not open, or is not as this server makes them: it neither signs nor verifies. */
  | { type: 'signing_key_unreadable'; kid: string }
  | { type: 'secrets_resealed'; count: number }
  /** A call failed on our side. `reason` names the kind of failure, never what was sent. */
  | { type: 'failed'; reason: string }
)

type WithoutTime<Event> = Event extends { at: number } ? Omit<Event, 'at'> : never
export type AuditNote = WithoutTime<AuditEvent>

/** Tells the host; a listener that throws or rejects does not turn an accepted code into an error. */
export function createAudit(onEvent: (event: AuditEvent) => unknown, now: () => number) {
  return (note: AuditNote): void => {
    const tell = async () => onEvent({ at: now(), ...note } as AuditEvent) // the union is the note's, plus its time
    tell().catch(() => {})
  }
}
