/** What `serve` asks for as soon as others rely on it. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { command } from '../support/cli-in-process.ts'
import { cli, startServer } from '../support/server-process.ts'

const IDENTITY = Object.entries({
  '--identity-jwks': 'https://id.example/jwks',
  '--identity-issuer': 'https://id.example',
  '--identity-audience': 'app',
}).flat()
const WARNING = 'Authenticator apps will show the issuer totp-flow. Set --issuer'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'totp-flow-shared-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

it.each(['0.0.0.0', '::', '192.0.2.7', '::ffff:192.0.2.7', 'no-such-host.invalid'])(
  'serve on %s, with an identity but no database, refuses to start and says which options name one',
  async (host) => {
    const { code, err } = await command(['serve', '--host', host, ...IDENTITY])
    expect([code, err]).toEqual([2, expect.stringContaining('name its database: --database (DATABASE_URL')])
    expect(err).toContain(`On ${host} other machines`)
  },
)

it('serve behind a proxy, with an identity but no database, refuses to start and says which options name one', async () => {
  const own = mkdtempSync(join(folder, 'own-'))
  const { code, err } = await cli(['serve', '--port', '0', '--trust-proxy', 'loopback', ...IDENTITY], {}, own)
  expect([code, err]).toEqual([2, expect.stringContaining('name its database: --database (DATABASE_URL')])
  expect(err).toContain('Behind a proxy, other machines')
  expect(readdirSync(own)).toEqual([])
})

it('serve off loopback starts on a named database, and warns that apps would show the default issuer', async () => {
  const env = { DATABASE_URL: `sqlite:${join(folder, 'test.db')}`, HOST: '0.0.0.0' }
  const [warned, named] = await Promise.all([
    startServer(env, IDENTITY, folder),
    startServer({ ...env, TOTP_FLOW_ISSUER: 'Example' }, IDENTITY, folder),
  ])
  expect(warned.said.err).toContain(WARNING)
  expect(named.said.err).not.toContain(WARNING)
  await Promise.all([warned.end('SIGKILL'), named.end('SIGKILL')])
})

it('serve off loopback or behind a proxy, on an empty database with a key in a variable, refuses to start until a new database is confirmed', async () => {
  const own = mkdtempSync(join(folder, 'own-'))
  const env = {
    DATABASE_URL: `sqlite:${join(own, 'test.db')}`,
    TOTP_FLOW_MASTER_KEY: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64'),
  }
  const places = [
    ['--host', '0.0.0.0'],
    ['--trust-proxy', 'loopback'],
  ]
  const refused = await Promise.all(
    places.map((place) => cli(['serve', '--port', '0', ...place, ...IDENTITY], env, own)),
  )
  for (const { code, err } of refused)
    expect([code, err]).toEqual([1, expect.stringContaining('every user could enroll again')])
  const migrated = await command(['migrate', '--new-database'], env)
  expect(migrated.code).toBe(0)
  expect(migrated.err).toContain('migrated 2026-11-24-devices') // the refused servers have made nothing
  const server = await startServer(env, [...(places[0] ?? []), ...IDENTITY], own)
  await server.end('SIGKILL')
})

it('serve on loopback, on an empty database with a key in a variable, starts and says that the database holds no users', async () => {
  const own = mkdtempSync(join(folder, 'own-'))
  const env = {
    DATABASE_URL: `sqlite:${join(own, 'test.db')}`,
    TOTP_FLOW_MASTER_KEY: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64'),
  }
  for (const said of [true, false]) {
    const server = await startServer(env, IDENTITY, own)
    expect(server.said.err.includes('The database is new: nobody has an authenticator in it.')).toBe(said)
    await server.end('SIGTERM')
  }
})
