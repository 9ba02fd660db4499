/**
 * `TotpServer.requireElevation` as Hono middleware. Needs the package `hono`.
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
   * Where a request came from, for the limit by address: `(c) => getConnInfo(c).remote.address`, with `getConnInfo` of your
   * runtime, or what your proxy says. @default what the server's own `clientAddress` makes of the request
   */
  clientAddress?: (c: Context) => string | undefined
}

/** How an elevation is looked at, behind Hono. */
export interface HonoElevationOptions
  extends Omit<ElevationOptions, 'authorizationDetails'>,
    HonoAddressOptions {
  /** Tells what a request is about to do; Hono keeps a body that it has read for the handler. */
  authorizationDetails?: (c: Context) => AuthorizationDetails | Promise<AuthorizationDetails>
}

/** How a verification is looked at, behind Hono. */
export interface HonoRecentMfaOptions extends RecentMfaOptions, HonoAddressOptions {}

type Guard = MiddlewareHandler<{ Variables: { totpUser: User } }>

/** Behind it, `c.get('totpUser')` is who has just proven it: `app.post('/export', requireElevation(totp, 'wallet:export'), …)`. */
export function requireElevation(
  server: Pick<TotpServer, 'checkElevation' | 'requireElevation'>,
  scope: Scope,
  { clientAddress, authorizationDetails, ...options }: HonoElevationOptions = {},
): Guard {
  server.requireElevation(scope, options) // throws where no request could ever pass
  return middleware(clientAddress, (request, c) =>
    server.checkElevation(request, scope, {
      ...options,
      authorizationDetails: authorizationDetails && (() => authorizationDetails(c)),
    }),
  )
}

/** The same by the age of the last verification in the session: `app.post('/email', requireRecentMfa(totp, { maxAge: 300 }), …)`. */
export function requireRecentMfa(
  server: Pick<TotpServer, 'checkRecentMfa' | 'requireRecentMfa'>,
  { clientAddress, ...options }: HonoRecentMfaOptions,
): Guard {
  server.requireRecentMfa(options) // throws where no request could ever pass
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

/** The guard looks at headers and address alone; the body stays the handler's to read. */
const headersOnly = (c: Context, ip: string | undefined): Request =>
  Object.assign(new Request(c.req.url, { method: c.req.method, headers: c.req.raw.headers }), { ip })
