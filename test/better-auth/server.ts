/** A real better-auth behind a loopback port, over SQLite in memory, and clients that keep cookies as a browser does. */
import { DatabaseSync } from 'node:sqlite'
import { passkey } from '@better-auth/passkey'
import { passkeyClient } from '@better-auth/passkey/client'
import { type BetterAuthOptions, betterAuth } from 'better-auth'
import { createAuthClient } from 'better-auth/client'
import { magicLinkClient, twoFactorClient } from 'better-auth/client/plugins'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import { magicLink, type TwoFactorOptions, twoFactor } from 'better-auth/plugins'
import { serveOnLocalhost } from '../support/example-page.ts'

export const ANN = { email: 'ann@example.com', password: 'correct horse battery', name: 'Ann' }

interface AuthServer {
  origin: string
  /** The links that were mailed. */
  mailed: string[]
  /** What the app itself has of it. */
  auth: { $context: Promise<unknown> }
  /** What runs on this database, on the server's side. */
  query(sql: string): void
  close(): void
}

export async function startAuthServer(
  plugin: TwoFactorOptions = {},
  more: BetterAuthOptions = {},
): Promise<AuthServer> {
  const mailed: string[] = []
  const database = new DatabaseSync(':memory:')
  let handle: ReturnType<typeof toNodeHandler> | undefined
  const { origin, close } = await serveOnLocalhost((request, response) => void handle?.(request, response))
  const auth = betterAuth({
    appName: 'Acme',
    baseURL: origin,
    secret: 'a secret of this test alone, and of no one else',
    database,
    emailAndPassword: { enabled: true },
    telemetry: { enabled: false },
    logger: { disabled: true },
    advanced: { disableOriginCheck: false }, // which it does by itself in tests
    plugins: [
      twoFactor(plugin),
      passkey(),
      magicLink({
        sendMagicLink({ url }) {
          mailed.push(url)
        },
      }),
    ],
    ...more,
  })
  await (await getMigrations(auth.options)).runMigrations()
  handle = toNodeHandler(auth)
  return { origin, mailed, auth, query: (sql) => database.exec(sql), close }
}

/** A browser at the page of an app: one jar of cookies, and a client over it. */
export function browserAt(origin: string, options: { retry?: number; throw?: boolean } = {}) {
  const cookies = new Map<string, string>()
  const sent: string[] = []
  /** Stands between the page and the server, and may answer in its place. */
  const way = { answer: (_path: string, pass: () => Promise<Response>) => pass() }

  const send: typeof fetch = async (input, init) => {
    const headers = new Headers(init?.headers)
    headers.set('origin', browser.origin)
    headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    const path = new URL(String(input)).pathname.replace('/api/auth', '')
    sent.push(path)
    const response = await way.answer(path, () => fetch(input, { ...init, headers, redirect: 'manual' }))
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      if (/max-age=0/i.test(cookie)) cookies.delete(name)
      else cookies.set(name, value)
    }
    return response
  }
  const client = createAuthClient({
    baseURL: origin,
    plugins: [twoFactorClient(), magicLinkClient(), passkeyClient()],
    fetchOptions: { customFetchImpl: send, ...options },
  })
  const browser = { origin, client, cookies, sent, way, send }
  return browser
}
