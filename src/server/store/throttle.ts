import type { Throttle, ThrottlePolicy } from './store.ts'

/** How long after so many failures in a row nothing is looked at, milliseconds. */
export const waitAfter = (failures: number, { waits }: ThrottlePolicy): number =>
  waits[Math.min(failures, waits.length) - 1] ?? 0

/** The longest wait there is, milliseconds. */
export const longestWait = ({ waits }: ThrottlePolicy): number => Math.max(0, ...waits)

/**
 * Until when no attempt is looked at, epoch milliseconds; `null` if one is now. What lies further ahead than any wait was
 * written by a clock that was fast, and is over.
 */
export const waitsUntil = ({ retryAt }: Throttle, policy: ThrottlePolicy, now: number): number | null =>
  retryAt > now && retryAt <= now + longestWait(policy) ? retryAt : null

/** So long after its end a consumed token is still remembered: neither a slow clock nor one that is a day ahead reopens it. */
export const SPENT_TOKEN_KEPT_MS = 24 * 3_600_000
