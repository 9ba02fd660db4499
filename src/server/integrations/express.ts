/**
 * `TotpServer.requireElevation` as middleware of Express, or of any framework over Node's requests.
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
      /** Behind the guard: who has just proven it. */
      totpUser?: User
    }
  }
}

/** A request behind the guard. */
export interface ElevatedRequest extends IncomingMessage {
  /** Who has just proven it: there for every handler behind the guard. */
  totpUser?: User
  /** As Express finds it, by its `trust proxy`. Without it, the other end of the connection counts. */
  ip?: string | undefined
  /** What a middleware before the guard has parsed. */
  body?: unknown
}

/** How an elevation is looked at, behind Express. */
export interface ExpressElevationOptions extends Omit<ElevationOptions, 'authorizationDetails'> {
  /** Tells what a request is about to do, such as from its `body`: put the middleware that parses that before the guard. */
  authorizationDetails?: (request: ElevatedRequest) => AuthorizationDetails | Promise<AuthorizationDetails>
}

/** Behind it, `request.totpUser` is who has just proven it: `app.post('/export', requireElevation(totp, 'wallet:export'), …)`. */
export function requireElevation(
  server: Pick<TotpServer, 'checkElevation' | 'requireElevation'>,
  scope: Scope,
  { authorizationDetails, ...options }: ExpressElevationOptions = {},
) {
  server.requireElevation(scope, options) // throws where no request could ever pass
  return middleware((request, raw) =>
    server.checkElevation(request, scope, {
      ...options,
      authorizationDetails: authorizationDetails && (() => authorizationDetails(raw)),
    }),
  )
}

/** The same by the age of the last verification in the session: `app.post('/email', requireRecentMfa(totp, { maxAge: 300 }), …)`. */
export function requireRecentMfa(
  server: Pick<TotpServer, 'checkRecentMfa' | 'requireRecentMfa'>,
  options: RecentMfaOptions,
) {
  server.requireRecentMfa(options) // throws where no request could ever pass
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

/** The guard looks at all else; the body stays the framework's to read. */
function withoutBody(node: ElevatedRequest): Request {
  const { headers, socket, ip, method = 'GET' } = node
  const copied = new Headers()
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === 'string' && !name.startsWith(':')) copied.set(name, value)
  }
  const request = new Request('http://host.invalid/', { headers: copied, method: forbidden(method) })
  return overNode(request, node, ip ?? socket.remoteAddress)
}

/** Methods that a `Request` cannot have (Fetch standard §2.2.1); no handler is mounted for them. */
const forbidden = (method: string) => (/^(?:CONNECT|TRACE|TRACK)$/i.test(method) ? 'GET' : method)

/**
 * Express's own request, for a `cookieIdentity`: its session as your middleware found it, such as `.session` or `.user`.
 * `undefined` for a request that did not come through Express, or another framework over Node's requests.
 */
export const expressRequest = (request: Request): (IncomingMessage & Express.Request) | undefined =>
  nodeRequestOf(request)
