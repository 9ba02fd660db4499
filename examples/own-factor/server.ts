import { Hono } from 'hono'
import { createTotpServer, memoryStore, type TotpServerOptions } from 'totp-flow/server'
import { requireElevation, requireRecentMfa } from 'totp-flow/server/hono'

/** `who` tells the user of a request: see the recipe of your provider. */
export function createApp(who: Pick<TotpServerOptions, 'identity' | 'cookieIdentity'>) {
  const totp = createTotpServer({
    ...who,
    store: memoryStore(), // use sqliteStore or postgresStore in production
    issuer: 'Example', // what authenticator apps show
    masterKey: process.env.TOTP_FLOW_MASTER_KEY ?? '', // from `openssl rand -base64 32`
    mfaRequired: true,
    scopes: { 'invoice:pay': { singleUse: true } },
  })
  const app = new Hono()
  app.all('/api/v0/*', (c) => totp.fetch(c.req.raw))

  /** Only for users who entered a code in this session during the last 12 hours. */
  app.get('/account', requireRecentMfa(totp, { maxAge: 43_200 }), (c) =>
    c.json({ user: c.get('totpUser').userId }),
  )
  /** For a code that was entered for this payment. */
  app.post('/pay', requireElevation(totp, 'invoice:pay'), (c) =>
    c.json({ paidBy: c.get('totpUser').account }),
  )
  return { totp, app }
}
