/**
 * `TotpServer.requireElevation` as middleware for Express, or for any framework over Node's requests.
 *
 * @module totp-flow/server/express
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AuthorizationDetails } from '../../contract/approval.ts'
import type { Scope } from '../../contract/scopes.ts'
import { nodeRequestOf, overNode } from '../http/node-request.ts'
import type { ElevationOptions, RecentMfaOptions } from '../http/require-elevation.ts'
import type { User } from '../identity/identity.ts'
import type { TotpServer } from '../index.ts'

declare global {
  namespace Express {
    interface Request {
      /** The user who passed the guard. */
      totpUser?: User
    }
  }
}

/** A request that passed the guard. */
export interface ElevatedRequest extends IncomingMessage {
  /** The user who passed the guard. Every handler behind the guard has it. */
  totpUser?: User
  /** The client address, by Express's `trust proxy`. @default the address of the connection */
  ip?: string | undefined
  /** The body, if a middleware before the guard parsed it. */
  body?: unknown
}

/** How the Express guard checks an elevation. */
export interface ExpressElevationOptions extends Omit<ElevationOptions, 'authorizationDetails'> {
  /** Returns what a request is about to do, for example from its `body`: put the body parser before the guard. */
  authorizationDetails?: (request: ElevatedRequest) => AuthorizationDetails | Promise<AuthorizationDetails>
}

/**
 * Requires the user's elevation for this scope, as `TotpServer.requireElevation` does, and sets `request.totpUser`:
 * `app.post('/export', requireElevation(totp, 'wallet:export'), …)`.
 */
export function requireElevation(
  server: Pick<TotpServer, 'checkElevation' | 'requireElevation'>,
  scope: Scope,
  { authorizationDetails, ...options }: ExpressElevationOptions = {},
) {
  server.requireElevation(scope, options) // throws if no request could ever pass
  return middleware((request, raw) =>
    server.checkElevation(request, scope, {
      ...options,
      authorizationDetails: authorizationDetails && (() => authorizationDetails(raw)),
    }),
  )
}

/**
 * Requires a recent verification in the session, and sets `request.totpUser`:
 * `app.post('/email', requireRecentMfa(totp, { maxAge: 300 }), …)`.
 */
export function requireRecentMfa(
  server: Pick<TotpServer, 'checkRecentMfa' | 'requireRecentMfa'>,
  options: RecentMfaOptions,
) {
  server.requireRecentMfa(options) // throws if no request could ever pass
  return middleware((request) => server.checkRecentMfa(request, options))
}

function middleware(check: (request: Request, raw: ElevatedRequest) => Promise<User | Response>) {
  return async (request: ElevatedRequest, response: ServerResponse, next: (error?: unknown) => void) => {
    try {
      const user = await check(withoutBody(request), request)
      if (user instanceof Response) {
        response.writeHead(user.status, Object.fromEntries(user.headers)).end(await user.text())
        return
      }
      request.totpUser = user
      next()
    } catch (error) {
      next(error)
    }
  }
}

/** The guard checks everything else; the framework reads the body. */
function withoutBody(node: ElevatedRequest): Request {
  const { headers, socket, ip, method = 'GET' } = node
  const copied = new Headers()
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === 'string' && !name.startsWith(':')) copied.set(name, value)
  }
  const request = new Request('http://host.invalid/', { headers: copied, method: forbidden(method) })
  return overNode(request, node, ip ?? socket.remoteAddress)
}

/** Methods that a `Request` cannot have (Fetch standard §2.2.1). No handler is mounted for them. */
const forbidden = (method: string) => (/^(?:CONNECT|TRACE|TRACK)$/i.test(method) ? 'GET' : method)

/**
 * Returns Express's own request, for a `cookieIdentity`: with the session as your middleware found it, such as `.session` or
 * `.user`. `undefined` if the request did not come through Express or another framework over Node's requests.
 */
export const expressRequest = (request: Request): (IncomingMessage & Express.Request) | undefined =>
  nodeRequestOf(request)
