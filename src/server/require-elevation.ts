import { TotpFlowError } from '../contract/errors.ts'
import { ELEVATED_TOKEN_HEADER } from '../contract/routes.ts'
import type { Scope } from '../contract/scopes.ts'
import type { User } from './claims.ts'
import { authenticate, errorResponse, withCors } from './http.ts'
import { noted, outlivesItsDevice } from './proof.ts'
import type { Service } from './service.ts'

/** A fetch handler for a signed-in user who has just proven it. */
export type ElevatedHandler = (request: Request, user: User) => Response | Promise<Response>

/** How an elevation is looked at. */
export interface ElevationOptions {
  /** Whether a single-use elevation is spent. `false` only looks, for a step before the one that counts. @default true */
  consume?: boolean
}

/**
 * The user of a request that holds an elevation for `scope`, or the 401 to answer with: an RFC 9470 challenge. A
 * single-use elevation is spent here, before anything is done for it, so that of two parallel requests one gets through.
 */
export async function checkElevation(
  service: Service,
  scope: Scope,
  request: Request,
  { consume = true }: ElevationOptions = {},
): Promise<User | Response> {
  assertWinnable(service, scope)
  try {
    await service.ready()
    const { user } = await authenticate(service, request)
    const token = request.headers.get(ELEVATED_TOKEN_HEADER)
    if (!token) throw new TotpFlowError('elevation_required')
    await takeElevation(service, user, token, scope, consume).catch((error: unknown) => {
      throw noted({ service, user }, error)
    })
    return user
  } catch (error) {
    return errorResponse(service, error, scope)
  }
}

export function requireElevation(
  service: Service,
  corsOrigins: readonly string[],
  scope: Scope,
  options?: ElevationOptions,
) {
  assertWinnable(service, scope)
  return (handler: ElevatedHandler) =>
    (request: Request): Promise<Response> =>
      withCors(request, corsOrigins, async () => {
        const user = await checkElevation(service, scope, request, options)
        if (user instanceof Response) return user
        try {
          return await handler(request, user)
        } catch (error) {
          if (!(error instanceof TotpFlowError)) throw error // the host's own, to be told as its others are
          return errorResponse(service, error, scope)
        }
      })
}

/** A guard for what nobody can win would ask for code after code, in vain. */
function assertWinnable({ tokens }: Service, scope: Scope): void {
  if (!tokens.isAllowed(scope))
    throw new TypeError(`Nobody can win ${scope}. Correct it, or add it to the server's scopes.`)
}

async function takeElevation(
  { tokens, store, audit }: Service,
  user: User,
  token: string,
  scope: Scope,
  consume: boolean,
) {
  const elevated = await tokens.readElevated(token)
  const { userId, scopes, deviceId, singleUse, jti, expiresAt } = elevated
  if (userId !== user.userId || !scopes.includes(scope)) throw new TotpFlowError('elevation_required')
  if (deviceId !== null && outlivesItsDevice(elevated, await store.find(userId))) {
    throw new TotpFlowError('elevation_required')
  }
  if (!singleUse) return
  const isGood = consume ? await store.consumeToken({ jti, expiresAt }) : !(await store.isConsumed(jti))
  if (!isGood) throw new TotpFlowError('elevation_required')
  if (consume) audit({ type: 'elevation_spent', userId, scope })
}
