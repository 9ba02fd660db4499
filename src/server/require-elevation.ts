import { TotpFlowError } from '../contract/errors.ts'
import { ELEVATED_TOKEN_HEADER } from '../contract/routes.ts'
import type { Scope } from '../contract/schemas.ts'
import type { Service } from './handlers.ts'
import { authenticate, errorResponse } from './http.ts'
import type { User } from './tokens.ts'

/** A fetch handler for a signed-in user who has just proven it. */
export type ElevatedHandler = (request: Request, user: User) => Response | Promise<Response>

/**
 * Guards a fetch handler: without an elevation for `scope` it answers 401 with an RFC 9470 challenge. A single-use
 * elevation is spent before the handler runs, so that of two parallel requests one gets through.
 */
export const requireElevation =
  (service: Service, scope: Scope) =>
  (handler: ElevatedHandler) =>
  async (request: Request): Promise<Response> => {
    try {
      await service.ready()
      const user = await authenticate(service, request)
      await spendElevation(service, user, request.headers.get(ELEVATED_TOKEN_HEADER), scope)
      return await handler(request, user)
    } catch (error) {
      return errorResponse(TotpFlowError.from(error), { now: service.now(), scope })
    }
  }

async function spendElevation(
  { tokens, store, now }: Service,
  user: User,
  token: string | null,
  scope: Scope,
) {
  if (!token) throw new TotpFlowError('elevation_required')
  const { userId, scopes, singleUse, jti, expiresAt } = await tokens.readElevated(token)
  if (userId !== user.userId || !scopes.includes(scope)) throw new TotpFlowError('elevation_required')
  if (singleUse && !(await store.consumeToken({ jti, expiresAt, now: now() }))) {
    throw new TotpFlowError('elevation_required')
  }
}
