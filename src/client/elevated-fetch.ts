import type { Approval } from '../contract/approval.ts'
import { TotpFlowError } from '../contract/errors.ts'
import { mistake } from '../contract/mistake.ts'
import { isScope, type Scope } from '../contract/scopes.ts'
import { type Asked, askedBy } from '../contract/wire/asked-by.ts'
import { ELEVATED_TOKEN_HEADER, PAGE_HEADER } from '../contract/wire/routes.ts'
import { type ElevationInUse, runElevated } from '../flow/elevate.ts'
import type { TotpFlow } from '../flow/totp-flow.ts'

/** `fetch` with an `approval` to show if the server challenges: `{ method: 'POST', approval: { reason: 'Send €100 to Bob' } }`. */
export type ElevatedFetch = (
  input: Parameters<typeof fetch>[0],
  init?: RequestInit & { approval?: Approval },
) => Promise<Response>

/** The options of `createElevatedFetch`. */
export interface ElevatedFetchOptions {
  /** Sends the requests. @default globalThis.fetch */
  fetch?: typeof fetch
  /**
   * The origins that may prompt for a code and receive the elevated token, such as `https://api.example.com`, without a path or
   * a wildcard. Replaces the default.
   * @default the page's own origin, and the origin of the backend's `baseUrl`
   */
  origins?: readonly string[]
  /** The scopes that these origins may request. @default every scope */
  scopes?: readonly Scope[]
}

/**
 * Creates a `fetch` that answers a challenge for a fresh proof (RFC 9470 `insufficient_user_authentication`). It prompts for a
 * code, waits for the person, and sends the request again with the elevated token. If the server rejects a token that the flow
 * already held, it prompts and sends a second time. Requests wait for each other, so only one prompt is open at a time.
 *
 * Only listed `origins` can prompt, and only for listed `scopes`. Any other response is returned unchanged, with its 401 or
 * 403: compare the origin of `response.url` with `origins`, and the scopes of its `WWW-Authenticate` header with `scopes`.
 * Without a page, as in Node, and without a `baseUrl`, there is no default origin: list yours.
 *
 * A request with an elevated token follows no redirect (`redirect: 'manual'`): it returns the redirect, which a browser makes
 * opaque. If the request without the token was redirected within its origin, the one with the token goes straight to the
 * final URL, with the same method and body.
 *
 * If a request carries the session's token (`httpBackend({ getAccessToken })`) as its bearer token, and the code has won a new
 * session token, the request is sent again with the new one.
 *
 * If a cookie signs the user in (`httpBackend({ credentials })`), requests to these origins carry it, with the header that
 * the server's CSRF check requires.
 *
 * Rejects with a `TotpFlowError` if the person cancels (`cancelled`) or the step-up is refused. Throws a `TypeError` if an
 * option is unknown, or an origin or a scope is malformed.
 *
 * @example
 * ```ts
 * import type { TotpFlow } from 'totp-flow'
 * import { createElevatedFetch } from 'totp-flow/client'
 *
 * declare const flow: TotpFlow
 * const elevatedFetch = createElevatedFetch(flow, { scopes: ['wallet:export'] })
 * const response = await elevatedFetch('/api/wallet/export', { method: 'POST' })
 * ```
 */
