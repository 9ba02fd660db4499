import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { twoFactor } from 'better-auth/plugins'
import { authenticator } from '../../src/testing/authenticator.ts'
import type { BetterAuthPeer } from '../rows/verification.ts'

const ORIGIN = 'http://bench.local'
const PASSWORD = 'correct horse battery staple'

/**
 * better-auth as its documentation sets it up, on `node:sqlite` with our settings. What is not measured is made cheap: a
 * password costs no hashing, since each sign-in before a code needs one.
 */
export async function betterAuthPeer(folder: string, users: number): Promise<BetterAuthPeer> {
  const database = new DatabaseSync(join(folder, 'better-auth.db'))
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
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
      // To get ready is not measured, so it need not wait for the disk; what is measured begins with nothing left to flush.
      database.exec('PRAGMA synchronous = OFF')
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
      database.exec('PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE)')
      return acts
    },
    close: async () => {},
  })
  return {
    signIn: verifying(async ({ email }) => {
      return (await post('/sign-in/email', { email, password: PASSWORD })).cookie
    }),
    session: verifying(async ({ session }) => session),
    close: async () => database.close(),
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
