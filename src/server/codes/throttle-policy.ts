import type { ThrottlePolicy } from '../store/store.ts'

const SECOND = 1000
const HOUR = 3600 * SECOND

/**
 * Four consecutive wrong codes are free, because people mistype. Then the wait doubles from 30 s up to an hour (RFC
 * 4226 §7.3). After 100 consecutive wrong codes, the device is locked until its user enters a recovery code or sets up
 * again (NIST SP 800-63B-4 §3.2.2). Only a holder of the user's session can attempt a code. A thief who uses up the
 * attempts does not lock the owner out of a session in which the device was verified before: such a session is blocked
 * only after five wrong codes of its own.
 */
export const THROTTLE: ThrottlePolicy = {
  waits: [0, 0, 0, 0, ...[30, 60, 120, 240, 480, 960, 1920].map((seconds) => seconds * SECOND), HOUR],
  ceiling: 100,
  reserve: { failures: 5, milliseconds: 24 * HOUR },
}
