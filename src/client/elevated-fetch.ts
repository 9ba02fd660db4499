import type { Approval } from '../contract/approval.ts'
import { TotpFlowError } from '../contract/errors.ts'
import { isScope, type Scope } from '../contract/scopes.ts'
import { type Asked, askedBy } from '../contract/wire/asked-by.ts'
import { ELEVATED_TOKEN_HEADER, PAGE_HEADER } from '../contract/wire/routes.ts'
import { type ElevationInUse, runElevated } from '../flow/elevate.ts'
import type { TotpFlow } from '../flow/totp-flow.ts'

/** `fetch`, with what a person is asked to approve if a challenge comes: `{ method: 'POST', approval: { reason: 'Send €100 to Bob' } }`. */
export type ElevatedFetch = (
  input: Parameters<typeof fetch>[0],
  init?: RequestInit & { approval?: Approval },
) => Promise<Response>

/** How an elevated fetch sends, and which servers may prompt for what. */
export interface ElevatedFetchOptions {
  /** @default globalThis.fetch */
  fetch?: typeof fetch
  /**
   * The origins that may prompt for a code and receive the elevated token, such as `https://api.example.com`: no path, no
   * wildcard. Replaces the default.
   * @default the page's own origin, and the origin of the backend's `baseUrl`
   */
  origins?: readonly string[]
  /** The scopes that these origins may ask for. @default every scope */
  scopes?: readonly Scope[]
}

/**
 * Creates a `fetch` that answers a challenge for a fresh proof (RFC 9470 `insufficient_user_authentication`): it prompts for
 * a code, waits for the person, and sends the request again with the elevated token. If the server rejects a token that the
 * flow held before, it prompts once more and sends a last time. Requests wait for one another, so that there is one prompt at
 * a time.
 *
 * Only listed `origins` can prompt, and only for listed `scopes`. Any other response comes back as it is, with its 401 or
 * 403: compare the origin of `response.url` with `origins`, and the scopes of its `WWW-Authenticate` header with `scopes`.
 * Without a page, as in Node, and without a `baseUrl` no origin is listed by default.
 *
 * A request with an elevated token follows no redirect, as `redirect: 'manual'` has it: the redirect is the answer, which a
 * browser makes opaque. If the request without the token was redirected within its origin, the one with the token goes
 * straight to where that led, with the same method and body.
 *
 * If a cookie signs the user in (`httpBackend({ credentials })`), requests to these origins carry it, with the header that
 * the server's CSRF check needs.
 *
 * Rejects with a `TotpFlowError` when the person cancels (`cancelled`) or the step-up is refused. Throws a `TypeError` if an
 * option is unknown, or an origin or a scope of it malformed.
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

  return async (input, init) => {
    const request = withCookies(new Request(input, init))
    const copy = request.clone()
    const response = await send(copy.headers.has(ELEVATED_TOKEN_HEADER) ? withoutRedirects(copy) : copy)
    const asked = challengeOf(request, response)
    if (!asked) return response

    const sendWith = async (token: string | null, { ofSession }: ElevationInUse) => {
      if (token === null && !ofSession) throw new TotpFlowError('elevation_required') // its backend keeps the tokens itself
      const elevated = withoutRedirects(
        response.redirected ? await movedTo(response.url, request) : request.clone(),
      )
      // A session's own token goes where tokens of sessions go; without one, a cookie or `options.fetch` says whose it is.
      if (token !== null && !ofSession) elevated.headers.set(ELEVATED_TOKEN_HEADER, token)
      else if (token !== null) elevated.headers.set('authorization', `Bearer ${token}`)
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

/** Refuses what is misspelled: without the list that it was to be, more would be allowed. */
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
    // A page without an origin (`file:`, a sandboxed frame) is `null`, as are all others: it is nobody's.
    origin: (url: string) => /^https?:/.test(url) && listed.has(new URL(url).origin),
    scope: (scope: string) => grantable?.has(scope) !== false,
  }
}

const isOrigin = (text: string) =>
  /^https?:[^*]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text

/** Resolved as `fetch` resolves it, against the page. */
function originOf(url: string | undefined): string | undefined {
  try {
    return url === undefined ? undefined : new URL(new Request(url).url).origin
  } catch {
    return undefined
  }
}

/** Where a response came from, which after a redirect is not where the request was sent; one that a program made has no URL. */
const urlOf = (request: Request, response: Response) => response.url || request.url
const isSameOrigin = (one: string, other: string) => new URL(one).origin === new URL(other).origin

/** A browser would take the token along to wherever the server redirects. */
function withoutRedirects(request: Request): Request {
  if (request.redirect !== 'follow') return request
  return changed(request, { redirect: 'manual' })
}

/** With its referrer, which any change would reset (Fetch §5.4). */
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
