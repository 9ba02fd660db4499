import type { Elevation } from './answers.ts'

/** Those not past their end. The server has the last word; this keeps a button from lying. */
export const unexpired = <Held extends Elevation<unknown>>(
  elevations: readonly Held[],
  now: number,
): readonly Held[] => elevations.filter(({ expiresAt }) => expiresAt > now)

/** The one that is good for all these scopes. One token must cover them: two halves make no whole. */
export const findCovering = <Held extends Elevation<unknown>>(
  elevations: readonly Held[],
  scopes: readonly string[],
  now: number,
) => unexpired(elevations, now).find((held) => scopes.every((scope) => held.scopes.includes(scope)))

/** With the one that was just won: it replaces one of the same scopes, and one without any scope. */
export const addElevation = <Held extends Elevation<unknown>>(
  elevations: readonly Held[],
  won: Held,
): readonly Held[] => [
  ...elevations.filter(({ scopes }) => scopes.length > 0 && keyOf(scopes) !== keyOf(won.scopes)),
  won,
]

const keyOf = (scopes: readonly string[]) => [...new Set(scopes)].sort().join(' ')

/** People's clocks are wrong by minutes, so a lifetime counts from now where it is known. Epoch milliseconds. */
export const endOf = (
  { expiresAt, issuedAt }: Pick<Elevation, 'expiresAt' | 'issuedAt'>,
  now: number,
): number => (issuedAt === undefined ? expiresAt : now + expiresAt - issuedAt)
