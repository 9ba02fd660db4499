import { hashToken } from '../crypto/secrets.ts'
import type { CookieUser } from '../identity/identity.ts'
import type { Session } from '../tokens/claims.ts'
import type { Service } from './service.ts'

/**
 * The name of the cookie that holds what a code granted to a session of the host: this server's session token. No
 * script can read it, and it is useless without the host's session. Browsers keep `__Host-` cookies for exactly one
 * host (RFC 6265bis §4.1.3.2) and only over TLS, which the developer's own machine lacks.
 */
const nameOn = (request: Request) => (isLocal(request) ? 'totp-flow' : '__Host-totp-flow')

const LOCAL = /^(?:(?:[a-z\d-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i
const isLocal = ({ headers, url }: Request) => LOCAL.test(headers.get('host') ?? new URL(url).host)

/** The session of this server that began from the host's; `null` if there is none yet. */
export async function sessionInCookie({ tokens }: Service, request: Request, host: CookieUser) {
  const prefix = `${nameOn(request)}=`
  const pairs = (request.headers.get('cookie') ?? '').split(';').map((pair) => pair.trim())
  const token = pairs.find((pair) => pair.startsWith(prefix))?.slice(prefix.length)
  const found = token && token.length <= LONGEST_TOKEN ? await tokens.readSession(token) : null
  const isOfHost =
    found?.user.userId === host.userId && found.session.hostSession === (await hostSessionOf(host.sessionId))
  return isOfHost ? found : null
}
const LONGEST_TOKEN = 8192

const HOST_SESSION = 'host:'
/** The host session's name in the rules. Hashed, since the id may be the value of the host's cookie. */
export const hostSessionOf = async (sessionId: string) => `${HOST_SESSION}${await hashToken(sessionId)}`
export const isHostSession = (id: Session['hostSession']) => id?.startsWith(HOST_SESSION) === true

/** Moves the session token of an answer, if it has one, into the cookie. Scripts see the rest. */
export function tokenIntoCookie(
  { now }: Pick<Service, 'now'>,
  request: Request,
  answer: unknown,
): { answer: unknown; cookie?: string } {
  if (typeof answer !== 'object' || answer === null || !('minifiedJwt' in answer && 'expiresAt' in answer))
    return { answer }
  const seconds = Math.max(0, Math.floor(Number(answer.expiresAt) - now() / 1000))
  const secure = isLocal(request) ? '' : '; Secure'
  return {
    answer: { ...answer, minifiedJwt: '', jwt: undefined },
    cookie: `${nameOn(request)}=${answer.minifiedJwt}; Max-Age=${seconds}; Path=/; HttpOnly; SameSite=Strict${secure}`,
  }
}
