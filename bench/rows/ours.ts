import { createHash } from 'node:crypto'
import { createTotpServer, type TotpServer } from '../../src/server/index.ts'
import type { Store } from '../../src/server/store/store.ts'
import { authenticator } from '../../src/testing/authenticator.ts'
import type { Contender } from '../rounds.ts'

const STEP_MS = 30_000
const API = 'http://bench.local/api/v0/sdk/default'
const MASTER_KEY = createHash('sha256').update('bench').digest('base64')

/** What a verification requests, and with which credential. */
export interface Asked {
  /**
   * `session`: our newest token, as the SDK sends it. `session of another node`: a token that this node neither signed nor saw.
   * `host`: a credential that the host's identity resolves at once.
   */
  credential: 'session' | 'session of another node' | 'host'
  scopes: readonly string[]
}

interface User {
  session: string
  host: string
  codes: { code(steps?: number): string }
}

/** Two nodes on one database, with enrolled users. Their clock advances a step before a user's next code. */
export async function oursOn(open: () => Store, users: number) {
  let now = Date.now()
  const node = () =>
    createTotpServer({
      store: open(),
      issuer: 'Bench',
      masterKey: MASTER_KEY,
      identity: (credential) => {
        const userId = /^user:(.+)$/.exec(credential)?.[1]
        return userId ? { userId, account: `${userId}@example.com` } : null
      },
      clock: () => now,
    })
  const server = node()
  const other = node()
  const enrolled: User[] = []
  for (let count = 0; count < users + SPARE; count++) enrolled.push(await enroll(server, count, () => now))
  return {
    async close() {
      await other.close()
      await server.close()
    },
    verifying({ credential, scopes }: Asked): Contender {
      return {
        async ready(count) {
          if (count > users) throw new RangeError('a code is good once: as many users as acts are needed')
          now += STEP_MS
          const acting = enrolled.filter(({ codes }) => !isLikeANeighbor(codes)).slice(0, count)
          if (credential === 'session of another node')
            for (const user of acting) user.session = await refreshed(other, user.session)
          return acting.map((user) => {
            const request = post('/users/mfa/auth/totp', credential === 'host' ? user.host : user.session, {
              code: user.codes.code(),
              ...(scopes.length > 0 && { requestedScopes: scopes }),
            })
            return async () => {
              const { minifiedJwt } = await accepted(server, request)
              if (credential !== 'host') user.session = minifiedJwt
            }
          })
        },
        close: () => server.close(),
      }
    },
  }
}

/** One code in half a million equals the one before or after it and would be rejected as used. */
const isLikeANeighbor = ({ code }: User['codes']) => [code(-1), code(1)].includes(code())
/** Spare users who replace those. */
const SPARE = 5

async function enroll(server: TotpServer, count: number, now: () => number): Promise<User> {
  // Spread over the whole index.
  const userId = `${((count * 0x9e3779b1) >>> 0).toString(16).padStart(8, '0')}-enrolled`
  const host = `user:${userId}`
  const { secret } = await accepted(server, new Request(`${API}/users/mfa/register/totp`, bearer(host)))
  const codes = authenticator(secret, { clock: { now } })
  const { minifiedJwt } = await accepted(server, post('/users/mfa/auth/totp', host, { code: codes.code() }))
  return { host, session: minifiedJwt, codes }
}

const refreshed = async (server: TotpServer, session: string): Promise<string> =>
  (await accepted(server, post('/refresh', session, {}))).minifiedJwt

const bearer = (credential: string) => ({ headers: { authorization: `Bearer ${credential}` } })
const post = (path: string, credential: string, body: unknown) =>
  new Request(`${API}${path}`, { ...bearer(credential), method: 'POST', body: JSON.stringify(body) })

// biome-ignore lint/suspicious/noExplicitAny: answers are read field by field
async function accepted(server: TotpServer, request: Request): Promise<any> {
  const response = await server.fetch(request)
  const body = await response.json()
  if (response.status !== 200) throw new Error(`answered ${response.status} ${JSON.stringify(body)}`)
  return body
}
