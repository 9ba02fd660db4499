import { type AuthorizationDetails, detailsOption } from '../../contract/approval.ts'
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
import { authenticate, isRecent } from '../api/authenticate.ts'
import { isOfSession, noted, outlivesItsDevice } from '../api/proof.ts'
import type { KnownCaller, Service } from '../api/service.ts'
import type { User } from '../identity/identity.ts'
import { assertBoundTo } from '../tokens/authorization-details.ts'
import { type Challenge, errorResponse, withCors } from './http.ts'

/** A fetch handler for a signed-in user who has just proven it. */
export type ElevatedHandler = (request: Request, user: User) => Response | Promise<Response>

/** How an elevation is looked at. */
export interface ElevationOptions {
  /** Whether a single-use elevation is consumed. `false` only looks, for a step before the one that counts. @default true */
  consume?: boolean
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
  return check(service, request, { scope }, async (caller) => {
    const token = request.headers.get(ELEVATED_TOKEN_HEADER)
    if (!token) throw new TotpFlowError('elevation_required')
    await takeElevation(service, caller, token, { scope, consume, authorizationDetails }).catch(
      (error: unknown) => {
        throw noted(caller, error)
      },
    )
  })
}

/** How recent a verification has to be. */
export interface RecentMfaOptions {
  /** How long ago a code may have been verified in the session, seconds. */
  maxAge: number
}

/**
 * The user of a request in whose session a code was verified at most `maxAge` seconds ago, or the 401 to answer with: a
 * challenge with `max_age` (RFC 9470 §3). The host's own credential knows of no verification, so it takes a session token.
 */
export async function checkRecentMfa(
  service: Service,
  request: Request,
  { maxAge }: RecentMfaOptions,
): Promise<User | Response> {
  assertAge(maxAge)
  return check(service, request, { max_age: maxAge }, async (caller) => {
    const { verifiedAt } = caller.session ?? { verifiedAt: null }
    if (isRecent(verifiedAt, maxAge * 1000, service.now())) return
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
  return guarding(service, { scope }, look)
}

export function requireRecentMfa(service: Service, options: RecentMfaOptions) {
  assertAge(options.maxAge)
  const look = (request: Request) => checkRecentMfa(service, request, options)
  return guarding(service, { max_age: options.maxAge }, look)
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

function assertAge(maxAge: unknown): void {
  if (!Number.isInteger(maxAge) || Number(maxAge) < 1)
    throw new TypeError('maxAge takes a whole number of seconds, one at least.')
}

const rules: OptionRules = {
  consume: trueOrFalse,
  authorizationDetails: {
    ...detailsOption,
    fits: (value) => typeof value === 'function' || detailsOption.fits(value),
  },
}
const guardRules: OptionRules = {
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
  { scope, consume, authorizationDetails }: ElevationOptions & { scope: Scope },
) {
  const { tokens, store } = service
  const { user, device, audit } = caller
  const elevated = await tokens.readElevated(token)
  const { userId, scopes, singleUse, jti, expiresAt } = elevated
  if (userId !== user.userId || !scopes.includes(scope)) throw new TotpFlowError('elevation_required')
  if (outlivesItsDevice(elevated, device) || !(await isOfSession(service, caller, elevated))) {
    throw new TotpFlowError('elevation_required')
  }
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
