import { jwtVerify, SignJWT } from 'jose'
import { readText } from '../../contract/wire/read-text.ts'
import type { Identity } from './identity.ts'

const ISSUER = 'totp-flow-development'
const MAX_BODY_BYTES = 1024

/**
 * NOT FOR PRODUCTION: anyone can sign in under any name. Lets you try `totp-flow serve` without any other setup; serve
 * it behind `developmentOnly`. `POST /development/sign-in { "account": "ann@example.com" }` returns a JWT for
 * `externalAuth/signin`. The JWT lasts 12 hours by `clock` (epoch milliseconds, the system's by default). Its key lives
 * as long as the process.
 */
export function developmentIdentity({ clock = Date.now } = {}): {
  identity: Identity
  signIn: (request: Request) => Promise<Response>
} {
  const key = crypto.getRandomValues(new Uint8Array(32))
  return {
    identity: async (credential) => {
      try {
        const { payload } = await jwtVerify(credential, key, { issuer: ISSUER, algorithms: ['HS256'] })
        const { sub, iat = 0 } = payload
        return sub ? { userId: sub, account: sub, authenticatedAt: iat * 1000 } : null
      } catch {
        return null
      }
    },
    async signIn(request) {
      const account = await accountFrom(request)
      const headers = { 'cache-control': 'no-store' }
      if (account === null) {
        const error = 'Send { "account": "you@example.com" }.'
        return Response.json({ error, code: 'bad_request' }, { status: 400, headers })
      }
      const jwt = await new SignJWT()
        .setProtectedHeader({ alg: 'HS256' })
        .setSubject(account)
        .setIssuer(ISSUER)
        .setIssuedAt(Math.floor(clock() / 1000))
        .setExpirationTime('12h')
        .sign(key)
      return Response.json({ jwt }, { headers })
    },
  }
}

async function accountFrom(request: Request): Promise<string | null> {
  try {
    const body: unknown = JSON.parse(await readText(request, MAX_BODY_BYTES, 'too_large'))
    const account = typeof body === 'object' && body !== null && 'account' in body ? body.account : null
    return typeof account === 'string' && /^[^\s\p{C}]{1,254}$/u.test(account) ? account : null
  } catch {
    return null
  }
}
