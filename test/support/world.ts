import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { SignJWT } from 'jose'
import { inject } from 'vitest'
import {
  type AuditEvent,
  createTotpServer,
  type ErrorContext,
  type Identity,
  memoryStore,
  type Store,
  type TotpServer,
  type TotpServerOptions,
} from '../../src/server/index.ts'
import { postgresStore } from '../../src/server/store/postgres.ts'
import { sqliteStore } from '../../src/server/store/sqlite.ts'
import { authenticator } from '../../src/testing/authenticator.ts'
import { checkExchange } from './openapi.ts'
import { databaseUrl, dumpDatabase, makeDatabase, query } from './postgres.ts'

/** A master key that is the same at each run; another one for each number. */
export const masterKeyOf = (seed: number) => createHash('sha256').update(String(seed)).digest('base64')
export const MASTER_KEY = masterKeyOf(7)
export const ENVIRONMENT = 'test'
const START = Date.UTC(2026, 0, 1)

/** The stores that every claim about the server is tested on. */
export const stores: [string, (path: string) => Store][] = [
  ['memory', () => memoryStore()],
  ['SQLite', (path) => sqliteStore({ path })],
  ['PostgreSQL', (path) => postgresWorldStore(path)],
]

/** A database for each world's path, made when the store is prepared. */
function postgresWorldStore(path: string): Store {
  const serverUrl = inject('postgresUrl')
  const name = databaseNameOf(path)
  const store = postgresStore({ url: databaseUrl(serverUrl, name) })
  return {
    ...store,
    async prepare(note) {
      await makeDatabase(serverUrl, name)
      await store.prepare(note)
    },
  }
}
/** Of a world's own database in the PostgreSQL that all share. */
export const databaseNameOf = (path: string) =>
  basename(join(path, '..'))
    .toLowerCase()
    .replaceAll('-', '_')
    .replace(/^totp_flow_/, 'world_')

/** The test's own identity provider: a credential is `user:<name>`. */
const identity: Identity = (credential) => {
  const name = /^user:([a-z0-9-]+)$/.exec(credential)?.[1]
  return name ? { userId: name, account: `${name}@example.com` } : null
}

export interface World {
  server: TotpServer
  path: string
  now: number
  events: AuditEvent[]
  /** What the server reported as failed on the host's side. */
  errors: { error: Error; context: ErrorContext }[]
  /** Calls the wire as a user (or as nobody). */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>
  /** The code that an authenticator shows for a secret, now or so many steps away. */
  codeOf(secret: string, steps?: number): string
  /** `recoveryCodes` were shown with the enrollment. */
  enroll(user: string): Promise<{ id: string; secret: string; recoveryCodes: string[] }>
  /** All that the store keeps, as text. */
  dump(): Promise<string>
  tick(steps?: number): void
  restart(): Promise<void>
  close(): Promise<void>
}
interface CallOptions {
  as?: string
  body?: unknown
  raw?: string
  headers?: Record<string, string>
}
// biome-ignore lint/suspicious/noExplicitAny: answers are read field by field in assertions
type Answer = { status: number; headers: Headers; body: any }

export function createWorld(
  makeStore: (path: string) => Store,
  options: Partial<TotpServerOptions> = {},
): World {
  const folder = mkdtempSync(join(tmpdir(), 'totp-flow-'))
  const path = join(folder, 'test.db')
  const start = () =>
    createTotpServer({
      store: makeStore(path),
      issuer: 'Test',
      masterKey: MASTER_KEY,
      identity,
      environmentId: ENVIRONMENT,
      clock: () => world.now,
      onEvent: (event) => world.events.push(event),
      onError: (error, context) => world.errors.push({ error, context }),
      ...options,
    })

  const world: World = {
    path,
    now: START,
    events: [],
    errors: [],
    server: undefined as unknown as TotpServer,
    async call(method, route, { as, body, raw, headers } = {}) {
      const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body))
      const response = await world.server.fetch(
        new Request(`http://test.local/api/v0/sdk/${ENVIRONMENT}${route}`, {
          method,
          headers: { ...(as && { authorization: `Bearer user:${as}` }), ...headers },
          ...(payload !== undefined && { body: payload }),
        }),
      )
      const text = await response.text()
      const answer = {
        status: response.status,
        headers: response.headers,
        body: text === '' ? undefined : JSON.parse(text),
      }
      checkExchange({ method, route, sent: body, ...answer })
      return answer
    },
    codeOf: (secret, steps = 0) => authenticator(secret, { clock: { now: () => world.now } }).code(steps),
    async enroll(user) {
      const { body } = await world.call('GET', '/users/mfa/register/totp', { as: user })
      const verified = await world.call('POST', '/users/mfa/auth/totp', {
        as: user,
        body: { code: world.codeOf(body.secret) },
      })
      if (verified.status !== 200) throw new Error(`could not enroll: ${JSON.stringify(verified.body)}`)
      world.tick()
      return { id: body.id, secret: body.secret, recoveryCodes: verified.body.recoveryCodes }
    },
    async dump() {
      const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'))
      const url = databaseUrl(inject('postgresUrl'), databaseNameOf(path))
      return files.join('\n') + (makeStore === stores[2]?.[1] ? await dumpDatabase(url) : '')
    },
    tick: (steps = 1) => {
      world.now += steps * 30_000
    },
    async restart() {
      await world.server.close()
      world.server = start()
    },
    async close() {
      await world.server.close()
      rmSync(folder, { recursive: true })
      if (makeStore === stores[2]?.[1]) {
        await query(inject('postgresUrl'), `drop database if exists ${databaseNameOf(path)} with (force)`)
      }
    },
  }
  try {
    world.server = start()
  } catch (error) {
    rmSync(folder, { recursive: true })
    throw error
  }
  return world
}

/** A well-formed JWT of somebody else, for forgeries. */
export const foreignJwt = (
  claims: Record<string, unknown>,
  key: CryptoKey | Uint8Array,
  header: { alg: string; kid?: string; typ?: string },
) => new SignJWT(claims).setProtectedHeader(header).sign(key)
