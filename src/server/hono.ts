/** `totp-flow/server/hono`: the guard as Hono middleware. */
import type { Context, MiddlewareHandler } from 'hono'
import type { Scope } from '../contract/schemas.ts'
import type { TotpServer } from './index.ts'
import type { ElevationOptions } from './require-elevation.ts'

/** Behind it, `c.get('totpUser')` is who has just proven it: `app.post('/export', requireElevation(totp, 'wallet:export'), …)`. */
export function requireElevation(
  server: Pick<TotpServer, 'checkElevation'>,
  scope: Scope,
  options?: ElevationOptions,
): MiddlewareHandler {
  return async (c: Context, next) => {
    const user = await server.checkElevation(c.req.raw, scope, options)
    if (user instanceof Response) return user
    c.set('totpUser', user)
    await next()
  }
}
