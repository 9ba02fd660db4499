import type { ElevatedAccess } from './answers.ts'

/** A right, as far as it is told from others. */
type Right = Pick<ElevatedAccess, 'scopes' | 'expiresAt'>

/** Those not past their end. The server has the last word; this keeps a button from lying. */
export const unexpired = <One extends Right>(rights: readonly One[], now: number): readonly One[] =>
  rights.filter(({ expiresAt }) => expiresAt > now)

/** The one that is good for all these scopes. One token must cover them: two halves make no whole. */
export const findCovering = <One extends Right>(
  rights: readonly One[],
  scopes: readonly string[],
  now: number,
) => unexpired(rights, now).find((right) => scopes.every((scope) => right.scopes.includes(scope)))

/** With what was just won: it replaces one of the same scopes, and what carried no right at all. */
export const addElevation = <One extends Right>(rights: readonly One[], won: One): readonly One[] => [
  ...rights.filter(({ scopes }) => scopes.length > 0 && keyOf(scopes) !== keyOf(won.scopes)),
  won,
]

const keyOf = (scopes: readonly string[]) => [...new Set(scopes)].sort().join(' ')

/** People's clocks are wrong by minutes, so a lifetime counts from now where it is known. Epoch milliseconds. */
export const endOf = (
  { expiresAt, issuedAt }: Pick<ElevatedAccess, 'expiresAt' | 'issuedAt'>,
  now: number,
): number => (issuedAt === undefined ? expiresAt : now + expiresAt - issuedAt)
