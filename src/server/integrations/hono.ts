/**
 * `TotpServer.requireElevation` as Hono middleware. Requires the package `hono`.
 *
 * @module totp-flow/server/hono
 */
import type { Context, MiddlewareHandler } from 'hono'
import type { AuthorizationDetails } from '../../contract/approval.ts'
import type { Scope } from '../../contract/scopes.ts'
import type { ElevationOptions, RecentMfaOptions } from '../http/require-elevation.ts'
import type { User } from '../identity/identity.ts'
import type { TotpServer } from '../index.ts'

interface HonoAddressOptions {
  /**
   * Returns the client address, for the limit by address: `(c) => getConnInfo(c).remote.address`, with `getConnInfo` of your
   * runtime, or the header that your proxy sets. @default the server's own `clientAddress`
   */
  clientAddress?: (c: Context) => string | undefined
}

/** How the Hono guard checks an elevation. */
export interface HonoElevationOptions
  extends Omit<ElevationOptions, 'authorizationDetails'>,
    HonoAddressOptions {
  /** Returns what a request is about to do. It may read the body, which Hono keeps for the handler. */
  authorizationDetails?: (c: Context) => AuthorizationDetails | Promise<AuthorizationDetails>
}

/** How the Hono guard checks a verification. */
export interface HonoRecentMfaOptions extends RecentMfaOptions, HonoAddressOptions {}

type Guard = MiddlewareHandler<{ Variables: { totpUser: User } }>

/**
 * Requires the user's elevation for this scope, as `TotpServer.requireElevation` does, and sets `c.get('totpUser')`:
 * `app.post('/export', requireElevation(totp, 'wallet:export'), …)`.
 */
export function requireElevation(
  server: Pick<TotpServer, 'checkElevation' | 'requireElevation'>,
  scope: Scope,
  { clientAddress, authorizationDetails, ...options }: HonoElevationOptions = {},
): Guard {
  server.requireElevation(scope, options) // throws if no request could ever pass
  return middleware(clientAddress, (request, c) =>
    server.checkElevation(request, scope, {
      ...options,
      authorizationDetails: authorizationDetails && (() => authorizationDetails(c)),
    }),
  )
}

/**
 * Requires a recent verification in the session, and sets `c.get('totpUser')`:
 * `app.post('/email', requireRecentMfa(totp, { maxAge: 300 }), …)`.
 */
export function requireRecentMfa(
  server: Pick<TotpServer, 'checkRecentMfa' | 'requireRecentMfa'>,
  { clientAddress, ...options }: HonoRecentMfaOptions,
): Guard {
  server.requireRecentMfa(options) // throws if no request could ever pass
  return middleware(clientAddress, (request) => server.checkRecentMfa(request, options))
}

function middleware(
  clientAddress: HonoAddressOptions['clientAddress'],
  check: (request: Request, c: Context) => Promise<User | Response>,
): Guard {
  return async (c, next) => {
    const request = clientAddress ? headersOnly(c, clientAddress(c)) : c.req.raw
    const user = await check(request, c)
    if (user instanceof Response) return user
    c.set('totpUser', user)
    await next()
  }
}

/** The guard checks only headers and address; the handler reads the body. */
const headersOnly = (c: Context, ip: string | undefined): Request =>
  Object.assign(new Request(c.req.url, { method: c.req.method, headers: c.req.raw.headers }), { ip })
