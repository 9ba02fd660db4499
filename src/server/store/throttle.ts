import type { Throttle, ThrottlePolicy } from './store.ts'

/** The wait after this many consecutive failures, milliseconds. */
export const waitAfter = (failures: number, { waits }: ThrottlePolicy): number =>
  waits[Math.min(failures, waits.length) - 1] ?? 0

/** The longest possible wait, milliseconds. */
export const longestWait = ({ waits }: ThrottlePolicy): number => Math.max(0, ...waits)

/**
 * Until when attempts are rejected unread, epoch milliseconds; `null` if they are not. A time further ahead than the
 * longest wait was written by a clock that ran fast, and is ignored.
 */
export const waitsUntil = ({ retryAt }: Throttle, policy: ThrottlePolicy, now: number): number | null =>
  retryAt > now && retryAt <= now + longestWait(policy) ? retryAt : null

/** How long a consumed token is remembered after it expires: neither a slow clock nor one a day ahead makes it valid again. */
export const SPENT_TOKEN_KEPT_MS = 24 * 3_600_000
