/** How much the clocks of hosts and nodes may differ. A later time was written by a wrong clock. */
export const CLOCK_SKEW_MS = 5 * 60_000

/** Whether it happened within `maxAge` milliseconds. A time too far ahead does not count: it would stay recent for too long. */
export const isRecent = (at: number | null, maxAge: number, now: number): boolean =>
  at !== null && at <= now + CLOCK_SKEW_MS && now - at <= maxAge

/** Whether the authentication context is one of the wanted ones (`acr`, RFC 9470 §5). */
export const isOfContext = (acr: string | null, wanted: readonly string[] | undefined): boolean =>
  wanted === undefined || (acr !== null && wanted.includes(acr))
