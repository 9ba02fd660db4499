/** Clocks of hosts and nodes differ by so much at most; what lies further ahead was written by a clock that was wrong. */
export const CLOCK_SKEW_MS = 5 * 60_000

/** Whether it happened, at most so long ago. What a clock that was fast dated ahead of now would be recent for too long. */
export const isRecent = (at: number | null, maxAge: number, now: number): boolean =>
  at !== null && at <= now + CLOCK_SKEW_MS && now - at <= maxAge

/** Whether one of the wanted contexts of authentication was met (`acr`, RFC 9470 §5). */
export const isOfContext = (acr: string | null, wanted: readonly string[] | undefined): boolean =>
  wanted === undefined || (acr !== null && wanted.includes(acr))
