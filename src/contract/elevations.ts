import type { Elevation } from './answers.ts'
import { type AuthorizationDetails, sameDetails } from './approval.ts'

/** Those not past their end. The server has the last word; this keeps a button from lying. */
export const unexpired = <Held extends Elevation<unknown>>(
  elevations: readonly Held[],
  now: number,
): readonly Held[] => elevations.filter(({ expiresAt }) => expiresAt > now)

/** What a right shall be good for. */
export interface Wanted {
  scopes: readonly string[]
  /** What it is bound to; without, it is bound to nothing. */
  authorizationDetails?: AuthorizationDetails | undefined
  /** How long ago the code may have been accepted, seconds (`max_age` of RFC 9470). */
  maxAge?: number | undefined
}

/** The one that is good for all of it. One token must cover all scopes: two halves make no whole. */
export const findCovering = <Held extends Elevation<unknown>>(
  elevations: readonly Held[],
  { scopes, authorizationDetails, maxAge }: Wanted,
  now: number,
) =>
  unexpired(elevations, now).find(
    (held) =>
      allows(held, scopes) &&
      sameDetails(held.authorizationDetails, authorizationDetails) &&
      (maxAge === undefined || now - (held.verifiedAt ?? 0) <= maxAge * 1000),
  )

/** Whether it is good for all these scopes, as long as it lasts. */
export const allows = (
  { ofSession, scopes: held }: Pick<Elevation<unknown>, 'ofSession' | 'scopes'>,
  scopes: readonly string[],
): boolean => ofSession === true || scopes.every((scope) => held.includes(scope))

/** With the one that was just won: it replaces one for the same, and one without any scope. */
export const addElevation = <Held extends Elevation<unknown>>(
  elevations: readonly Held[],
  won: Held,
): readonly Held[] => [
  ...elevations.filter((held) => held.scopes.length > 0 && keyOf(held) !== keyOf(won)),
  won,
]

const keyOf = ({ ofSession, scopes, authorizationDetails }: Elevation<unknown>) =>
  JSON.stringify(ofSession ? 'session' : [[...new Set(scopes)].sort(), authorizationDetails])

/** People's clocks are wrong by minutes, so a lifetime counts from now where it is known. Epoch milliseconds. */
export const endOf = (
  { expiresAt, issuedAt }: Pick<Elevation, 'expiresAt' | 'issuedAt'>,
  now: number,
): number => (issuedAt === undefined ? expiresAt : now + expiresAt - issuedAt)
