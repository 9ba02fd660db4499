/** So many wrong codes in a row are looked at without a wait: people mistype. */
const FREE_FAILURES = 5
const FIRST_WAIT_MS = 30_000
const LONGEST_WAIT_MS = 3_600_000

/**
 * How long to wait after so many failures in a row, milliseconds: nothing for the first four, then 30 s, doubled with
 * every further one up to an hour (RFC 4226 §7.3).
 */
export function backoff(failures: number): number {
  if (failures < FREE_FAILURES) return 0
  return Math.min(FIRST_WAIT_MS * 2 ** (failures - FREE_FAILURES), LONGEST_WAIT_MS)
}
