import type { Elevation } from './answers.ts'
import { type AuthorizationDetails, sameDetails } from './approval.ts'

/** Returns the elevations that have not expired. The server decides in the end; this keeps a button from promising too much. */
export const unexpired = <Held extends Elevation<unknown>>(
  elevations: readonly Held[],
  now: number,
): readonly Held[] => elevations.filter(({ expiresAt }) => expiresAt > now)

/** What an elevation must cover. */
export interface Wanted {
  scopes: readonly string[]
  /** What it must be bound to; if absent, it must not be bound. */
  authorizationDetails?: AuthorizationDetails | undefined
  /** The maximum age of the accepted code, seconds (`max_age` of RFC 9470). */
  maxAge?: number | undefined
}

/** Finds an elevation that covers all of it. One token must cover all scopes: two halves do not add up. */
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

/** Whether the elevation covers all these scopes, ignoring its expiry. */
export const allows = (
  { ofSession, scopes: held }: Pick<Elevation<unknown>, 'ofSession' | 'scopes'>,
  scopes: readonly string[],
): boolean => ofSession === true || scopes.every((scope) => held.includes(scope))

/** Adds a new elevation. Replaces one that covers the same, and any without scopes. */
export const addElevation = <Held extends Elevation<unknown>>(
  elevations: readonly Held[],
  won: Held,
): readonly Held[] => [
  ...elevations.filter((held) => held.scopes.length > 0 && keyOf(held) !== keyOf(won)),
  won,
]

const keyOf = ({ ofSession, scopes, authorizationDetails }: Elevation<unknown>) =>
  JSON.stringify(ofSession ? 'session' : [[...new Set(scopes)].sort(), authorizationDetails])

/** When an elevation expires, epoch milliseconds. People's clocks are wrong by minutes, so a known lifetime counts from now. */
export const endOf = (
  { expiresAt, issuedAt }: Pick<Elevation, 'expiresAt' | 'issuedAt'>,
  now: number,
): number => (issuedAt === undefined ? expiresAt : now + expiresAt - issuedAt)
