import type { Elevation } from './totp.types.ts'

type Elevations = readonly Elevation[]

/** Those not past their end. The server has the last word; this keeps a button from lying. */
export const live = (elevations: Elevations, now: number): Elevations =>
  elevations.filter(({ expiresAt }) => expiresAt > now)

/** The one that is good for all these scopes. One token must cover them: two halves make no whole. */
export const covering = (elevations: Elevations, scopes: readonly string[], now: number) =>
  live(elevations, now).find((elevation) => scopes.every((scope) => elevation.scopes.includes(scope)))

/** With what was just won: it replaces one of the same scopes, and what carried no right at all. */
export const withNew = (elevations: Elevations, won: Elevation): Elevations => [
  ...elevations.filter(({ scopes }) => scopes.length > 0 && keyOf(scopes) !== keyOf(won.scopes)),
  won,
]

const keyOf = (scopes: readonly string[]) => [...new Set(scopes)].sort().join(' ')
