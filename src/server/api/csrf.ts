import { PAGE_HEADER } from '../../contract/wire/routes.ts'

/**
 * Says in a sentence for developers why another site may have sent a request with a cookie; `undefined` if it cannot
 * have.
 *
 * No form, link or image can send the header, and a script of another origin can only after a preflight, which succeeds
 * for `origins` alone. The origin is what browsers report: `Sec-Fetch-Site` (Fetch Metadata §2.4), or else `Origin`
 * (Fetch standard §3.2), compared by host, since a proxy may have terminated TLS. Without either, no browser made a
 * cross-origin request.
 */
export function csrfProblem({ headers, url }: Request, origins: readonly string[]): string | undefined {
  if (!headers.has(PAGE_HEADER)) {
    return `A request that is signed in by a cookie needs the header "${PAGE_HEADER}: 1", which no form of another site can send. httpBackend({ credentials }) and createElevatedFetch send it; add it to other calls.`
  }
  const site = headers.get('sec-fetch-site')
  const origin = headers.get('origin')
  if (origin !== null && origins.includes(origin)) return undefined
  const host = headers.get('host') ?? new URL(url).host
  const isOwn = site === null ? origin === null || hostOf(origin) === host : site === 'same-origin'
  if (isOwn) return undefined
  return `A page of another origin (${(origin ?? site ?? '').slice(0, 100)}) may not use the session cookie. If it is yours, list its origin in corsOrigins.`
}

const hostOf = (origin: string) => (URL.canParse(origin) ? new URL(origin).host : '')
