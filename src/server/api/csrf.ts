import { PAGE_HEADER } from '../../contract/wire/routes.ts'

/**
 * Says in a sentence for developers why a request with a cookie may be another site's doing; `undefined` where it is not.
 *
 * The header is what no form, link or image can send, and a script of another origin only after a preflight that is answered
 * for `origins` alone. The origin is judged by what browsers say of it: `Sec-Fetch-Site` (Fetch Metadata §2.4), else `Origin`
 * (Fetch standard §3.2), by its host, since a proxy may have taken off the TLS. Where neither is there, no browser made a
 * request of another origin.
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