export function createElevatedFetch(flow: TotpFlow, options: ElevatedFetchOptions = {}): ElevatedFetch {
  const send = options.fetch ?? globalThis.fetch
  const isAllowed = allowList(flow, options)

  const challengeOf = (request: Request, response: Response): Asked | null => {
    if (response.status !== 401 && response.status !== 403) return null
    if (!isAllowed.origin(request.url) || !isSameOrigin(request.url, urlOf(request, response))) return null
    const asked = askedBy(response.headers.get('www-authenticate') ?? '')
    if (!asked?.named.every(isAllowed.scope)) return null
    return asked.scopes.length > 0 || asked.acrValues || asked.maxAge !== undefined ? asked : null
  }

  const withCookies = (request: Request): Request => {
    if (!flow.credentials || !isAllowed.origin(request.url)) return request
    request.headers.set(PAGE_HEADER, '1')
    // Unless the caller asked for something other than the default.
    return request.credentials === 'same-origin'
      ? changed(request, { credentials: flow.credentials })
      : request
  }

  /** As a request carries it; `null` where the page holds none, or none can be had. */
  const sessionBearer = async () => {
    try {
      const token = await flow.getAccessToken?.()
      return token == null ? null : `Bearer ${token}`
    } catch {
      return null // what calls the service says why
    }
  }

  return async (input, init) => {
    const request = withCookies(new Request(input, init))
    const bearer = isAllowed.origin(request.url) ? request.headers.get('authorization') : null
    const isOfSession = bearer !== null && bearer === (await sessionBearer())
    const copy = request.clone()
    const response = await send(copy.headers.has(ELEVATED_TOKEN_HEADER) ? withoutRedirects(copy) : copy)
    const asked = challengeOf(request, response)
    if (!asked) return response

    const sendWith = async (token: string | null, { ofSession }: ElevationInUse) => {
      if (token === null && !ofSession) {
        const cause = mistake(
          'the elevation has no token, and getElevatedAccessToken() of the backend holds none.',
        )
        throw new TotpFlowError('elevation_required', { cause })
      }
      const elevated = withoutRedirects(
        response.redirected ? await movedTo(response.url, request) : request.clone(),
      )
      // A session's own token goes into `authorization`. Without one, a cookie or `options.fetch` identifies the user.
      if (token !== null && !ofSession) elevated.headers.set(ELEVATED_TOKEN_HEADER, token)
      const renewed = token !== null && ofSession ? `Bearer ${token}` : isOfSession && (await sessionBearer())
      if (renewed) elevated.headers.set('authorization', renewed)
      return send(elevated)
    }
    const { named: _, scopes, ...challenge } = asked
    return runElevated(flow, scopes, sendWith, {
      signal: request.signal,
      approval: init?.approval,
      challenge,
      isRejected: (sent) => sent.status === 'fulfilled' && challengeOf(request, sent.value) !== null,
    })
  }
}

const OPTIONS = ['fetch', 'origins', 'scopes']

/** Throws for a malformed list: ignoring it would allow more than intended. */
function assertList(name: string, list: unknown, fits: (one: string) => boolean, like: string): void {
  if (list === undefined || (Array.isArray(list) && list.every(fits))) return
  throw new TypeError(`${name}: each must look like ${like}.`)
}

function allowList(flow: TotpFlow, options: ElevatedFetchOptions) {
  const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name))
  if (unknown) throw new TypeError(`There is no option ${unknown}.`)
  const { origins, scopes } = options
  assertList('origins', origins, isOrigin, 'https://api.example.com, with no path')
  assertList('scopes', scopes, isScope, 'wallet:export')
  const listed = new Set(origins ?? [globalThis.location?.origin, originOf(flow.baseUrl)])
  const grantable = scopes && new Set<string>(scopes)
  return {
    // Every page without an origin (`file:`, a sandboxed frame) has the origin `null`, so `null` identifies no site.
    origin: (url: string) => /^https?:/.test(url) && listed.has(new URL(url).origin),
    scope: (scope: string) => grantable?.has(scope) !== false,
  }
}

const isOrigin = (text: string) =>
  /^https?:[^*]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text

/** Resolves the URL against the page, as `fetch` does. */
function originOf(url: string | undefined): string | undefined {
  try {
    return url === undefined ? undefined : new URL(new Request(url).url).origin
  } catch {
    return undefined
  }
}

/** The URL of a response, after redirects. A response that was constructed in code has none. */
const urlOf = (request: Request, response: Response) => response.url || request.url
const isSameOrigin = (one: string, other: string) => new URL(one).origin === new URL(other).origin

/** Following a redirect, a browser would send the token to wherever the server points. */
function withoutRedirects(request: Request): Request {
  if (request.redirect !== 'follow') return request
  return changed(request, { redirect: 'manual' })
}

/** Keeps the referrer, which any change would reset (Fetch §5.4). */
const changed = (request: Request, init: RequestInit) =>
  new Request(request, { referrer: request.referrer, referrerPolicy: request.referrerPolicy, ...init })

/** The same request to another URL. Its body is read first: a stream cannot be sent over HTTP/1.1. */
async function movedTo(url: string, request: Request): Promise<Request> {
  const {
    method,
    headers,
    mode,
    credentials,
    cache,
    referrer,
    referrerPolicy,
    integrity,
    keepalive,
    signal,
  } = request
  return new Request(url, {
    method,
    headers,
    mode,
    credentials,
    cache,
    referrer,
    referrerPolicy,
    integrity,
    keepalive,
    signal,
    ...(method !== 'GET' && method !== 'HEAD' && { body: await request.clone().blob() }),
  })
}
