import { proofRefusals, TotpFlowError } from '../../contract/errors.ts'
import type { Scope } from '../../contract/scopes.ts'
import { toErrorBody } from '../../contract/wire/error-body.ts'
import { readText } from '../../contract/wire/read-text.ts'
import type { Route } from '../../contract/wire/routes.ts'
import { originOf, recognize, refusedUntil, standingOf } from '../api/authenticate.ts'
import { bodies, parseBody, takesBody } from '../api/bodies.ts'
import { handlerOf } from '../api/handlers.ts'
import { isOfPasskeys, type ServedName, served, servedNames } from '../api/served.ts'
import type { Call, KnownCaller, Service } from '../api/service.ts'
import { tokenIntoCookie } from '../api/session-cookie.ts'
import type { AuditOrigin } from '../audit/audit.ts'
import { kindOf } from '../audit/kind-of.ts'
import { isUnusable } from '../identity/identify.ts'
import { FIRST_RULES } from '../store/session-rules.ts'
import { RETRY_AFTER_SECONDS } from '../store/unavailable.ts'
import { JWKS_MAX_AGE_SECONDS } from '../tokens/signing-keys.ts'
import { bodyTaken } from './body-taken.ts'
import { corsHeaders, isAllowedPreflight } from './cors.ts'
import { MethodNotAllowed } from './method-not-allowed.ts'
import { pathsOf } from './node-request.ts'
import { isOfAnotherEnd, notCovered } from './not-covered.ts'
import { openApi } from './openapi.ts'
import { noteBody, secretsOf } from './secrets-of-request.ts'

const MAX_BODY_BYTES = 16 * 1024

/** Answers what is below `basePath`, the JWKS and the health checks. Every failure is a JSON error with a code. */
export const answer = (service: Service, basePath: string, request: Request): Promise<Response> =>
  withCors(service, request, () => respond(service, basePath, request))

/** To these headers, the host's own handler may add values. */
const LISTS = ['vary', 'access-control-expose-headers']

/** Answers preflights from the listed origins, and lets their pages read the responses. */
export async function withCors(
  { origins, cookieIdentity }: Service,
  request: Request,
  respond: () => Promise<Response>,
): Promise<Response> {
  const takesCookies = cookieIdentity !== undefined
  const headers = Object.entries(corsHeaders(request, origins, takesCookies))
  if (headers.length === 0) return respond()
  const response = isAllowedPreflight(request, origins)
    ? new Response(null, { status: 204, headers: BASE_HEADERS })
    : await respond()
  const readable = new Response(response.body, response) // headers of a redirect or a fetched response are immutable
  for (const [name, value] of headers) {
    if (LISTS.includes(name)) readable.headers.append(name, value)
    else readable.headers.set(name, value)
  }
  return readable
}

async function respond(service: Service, basePath: string, request: Request): Promise<Response> {
  try {
    const paths = pathsOf(request)
    const all = publications(service, basePath)
    const below = (path: string) => (path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : path)
    const published = paths.map((path) => all[path] ?? all[below(path)]).find(Boolean)
    if (published) return await publish(published, request.method)
    await service.ready()
    const root = `/sdk/${service.environmentId}`
    // A framework may have removed the base path.
    const route = [`${basePath}${root}/`, `${root}/`]
      .flatMap((start) =>
        paths.filter((path) => path.startsWith(start)).map((path) => path.slice(start.length - 1)),
      )
      .at(0)
    if (route === undefined) {
      const message = `There is nothing at this address. The API of this server is at ${basePath}${root}.`
      throw new TotpFlowError('not_found', { message })
    }
    return await respondToRoute(service, match(service, request.method, route), request)
  } catch (error) {
    return errorResponse(service, request, error)
  }
}

async function publish(published: () => Response | Promise<Response>, method: string): Promise<Response> {
  if (!READING.includes(method)) throw new MethodNotAllowed(READING)
  const { status, headers, body } = await published()
  return new Response(method === 'HEAD' ? null : body, { status, headers })
}

