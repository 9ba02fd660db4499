import { jwtVerify } from 'jose'
import { type CookieIdentity, createTotpServer, memoryStore } from 'totp-flow/server'

/** Yours: the session that your sign-in sealed into a cookie. Auth.js, iron-session and others have a function for this. */
const cookieIdentity: CookieIdentity = async (request) => {
  const cookie = /(?:^|; )session=([^;]+)/.exec(request.headers.get('cookie') ?? '')?.[1] ?? ''
  const key = new TextEncoder().encode(process.env.SESSION_SECRET)
  const { payload } = await jwtVerify(cookie, key).catch(() => ({ payload: null }))
  if (!payload?.sub || !payload.jti || !payload.iat) return null
  const { sub, jti, iat } = payload
  return { userId: sub, account: sub, sessionId: jti, authenticatedAt: iat * 1000 }
}

export const totp = createTotpServer({
  store: memoryStore(), // postgresStore, if you run more than one process
  issuer: 'Example',
  masterKey: () => process.env.TOTP_FLOW_MASTER_KEY ?? '', // from `openssl rand -base64 32`; a build needs no key
  cookieIdentity,
  scopes: { 'invoice:pay': { singleUse: true } },
})
