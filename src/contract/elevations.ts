import type { Elevation } from './answers.ts'
import { type AuthorizationDetails, sameDetails } from './approval.ts'

/** Those not past their end. The server has the last word; this keeps a button from lying. */
export const unexpired = <Held extends Elevation<unknown>>(
  elevations: readonly Held[],
  now: number,
): readonly Held[] => elevations.filter(({ expiresAt }) => expiresAt > now)

/**
 * The one that is good for all these scopes, and bound to these details if any. One token must cover them: two halves make no
 * whole.
 */
export const findCovering = <Held extends Elevation<unknown>>(
  elevations: readonly Held[],
  scopes: readonly string[],
  now: number,
  details?: AuthorizationDetails,
) =>
  unexpired(elevations, now).find(
    (held) =>
      scopes.every((scope) => held.scopes.includes(scope)) && sameDetails(held.authorizationDetails, details),
  )

/** With the one that was just won: it replaces one for the same, and one without any scope. */
export const addElevation = <Held extends Elevation<unknown>>(
  elevations: readonly Held[],
  won: Held,
): readonly Held[] => [
  ...elevations.filter((held) => held.scopes.length > 0 && keyOf(held) !== keyOf(won)),
  won,
]

const keyOf = ({ scopes, authorizationDetails }: Elevation<unknown>) =>
  JSON.stringify([[...new Set(scopes)].sort(), authorizationDetails])

/** People's clocks are wrong by minutes, so a lifetime counts from now where it is known. Epoch milliseconds. */
export const endOf = (
  { expiresAt, issuedAt }: Pick<Elevation, 'expiresAt' | 'issuedAt'>,
  now: number,
): number => (issuedAt === undefined ? expiresAt : now + expiresAt - issuedAt)
