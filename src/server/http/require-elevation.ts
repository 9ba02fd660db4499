import { type AuthorizationDetails, detailsOption } from '../../contract/approval.ts'
import { isAcr } from '../../contract/challenge.ts'
import { TotpFlowError } from '../../contract/errors.ts'
import {
  assertOptions,
  functionThat,
  type OptionRules,
  required,
  trueOrFalse,
} from '../../contract/options.ts'
import type { Scope } from '../../contract/scopes.ts'
import { ELEVATED_TOKEN_HEADER } from '../../contract/wire/routes.ts'
import { authenticate } from '../api/authenticate.ts'
import { isOfSession, noted, outlivesItsFactor } from '../api/proof.ts'
import type { KnownCaller, Service } from '../api/service.ts'
import type { User } from '../identity/identity.ts'
import { assertBoundTo } from '../tokens/authorization-details.ts'
import { isOfContext, isRecent } from '../tokens/recency.ts'
import { type Challenge, errorResponse, withCors } from './http.ts'

/** A fetch handler that a guard calls for a user with a valid elevation or a recent verification. */
export type ElevatedHandler = (request: Request, user: User) => Response | Promise<Response>

/** How to check an elevation. */
export interface ElevationOptions {
  /** Whether to consume a single-use elevation. `false` only checks it, for a step before the action itself. @default true */
  consume?: boolean
  /** The maximum age of the elevation, whole seconds, at least 1. The challenge names it (`max_age`). @default its lifetime */
  maxAge?: number
  /**
   * The accepted authentication contexts, the preferred one first. The challenge names them (`acr_values`). Requires
   * the server's option `acr`, or elevations minted with an `acr`.
   * @default any
   */
  acrValues?: readonly string[]
  /**
   * The action to be approved (RFC 9396): the elevation must be bound to exactly these details. It is if the code was
   * entered for them (`approval` of `createElevatedFetch` and `useStepUp`). Without this option, a bound elevation is
   * rejected. A function is called only for a user who holds an elevation for the scope.
   */
  authorizationDetails?: AuthorizationDetails | (() => AuthorizationDetails | Promise<AuthorizationDetails>)
}

/** How a handler's guard checks an elevation. */
export interface GuardOptions extends Omit<ElevationOptions, 'authorizationDetails'> {
  /** Returns what a request is about to do. It receives a copy of the request, so it may read the body. */
  authorizationDetails?: (request: Request) => AuthorizationDetails | Promise<AuthorizationDetails>
}

/**
 * Returns the user of a request that holds an elevation for `scope`, or else the 401 to answer with: an RFC 9470
 * challenge. Consumes a single-use elevation before the action runs, so that only one of two parallel requests gets
 * through.
 */
export async function checkElevation(
  service: Service,
  scope: Scope,
  request: Request,
  options: ElevationOptions = {},
): Promise<User | Response> {
  assertGuard(service, scope, options)
  const { consume = true, authorizationDetails } = options
  return check(service, request, challengeOf(options, scope), async (caller) => {
    const token = request.headers.get(ELEVATED_TOKEN_HEADER)
    if (!token) throw new TotpFlowError('elevation_required')
    await takeElevation(service, caller, token, { ...options, scope, consume, authorizationDetails }).catch(
      (error: unknown) => {
        throw noted(caller, error)
      },
    )
  })
}

/** What a verification must meet: a maximum age, a context, or both. At least one is required. */
export interface RecentMfaOptions {
  /** How long ago the code may have been verified in the session, whole seconds, at least 1. @default `mfaMaxAge` */
  maxAge?: number
  /** The accepted authentication contexts, the preferred one first. Requires the server's option `acr`. @default any */
  acrValues?: readonly string[]
}

/**
 * Returns the user of a request in whose session a code was verified at most `maxAge` seconds ago, or else the 401 to
 * answer with: a challenge with `max_age` or `acr_values` (RFC 9470 §3). Requires a session token: the host's own
 * credential records no verification.
 */
export async function checkRecentMfa(
  service: Service,
  request: Request,
  options: RecentMfaOptions,
): Promise<User | Response> {
  assertRecentMfa(service, options)
  const { maxAge = service.mfa.maxAge / 1000, acrValues } = options
  return check(service, request, challengeOf(options), async (caller) => {
    const { verifiedAt, acr } = caller.session ?? { verifiedAt: null, acr: null }
    if (isRecent(verifiedAt, maxAge * 1000, service.now()) && isOfContext(acr, acrValues)) return
    throw noted(caller, new TotpFlowError('elevation_required'))
  })
}

async function check(
  service: Service,
  request: Request,
  challenge: Challenge,
  look: (caller: KnownCaller) => Promise<void>,
): Promise<User | Response> {
  try {
    await service.ready()
    const caller = await authenticate(service, request)
    await look(caller)
    return caller.user
  } catch (error) {
    return errorResponse(service, request, error, challenge)
  }
}

