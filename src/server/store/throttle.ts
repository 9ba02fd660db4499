import type { ThrottlePolicy } from './store.ts'

/** How long after so many failures in a row nothing is looked at, milliseconds. */
export const waitAfter = (failures: number, { waits }: ThrottlePolicy): number =>
  waits[Math.min(failures, waits.length) - 1] ?? 0

/** So long after its end a spent token is remembered still: neither a slow clock nor one that is a day ahead reopens it. */
export const SPENT_TOKEN_KEPT_MS = 24 * 3_600_000
