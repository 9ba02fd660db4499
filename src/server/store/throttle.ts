import type { ThrottlePolicy } from './store.ts'

/** How long after so many failures in a row nothing is looked at, milliseconds. */
export const waitAfter = (failures: number, { waits }: ThrottlePolicy): number =>
  waits[Math.min(failures, waits.length) - 1] ?? 0

/** Longer than any token lives after it was spent, by whatever node's clock: a slow clock must not reopen one. */
export const SPENT_TOKEN_KEPT_MS = 3_600_000
