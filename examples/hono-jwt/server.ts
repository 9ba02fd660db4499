import { Hono } from 'hono'
import { sign, verify } from 'hono/jwt'
import { createTotpServer, memoryStore } from 'totp-flow/server'
import { requireElevation, requireRecentMfa } from 'totp-flow/server/hono'

/** Yours: the key that signs your JWTs. For tokens of an identity provider, use `jwksIdentity` from totp-flow/server/node. */
const key = process.env.JWT_SECRET ?? ''

const totp = createTotpServer({
  store: memoryStore(), // use sqliteStore or postgresStore in production
  issuer: 'Example',
  masterKey: process.env.TOTP_FLOW_MASTER_KEY ?? '', // from `openssl rand -base64 32`
  async identity(credential) {
    const claims = await verify(credential, key, 'HS256').catch(() => null)
    if (!claims) return null
    const userId = String(claims.sub)
    return {
      userId,
      account: userId,
      sessionId: String(claims.sid),
      authenticatedAt: Number(claims.iat) * 1000,
    }
  },
  mfaRequired: true,
  scopes: { 'invoice:pay': { singleUse: true } },
})

export const app = new Hono()
app.all('/api/v0/*', (c) => totp.fetch(c.req.raw))

/** Your sign-in, with your own password check. */
app.post('/sign-in', async (c) => {
  const { email } = await c.req.json()
  const now = Math.floor(Date.now() / 1000)
  const claims = { sub: String(email), sid: crypto.randomUUID(), iat: now, exp: now + 43_200 }
  return c.json({ token: await sign(claims, key, 'HS256') })
})

/** The second factor at sign-in: a code admits the session for 12 hours. */
const verified = requireRecentMfa(totp, { maxAge: 43_200 })
app.get('/account', verified, (c) => c.json({ name: c.get('totpUser').userId }))

app.post('/pay', verified, requireElevation(totp, 'invoice:pay'), (c) =>
  c.json({ paidBy: c.get('totpUser').userId }),
)
