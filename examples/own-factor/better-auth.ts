import { DatabaseSync } from 'node:sqlite'
import { betterAuth } from 'better-auth'
import { createApp } from './server.ts'

export const auth = betterAuth({
  database: new DatabaseSync(process.env.DATABASE_FILE ?? ':memory:'),
  emailAndPassword: { enabled: true },
})

export const { app, totp } = createApp({
  async cookieIdentity({ headers }) {
    // Without its cache, a revoked session is refused at once. A renewal here would not reach the user's cookie.
    const query = { disableCookieCache: true, disableRefresh: true }
    const found = await auth.api.getSession({ headers, query })
    if (!found) return null
    const { user, session } = found
    return {
      userId: user.id,
      account: user.email,
      sessionId: session.id,
      authenticatedAt: session.createdAt.getTime(),
    }
  },
})
app.all('/api/auth/*', (c) => auth.handler(c.req.raw))
