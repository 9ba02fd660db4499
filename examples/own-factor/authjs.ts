import { Auth, type AuthConfig } from '@auth/core'
import type { CookieUser } from 'totp-flow/server'
import { createApp } from './server.ts'

export function createAuthjsApp({ providers, adapter }: Pick<AuthConfig, 'providers' | 'adapter'>) {
  const config: AuthConfig = {
    providers,
    ...(adapter && { adapter }),
    basePath: '/auth',
    secret: process.env.AUTH_SECRET ?? '',
    trustHost: true,
    useSecureCookies: process.env.NODE_ENV === 'production',
    callbacks: {
      // Auth.js makes a new token, with a new `jti` and `iat`, for each call. What is put in at the sign-in stays.
      jwt({ token, account }) {
        if (!account) return token
        const who: CookieUser = {
          userId: `${account.provider}:${account.providerAccountId}`, // without an adapter, `sub` is new at each sign-in
          account: token.email ?? account.providerAccountId,
          sessionId: crypto.randomUUID(),
          authenticatedAt: Date.now(),
        }
        return { ...token, who }
      },
    },
  }
  /** The same for this server alone: pages are not told what is only for the second factor. */
  const internal: AuthConfig = {
    ...config,
    callbacks: {
      ...config.callbacks,
      session: ({ session, token, user }) => ({
        ...session,
        who: token?.who ?? { userId: user.id, account: user.email, sessionId: session.sessionToken },
      }),
    },
  }
  const created = createApp({
    async cookieIdentity(request) {
      const headers = { cookie: request.headers.get('cookie') ?? '' }
      const answer = await Auth(new Request(new URL('/auth/session', request.url), { headers }), internal)
      if (!answer.ok) throw new Error(`Auth.js answered ${answer.status}`)
      return (await answer.json())?.who ?? null
    },
  })
  created.app.all('/auth/*', (c) => Auth(c.req.raw, config))
  return created
}
