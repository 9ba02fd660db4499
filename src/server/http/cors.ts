import { ELEVATED_TOKEN_HEADER, MFA_TOKEN_HEADER, PAGE_HEADER } from '../../contract/wire/routes.ts'

const ALLOWED_HEADERS = ['authorization', 'content-type', ELEVATED_TOKEN_HEADER, MFA_TOKEN_HEADER]

/** What Dynamic's SDK sends in addition, which grows from version to version. None of it means anything here. */
const OF_THE_SDK = /^x-dyn[a-z-]*$/

function allowedHeaders(request: Request, takesCookies: boolean): string {
  const asked = request.headers.get('access-control-request-headers') ?? ''
  const names = asked.split(',').map((name) => name.trim().toLowerCase())
  const own = takesCookies ? [...ALLOWED_HEADERS, PAGE_HEADER] : ALLOWED_HEADERS
  return [...new Set([...own, ...names.filter((name) => OF_THE_SDK.test(name))])].join(', ')
}

/**
 * The headers that let a page of a listed origin call, and nothing for any other (Fetch standard §3.2). Credentials are
 * allowed only where the host's own cookie signs users in: else `Authorization` alone identifies the caller.
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

/** A preflight of a listed origin; any other gets the answer of a method that is not there. */
export const isAllowedPreflight = (request: Request, origins: readonly string[]): boolean =>
  request.method === 'OPTIONS' &&
  request.headers.has('access-control-request-method') &&
  origins.includes(request.headers.get('origin') ?? '')