async function respondToRoute(
  service: Service,
  { name, deviceId }: Match,
  request: Request,
): Promise<Response> {
  const { proof }: Route = served[name]
  try {
    const { answer, cookie } = await handle(service, name, deviceId, request)
    return answer === undefined
      ? new Response(null, { status: 204, headers: BASE_HEADERS })
      : json(200, answer, cookie === undefined ? {} : { 'set-cookie': cookie })
  } catch (error) {
    const challenge = proof ? { scope: proof } : { max_age: service.mfa.maxAge / 1000 }
    return errorResponse(service, request, error, challenge)
  }
}

async function handle(
  service: Service,
  name: ServedName,
  deviceId: string,
  request: Request,
): Promise<{ answer: unknown; cookie?: string }> {
  const route = served[name]
  const recognized = route.auth === 'session' ? await recognize(service, request) : null
  const body = takesBody(name) ? await readBody(request) : undefined
  noteBody(request, body)
  const caller = recognized ? await standingOf(service, request, recognized) : nobody(service, request)
  if (isOfAnotherEnd(route.method, route.path, body)) throw notCovered(route.method, route.path)
  const call: Call = {
    ...caller,
    service,
    deviceId,
    headers: request.headers,
    query: new URL(request.url).searchParams,
    body: takesBody(name) ? parseBody<unknown>(bodies[name], body) : undefined,
  }
  const answering = handlerOf(name)(call)
  const answer = await (name === 'signInWithExternalJwt'
    ? countForged(service, request, answering)
    : answering)
  return recognized?.byCookie ? tokenIntoCookie(service, request, answer) : { answer }
}

/** Counts only failed sign-ins, so that strangers' sign-ins lock out nobody who shares their address. */
async function countForged(service: Service, request: Request, answered: unknown): Promise<unknown> {
  try {
    return await answered
  } catch (error) {
    const isForged = error instanceof TotpFlowError && error.code === 'invalid_external_auth'
    const retryAt = isForged ? await refusedUntil(service, request) : undefined
    if (retryAt !== undefined) throw new TotpFlowError('rate_limited', { retryAt })
    if (isForged || isUnusable(error))
      service.auditRefusal({ type: 'sign_in_failed' }, originOf(service, request))
    throw error
  }
}

/** The methods of the public routes. */
const READING = ['GET', 'HEAD']

/** The public routes. */
const publications = (
  service: Service,
  basePath: string,
): Record<string, () => Response | Promise<Response>> => ({
  '/.well-known/jwks.json': async () => {
    await service.ready()
    return json(200, await service.keys.jwks(), {
      'cache-control': `public, max-age=${JWKS_MAX_AGE_SECONDS}`,
    })
  },
  [`${basePath}/openapi.json`]: () => json(200, openApi({ basePath })),
  /** Whether the process answers: restart it if it does not. */
  '/healthz': () => json(200, { status: 'ok' }),
  /** Whether the store accepts writes and the keys are loaded: send traffic only if so. */
  '/readyz': async () => {
    if (service.isDraining()) return json(503, { status: 'draining' })
    await service.reach()
    return json(200, { status: 'ready' })
  },
})

function nobody(service: Service, request: Request): KnownCaller {
  const origin = originOf(service, request)
  return {
    user: { userId: '', account: '' },
    session: null,
    device: null,
    passkeyIds: [],
    rules: FIRST_RULES,
    hasFailed: false,
    age: { id: null, generation: null },
    authenticatedAt: null,
    audit: (note) => service.audit(note, origin),
  }
}

const BASE_HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }

const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  Response.json(body, { status, headers: { ...BASE_HEADERS, ...headers } })