export function requireElevation(service: Service, scope: Scope, given: GuardOptions = {}) {
  assertOptions(given, guardRules)
  const { authorizationDetails, ...options } = given
  assertGuard(service, scope, options)
  const look = (request: Request) =>
    checkElevation(service, scope, request, {
      ...options,
      authorizationDetails: authorizationDetails && (() => authorizationDetails(request.clone())),
    })
  return guarding(service, challengeOf(options, scope), look)
}

export function requireRecentMfa(service: Service, options: RecentMfaOptions) {
  assertRecentMfa(service, options)
  const look = (request: Request) => checkRecentMfa(service, request, options)
  return guarding(service, challengeOf(options), look)
}

const guarding =
  (service: Service, challenge: Challenge, look: (request: Request) => Promise<User | Response>) =>
  (handler: ElevatedHandler) =>
  (request: Request): Promise<Response> =>
    withCors(service, request, async () => {
      const user = await look(request)
      if (user instanceof Response) return user
      try {
        return await handler(request, user)
      } catch (error) {
        if (!(error instanceof TotpFlowError)) throw error // the host reports its own errors as usual
        return errorResponse(service, request, error, challenge)
      }
    })

/** RFC 9470 §3. */
const challengeOf = ({ maxAge, acrValues }: RecentMfaOptions, scope?: Scope): Challenge => ({
  ...(acrValues && { acr_values: acrValues.join(' ') }),
  ...(maxAge !== undefined && { max_age: maxAge }),
  ...(scope && { scope }),
})

const recency: OptionRules = {
  maxAge: {
    takes: 'a whole number of seconds, at least 1',
    fits: (value) => Number.isInteger(value) && Number(value) >= 1,
  },
  acrValues: {
    takes: 'a list of names such as https://refeds.org/profile/mfa',
    fits: (value) => Array.isArray(value) && value.length > 0 && value.every(isAcr),
  },
}

function assertRecentMfa({ acr }: Service, options: RecentMfaOptions): void {
  assertOptions(options, recency)
  const { maxAge, acrValues } = options
  if (maxAge === undefined && acrValues === undefined) throw new TypeError('Pass maxAge, acrValues, or both.')
  if (acrValues && !isOfContext(acr ?? null, acrValues))
    throw new TypeError(`Nobody can obtain ${acrValues.join(' ')}. Correct it, or set the server's acr.`)
}

const rules: OptionRules = {
  ...recency,
  consume: trueOrFalse,
  authorizationDetails: {
    ...detailsOption,
    fits: (value) => typeof value === 'function' || detailsOption.fits(value),
  },
}
const guardRules: OptionRules = {
  ...recency,
  consume: trueOrFalse,
  authorizationDetails: functionThat('returns what a request is about to do'),
}

/** A guard for something that nobody can obtain would prompt for codes in vain. */
function assertGuard({ tokens }: Service, scope: Scope, options: ElevationOptions = {}): void {
  assertOptions(options, rules)
  if (!tokens.isAllowed(scope))
    throw new TypeError(`Nobody can obtain ${scope}. Correct it, or add it to the server's scopes.`)
}

async function takeElevation(
  service: Service,
  caller: KnownCaller,
  token: string,
  { scope, consume, authorizationDetails, maxAge, acrValues }: ElevationOptions & { scope: Scope },
) {
  const { tokens, store } = service
  const { user, audit } = caller
  const elevated = await tokens.readElevated(token)
  const { userId, scopes, singleUse, jti, expiresAt } = elevated
  if (userId !== user.userId || !scopes.includes(scope)) throw new TotpFlowError('elevation_required')
  if (outlivesItsFactor(elevated, caller) || !(await isOfSession(service, caller, elevated))) {
    throw new TotpFlowError('elevation_required')
  }
  if (!isOfContext(elevated.acr, acrValues)) throw new TotpFlowError('elevation_required')
  if (maxAge !== undefined && !isRecent(elevated.issuedAt, maxAge * 1000, service.now()))
    throw new TotpFlowError('elevation_expired')
  await assertBoundTo(elevated, await detailsFrom(authorizationDetails))
  if (!singleUse) return
  const isGood = consume ? await store.consumeToken({ jti, expiresAt }) : !(await store.isConsumed(jti))
  if (!isGood) throw new TotpFlowError('elevation_required')
  if (consume) audit({ type: 'elevation_spent', userId, scope })
}

/** A function that returns nothing must not let an unbound elevation through. */
async function detailsFrom(given: ElevationOptions['authorizationDetails']) {
  if (typeof given !== 'function') return given
  const details = await given()
  assertOptions({ authorizationDetails: details }, { authorizationDetails: required(detailsOption) })
  return details
}
