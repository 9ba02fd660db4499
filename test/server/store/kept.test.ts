/** Databases that released versions made (test/server/store/kept), served by this one: nobody is locked out, nothing revives. */
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deserializeCredential, PasskeysCredentialsMemoryRepository } from 'nid-webauthn-emulator'
import { afterEach, describe, expect, inject, it } from 'vitest'
import { createTotpServer, type TotpServer } from '../../../src/server/index.ts'
import { postgresStore } from '../../../src/server/store/postgres.ts'
import { sqliteStore } from '../../../src/server/store/sqlite.ts'
import type { Store } from '../../../src/server/store/store.ts'
import { authenticator } from '../../../src/testing/authenticator.ts'
import { browserWith, passkeysOfTests } from '../../support/passkeys.ts'
import { makeDatabase, query } from '../../support/postgres.ts'

const folder = join(import.meta.dirname, 'kept')
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.replace('.json', ''))
  .sort()

interface Filled {
  now: number
  secrets: { ann: string; bob: string; cid: string }
  recoveryCodes: string[]
  /** What the authenticator of dan holds, and what a copy of it held before its first use; not in versions without passkeys. */
  passkeys?: { used: string[]; copied: string[] }
}
interface Kept {
  masterKey: string
  sqlite: Filled
  postgres: Filled
}
const kept = (name: string): Kept => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

async function onSqlite(name: string): Promise<Store> {
  const copies = mkdtempSync(join(tmpdir(), 'totp-flow-kept-'))
  cleanUps.push(() => rmSync(copies, { recursive: true }))
  copyFileSync(join(folder, `${name}.db`), join(copies, 'kept.db'))
  return sqliteStore({ path: join(copies, 'kept.db') })
}

async function onPostgres(name: string): Promise<Store> {
  const database = `kept_${crypto.randomUUID().replaceAll('-', '_')}`
  const url = await makeDatabase(inject('postgresUrl'), database)
  cleanUps.push(() => query(inject('postgresUrl'), `drop database ${database} with (force)`))
  const dump = readFileSync(join(folder, `${name}.sql`), 'utf8')
  await query(url, dump.replace(/^\\.*$/gm, '')) // what is for psql itself
  return postgresStore({ url })
}

it('a database of the newest schema is kept for the next version', async () => {
  for (const open of [onSqlite, onPostgres]) {
    const store = await open(names.at(-1) ?? '')
    expect(await store.pendingSteps()).toEqual([])
    await store.close()
  }
})

it('the kept database of the newest schema holds a passkey', () => {
  const { sqlite, postgres } = kept(names.at(-1) ?? '')
  for (const { passkeys } of [sqlite, postgres]) expect(passkeys?.used).toHaveLength(1)
})

describe.each(names)('made by the version of %s', (name) => {
  it.each([
    ['SQLite', onSqlite, kept(name).sqlite],
    ['PostgreSQL', onPostgres, kept(name).postgres],
  ])('a database on %s accepts every user, and no used code', async (_, open, filled) => {
    const { ann, bob, cid } = filled.secrets
    let { now } = filled
    const server: TotpServer = createTotpServer({
      store: await open(name),
      issuer: 'Kept',
      masterKey: kept(name).masterKey,
      clock: () => now,
      identity: (credential) => ({ userId: credential, account: credential }),
    })
    cleanUps.push(() => server.close())
    async function post(user: string, path: string, code: string) {
      const response = await server.fetch(
        new Request(`http://kept.test/api/v0/sdk/default/users/mfa/auth/${path}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${user}` },
          body: JSON.stringify({ code }),
        }),
      )
      const { code: refused = 'accepted' } = await response.json()
      return refused
    }
    const codeOf = (secret: string) => authenticator(secret, { clock: { now: () => now } }).code()
    const beforeAny = filled.now - 60_000

    expect(await post('ann', 'recovery', filled.recoveryCodes[0] ?? '')).toBe('mfa_invalid_code')
    const enrolledWith = authenticator(ann, { clock: { now: () => beforeAny } }).code()
    expect(await post('ann', 'totp', enrolledWith)).not.toBe('accepted')
    expect(await post('cid', 'totp', codeOf(cid))).toBe('mfa_rate_limited')
    now += 3_600_000
    expect(await post('ann', 'totp', codeOf(ann))).toBe('accepted')
    expect(await post('ann', 'totp', codeOf(ann))).toBe('mfa_invalid_code')
    expect(await post('ann', 'recovery', filled.recoveryCodes[1] ?? '')).toBe('accepted')
    expect(await post('bob', 'totp', codeOf(bob))).toBe('accepted')
    expect(await post('cid', 'totp', codeOf(cid))).toBe('accepted')

    const keys = await server.fetch(new Request('http://kept.test/.well-known/jwks.json'))
    expect((await keys.json()).keys.length).toBeGreaterThanOrEqual(2)
  })

  it.each([
    ['SQLite', onSqlite, kept(name).sqlite],
    ['PostgreSQL', onPostgres, kept(name).postgres],
  ])('a database on %s accepts new and existing passkeys, and no copy of one', async (_, open, filled) => {
    const now = filled.now + 60_000
    const server = createTotpServer({
      store: await open(name),
      issuer: 'Kept',
      masterKey: kept(name).masterKey,
      passkeys: passkeysOfTests(),
      clock: () => now,
      identity: (credential) => ({ userId: credential, account: credential }),
    })
    cleanUps.push(() => server.close())
    async function call(user: string, method: string, path: string, body?: object) {
      const response = await server.fetch(
        new Request(`http://kept.test/api/v0/sdk/default/users/${path}`, {
          method,
          headers: { authorization: `Bearer ${user}` },
          ...(body && { body: JSON.stringify(body) }),
        }),
      )
      return { status: response.status, body: await response.json() }
    }
    function browserOf(credentials: readonly string[]) {
      const credentialsRepository = new PasskeysCredentialsMemoryRepository()
      for (const credential of credentials)
        credentialsRepository.saveCredential(deserializeCredential(credential))
      return browserWith({ signCounterIncrement: 1, credentialsRepository })
    }
    async function uses(user: string, browser: ReturnType<typeof browserWith>) {
      const { body: options } = await call(user, 'GET', 'passkeys/authenticate')
      const { status, body } = await call(user, 'POST', 'mfa/auth/passkey', browser.get(options))
      return status === 200 ? 'accepted' : body.code
    }

    if (filled.passkeys) {
      expect((await call('dan', 'GET', 'passkeys')).body.passkeys).toMatchObject([{ alias: 'Blue phone' }])
      expect(await uses('dan', browserOf(filled.passkeys.copied))).toBe('invalid_passkey')
      expect(await uses('dan', browserOf(filled.passkeys.used))).toBe('accepted')
    }
    const browser = browserOf([])
    const { body: options } = await call('eve', 'GET', 'passkeys/register')
    expect((await call('eve', 'POST', 'passkeys/register', browser.create(options))).status).toBe(200)
    expect(await uses('eve', browser)).toBe('accepted')
  })
})
