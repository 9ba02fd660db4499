import { ELEVATED_TOKEN_HEADER, MFA_TOKEN_HEADER, PAGE_HEADER } from '../../contract/wire/routes.ts'

const ALLOWED_HEADERS = ['authorization', 'content-type', ELEVATED_TOKEN_HEADER, MFA_TOKEN_HEADER]

/** Dynamic's SDK sends more headers with each version. They have no meaning here. */
const OF_THE_SDK = /^x-dyn[a-z-]*$/

function allowedHeaders(request: Request, takesCookies: boolean): string {
  const asked = request.headers.get('access-control-request-headers') ?? ''
  const names = asked.split(',').map((name) => name.trim().toLowerCase())
  const own = takesCookies ? [...ALLOWED_HEADERS, PAGE_HEADER] : ALLOWED_HEADERS
  return [...new Set([...own, ...names.filter((name) => OF_THE_SDK.test(name))])].join(', ')
}

/**
 * The headers that allow a page of a listed origin to call, and none for any other (Fetch standard §3.2). Credentials are
 * allowed only if the host's own cookie signs users in. Otherwise only `Authorization` identifies the caller.
 */
export function corsHeaders(
  request: Request,
  origins: readonly string[],
  takesCookies = false,
): Record<string, string> {
  const origin = request.headers.get('origin')
  if (origins.length === 0) return {}
  if (origin === null || !origins.includes(origin)) return { vary: 'origin' }
  return {
    vary: 'origin',
    'access-control-allow-origin': origin,
    ...(takesCookies && { 'access-control-allow-credentials': 'true' }),
    'access-control-expose-headers': 'retry-after, www-authenticate',
    ...(request.method === 'OPTIONS' && {
      'access-control-allow-methods': 'GET, POST, PUT, DELETE',
      'access-control-allow-headers': allowedHeaders(request, takesCookies),
      'access-control-max-age': '600',
    }),
  }
}

/** A preflight from a listed origin. Any other is answered like an unknown method. */
export const isAllowedPreflight = (request: Request, origins: readonly string[]): boolean =>
  request.method === 'OPTIONS' &&
  request.headers.has('access-control-request-method') &&
  origins.includes(request.headers.get('origin') ?? '')