/** What a fresh proof must meet (RFC 9470 §3): a scope, a maximum age in seconds, one of these contexts. */
export interface Challenge {
  scope?: Scope
  /** Separated by spaces, the preferred one first. */
  acr_values?: string
  max_age?: number
}

/** Answers a refused proof with an RFC 9470 challenge, which says what fresh proof is needed. */
export function errorResponse(
  service: Service,
  request: Request,
  thrown: unknown,
  challenge?: Challenge,
): Response {
  const { now, audit, report } = service
  const error = TotpFlowError.from(thrown)
  if (error.status >= 500) {
    audit({ type: 'failed', reason: kindOf(thrown) }, originIfKnown(service, request))
    report(thrown, { request: { method: request.method, path: pathOf(request) } }, secretsOf(request))
  }
  const challenged = challenge && proofRefusals.includes(error.code)
  const parameter = Object.entries(challenge ?? {})
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ')
  const seconds =
    error.retryAt === undefined ? undefined : Math.max(1, Math.ceil((error.retryAt - now()) / 1000))
  const retryAfter = error.status === 503 ? RETRY_AFTER_SECONDS : seconds
  return json(
    error.status,
    { ...toErrorBody(error, seconds), ...(challenged && challenge) },
    {
      ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
      ...(challenged && {
        'access-control-expose-headers': 'www-authenticate', // for hosts that allow pages of other origins
        'www-authenticate': `Bearer error="insufficient_user_authentication", error_description="A fresh proof is needed", ${parameter}`,
      }),
      ...(error.status === 401 && !challenged && { 'www-authenticate': 'Bearer' }), // RFC 9110 §15.5.2
      ...(error instanceof MethodNotAllowed && { allow: error.allow }),
    },
  )
}

/** Truncated, since a stranger may send a long path to fill the log. */
const pathOf = (request: Request) => pathsOf(request)[0].slice(0, 200)

/** The host's `clientAddress` function may be what failed. */
function originIfKnown(service: Service, request: Request): AuditOrigin {
  try {
    return originOf(service, request)
  } catch {
    return {}
  }
}

const DEVICE_ID = ':deviceId'

/**
 * The device id in `path` if the route has `:deviceId`, or '' if the route has none; `undefined` if the path does not
 * match.
 */
function deviceIdIn(route: string, path: string): string | undefined {
  if (!route.endsWith(DEVICE_ID)) return route === path ? '' : undefined
  const parent = route.slice(0, -DEVICE_ID.length)
  const id = path.slice(parent.length)
  const isDevice = path.startsWith(parent) && /^[A-Za-z0-9_-]{1,64}$/.test(id) && !isFixed(path)
  return isDevice ? id : undefined
}

/** `/users/mfa/methods` is not a device, whatever the method. */
const isFixed = (path: string) => servedNames.some((name) => served[name].path === path)

interface Match {
  name: ServedName
  deviceId: string
}

function match({ passkeys }: Service, method: string, path: string): Match {
  const names = passkeys ? servedNames : servedNames.filter((name) => !isOfPasskeys(name))
  const there = names.flatMap((name) => {
    const deviceId = deviceIdIn(served[name].path, path)
    return deviceId === undefined ? [] : [{ name, method: served[name].method, deviceId }]
  })
  const route = there.find((candidate) => candidate.method === method)
  if (route) return route
  if (there.length === 0 || isOfAnotherEnd(method, path)) throw notCovered(method, path)
  throw new MethodNotAllowed(there.map((candidate) => candidate.method))
}

async function readBody(request: Request): Promise<unknown> {
  if (request.bodyUsed) throw bodyTaken()
  const text = await readText(request, MAX_BODY_BYTES, 'too_large').catch((cause: unknown) => {
    if (cause instanceof TotpFlowError) throw cause
    throw new TotpFlowError('bad_request', { message: 'The body was cut off.', cause }) // the sender hung up
  })
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new TotpFlowError('bad_request', { message: 'The body must be JSON.', cause })
  }
}
