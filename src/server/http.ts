import { type TotpErrorCode, TotpFlowError, toErrorBody } from '../contract/errors.ts'
import { readText } from '../contract/read-text.ts'
import { type RouteName, routes } from '../contract/routes.ts'
import { UNLINK_SCOPE } from '../contract/schemas.ts'
import { type Call, handlers, type Service } from './handlers.ts'
import { parseBody } from './parse-body.ts'
import type { User } from './tokens.ts'

const MAX_BODY_BYTES = 16 * 1024
const JWKS_PATH = '/.well-known/jwks.json'

/** Answers what is below `basePath`, and the JWKS; every failure is a typed JSON error. */
export async function answer(service: Service, basePath: string, request: Request): Promise<Response> {
  try {
    await service.ready()
    const { pathname } = new URL(request.url)
    if (pathname === JWKS_PATH) {
      if (request.method !== 'GET') throw new TotpFlowError('method_not_allowed')
      return json(200, await service.tokens.jwks())
    }
    const root = `${basePath}/sdk/${service.environmentId}`
    if (!pathname.startsWith(`${root}/`)) throw new TotpFlowError('not_found')
    const { name, deviceId } = match(request.method, pathname.slice(root.length))
    const route = routes[name]
    const call: Call = {
      service,
      deviceId,
      headers: request.headers,
      user: route.auth === 'session' ? await authenticate(service, request) : NOBODY,
      body: 'body' in route ? parseBody<unknown>(route.body, await readBody(request)) : undefined,
    }
    // Which body a handler takes is tied to its route by name; the compiler does not follow a name through a table.
    const handle = handlers[name] as (call: Call) => unknown
    const result = await handle(call)
    return result === undefined
      ? new Response(null, { status: 204, headers: BASE_HEADERS })
      : json(200, result)
  } catch (error) {
    return errorResponse(TotpFlowError.from(error), { now: service.now(), scope: UNLINK_SCOPE })
  }
}

const NOBODY: User = { userId: '', account: '' }

const BASE_HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }

const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  Response.json(body, { status, headers: { ...BASE_HEADERS, ...headers } })

/** The codes that are answered with an RFC 9470 challenge: a fresh proof, and for what. */
const CHALLENGED: readonly TotpErrorCode[] = ['elevation_required', 'elevation_expired', 'proof_required']

export function errorResponse(
  error: TotpFlowError,
  { now, scope }: { now: number; scope: string },
): Response {
  const challenged = CHALLENGED.includes(error.code)
  const seconds = error.retryAt === undefined ? null : Math.max(1, Math.ceil((error.retryAt - now) / 1000))
  return json(
    error.status,
    { ...toErrorBody(error), ...(challenged && { scope }) },
    {
      ...(seconds !== null && { 'retry-after': String(seconds) }),
      ...(challenged && {
        'www-authenticate': `Bearer error="insufficient_user_authentication", error_description="A fresh code is needed", scope="${scope}"`,
      }),
      ...(error.code === 'unauthenticated' && { 'www-authenticate': 'Bearer' }),
    },
  )
}

const names = (Object.keys(routes) as RouteName[]).map((name) => {
  const { method, path } = routes[name]
  return {
    name,
    method,
    pattern: new RegExp(`^${path.replace(':deviceId', '(?<deviceId>[A-Za-z0-9_-]{1,64})')}$`),
  }
})

function match(method: string, path: string): { name: RouteName; deviceId: string } {
  const there = names.filter(({ pattern }) => pattern.test(path))
  const route = there.find((candidate) => candidate.method === method)
  if (!route) throw new TotpFlowError(there.length > 0 ? 'method_not_allowed' : 'not_found')
  return { name: route.name, deviceId: route.pattern.exec(path)?.groups?.deviceId ?? '' }
}

/** Who asks: a session token of ours, or whatever the host's identity accepts. Never a cookie: it would ride along on a forged request. */
export async function authenticate({ tokens, identity }: Service, request: Request): Promise<User> {
  const credential = /^Bearer ([^\s]{1,8192})$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  const user =
    credential === undefined ? null : ((await tokens.readSession(credential)) ?? (await identity(credential)))
  if (!user) throw new TotpFlowError('unauthenticated')
  return user
}

async function readBody(request: Request): Promise<unknown> {
  const text = await readText(request, MAX_BODY_BYTES, 'too_large')
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new TotpFlowError('bad_request', { message: 'The body must be JSON.', cause })
  }
}
