import { DatabaseSync } from 'node:sqlite'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { twoFactor } from 'better-auth/plugins'
import { Pool } from 'pg'
import { authenticator } from '../../src/testing/authenticator.ts'
import type { BetterAuthPeer } from '../rows/verification.ts'

const ORIGIN = 'http://bench.local'
const PASSWORD = 'correct horse battery staple'

/** On `node:sqlite` with our settings. */
export async function betterAuthOnSqlite(path: string, users: number): Promise<BetterAuthPeer> {
  const database = new DatabaseSync(path)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  return betterAuthPeer(database, users, {
    // Preparation is not measured, so it need not wait for the disk. The measurement starts with nothing left to flush.
    getReady: () => database.exec('PRAGMA synchronous = OFF'),
    begin: () => database.exec('PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE)'),
    close: async () => database.close(),
  })
}

/** On a PostgreSQL database of its own, with as many connections as ours. */
export async function betterAuthOnPostgres(url: string, users: number): Promise<BetterAuthPeer> {
  const database = new Pool({ connectionString: url, max: 10 })
  database.on('error', () => {}) // the database may be stopped before the last connection has closed
  return betterAuthPeer(database, users, { getReady() {}, begin() {}, close: () => database.end() })
}

/**
 * Sets up better-auth as its documentation does. Makes cheap what is not measured: passwords are not hashed, since each sign-in
 * before a code needs one.
 */
async function betterAuthPeer(
  database: DatabaseSync | Pool,
  users: number,
  { getReady, begin, close }: { getReady(): void; begin(): void; close(): Promise<void> },
): Promise<BetterAuthPeer> {
  const auth = betterAuth({
    baseURL: ORIGIN,
    secret: Buffer.alloc(32, 7).toString('base64'),
    database,
    emailAndPassword: {
      enabled: true,
      password: {
        hash: async (password) => password,
        verify: async ({ hash, password }) => hash === password,
      },
    },
    plugins: [twoFactor({ issuer: 'Bench' })],
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { disabled: true },
  })
  const { runMigrations } = await getMigrations(auth.options)
  await runMigrations()

  async function post(path: string, body: unknown, cookie = '') {
    const response = await auth.handler(request(path, body, cookie))
    const answer = await response.json()
    if (response.status !== 200) throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`)
    return { answer, cookie: cookieOf(response) }
  }

  const enrolled: { email: string; session: string; codes: { code(): string } }[] = []
  for (let count = 0; count < users; count++) {
    const email = `user-${count}@example.com`
    const signedUp = await post('/sign-up/email', { email, password: PASSWORD, name: 'User' })
    const { answer } = await post('/two-factor/enable', { password: PASSWORD }, signedUp.cookie)
    const codes = authenticator(answer.totpURI)
    const verified = await post('/two-factor/verify-totp', { code: codes.code() }, signedUp.cookie)
    enrolled.push({ email, session: verified.cookie || signedUp.cookie, codes })
  }

  const verifying = (cookieFor: (user: (typeof enrolled)[number]) => Promise<string>) => ({
    async ready(count: number) {
      getReady()
      const acts = []
      for (let act = 0; act < count; act++) {
        const user = enrolled[act % users]
        if (!user) throw new Error('nobody enrolled')
        const asked = request('/two-factor/verify-totp', { code: user.codes.code() }, await cookieFor(user))
        acts.push(async () => {
          const response = await auth.handler(asked)
          const { token } = await response.json()
          if (response.status !== 200 || !token) throw new Error(`answered ${response.status}`)
        })
      }
      begin()
      return acts
    },
    close: async () => {},
  })
  return {
    signIn: verifying(async ({ email }) => {
      return (await post('/sign-in/email', { email, password: PASSWORD })).cookie
    }),
    session: verifying(async ({ session }) => session),
    close,
  }
}

const request = (path: string, body: unknown, cookie: string) =>
  new Request(`${ORIGIN}/api/auth${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: ORIGIN, ...(cookie && { cookie }) },
    body: JSON.stringify(body),
  })

const cookieOf = (response: Response) =>
  response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .filter((cookie) => cookie && !cookie.endsWith('='))
    .join('; ')
