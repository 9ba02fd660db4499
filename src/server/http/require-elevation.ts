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

/** A fetch handler for a signed-in user who has just proven it. */
export type ElevatedHandler = (request: Request, user: User) => Response | Promise<Response>

/** How an elevation is looked at. */
export interface ElevationOptions {
  /** Whether a single-use elevation is consumed. `false` only looks, for a step before the one that counts. @default true */
  consume?: boolean
  /** How long ago the elevation may have been won, seconds; the challenge says so (`max_age`). @default as long as it lasts */
  maxAge?: number
  /**
   * The contexts of authentication that do, the best first; the challenge says so (`acr_values`). Takes the server's option `acr`,
   * or elevations that are minted with one. @default any
   */
  acrValues?: readonly string[]
  /**
   * What is about to be done: an elevation must then be bound to just this, which it is where the code was given for it
   * (`approval` of `createElevatedFetch` and `useStepUp`). Without, one that is bound to anything is refused. A function is
   * called only for a user who holds an elevation for the scope.
   */
  authorizationDetails?: AuthorizationDetails | (() => AuthorizationDetails | Promise<AuthorizationDetails>)
}

/** How a handler's guard looks at an elevation. */
export interface GuardOptions extends Omit<ElevationOptions, 'authorizationDetails'> {
  /** Tells what a request is about to do. It may read the body of what it is given, which is a copy. */
  authorizationDetails?: (request: Request) => AuthorizationDetails | Promise<AuthorizationDetails>
}

/**
 * The user of a request that holds an elevation for `scope`, or the 401 to answer with: an RFC 9470 challenge. A
 * single-use elevation is consumed here, before anything is done for it, so that of two parallel requests one gets through.
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

/** What a verification has to be, in at least one respect. */
export interface RecentMfaOptions {
  /** How long ago a code may have been verified in the session, seconds. @default as long as `mfaMaxAge` lets it count */
  maxAge?: number
  /** The contexts of authentication that do, the best first. Takes the server's option `acr`. @default any */
  acrValues?: readonly string[]
}

/**
 * The user of a request in whose session a code was verified at most `maxAge` seconds ago, or the 401 to answer with: a
 * challenge with `max_age` or `acr_values` (RFC 9470 §3). The host's own credential knows of no verification, so it takes a session token.
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
        if (!(error instanceof TotpFlowError)) throw error // the host's own, to be told as its others are
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
    takes: 'a whole number of seconds, one at least',
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
  if (maxAge === undefined && acrValues === undefined) throw new TypeError('Give maxAge, acrValues, or both.')
  if (acrValues && !isOfContext(acr ?? null, acrValues))
    throw new TypeError(`Nobody can win ${acrValues.join(' ')}. Correct it, or set the server's acr.`)
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
  authorizationDetails: functionThat('tells what a request is about to do'),
}

/** A guard for what nobody can win would ask for code after code, in vain. */
function assertGuard({ tokens }: Service, scope: Scope, options: ElevationOptions = {}): void {
  assertOptions(options, rules)
  if (!tokens.isAllowed(scope))
    throw new TypeError(`Nobody can win ${scope}. Correct it, or add it to the server's scopes.`)
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

/** A function that tells nothing must not open the guard to an elevation that is bound to nothing. */
async function detailsFrom(given: ElevationOptions['authorizationDetails']) {
  if (typeof given !== 'function') return given
  const details = await given()
  assertOptions({ authorizationDetails: details }, { authorizationDetails: required(detailsOption) })
  return details
}
