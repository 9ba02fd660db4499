/** All users of an instance that has many of them. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StatementSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { sqliteStore } from '../../src/server/store/sqlite.ts'
import { command } from '../support/cli-in-process.ts'

const USERS = 5000
let folder: string
let env: { DATABASE_URL: string }
/** In no order, and of characters that sort otherwise by their language. */
const ids = Array.from({ length: USERS }, (_, index) => `${'aZéß-'[index % 5]}user-${(index * 7919) % USERS}`)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'totp-flow-many-'))
  env = { DATABASE_URL: `sqlite:${join(folder, 'test.db')}` }
  const store = sqliteStore({ path: join(folder, 'test.db') })
  await store.prepare()
  const deviceOf = (userId: string) => ({
    userId,
    id: crypto.randomUUID(),
    sealedSecret: 'key.sealed',
    createdAt: 1,
    verifiedAt: 1,
    lastStep: -1,
    recoveryAcknowledged: true,
    recoveryHashes: [],
  })
  const passkeyOf = (userId: string) => ({
    userId,
    id: crypto.randomUUID(),
    credentialId: `credential of ${userId}`,
    publicKey: 'cose',
    signCount: 0,
    transports: [],
    backupEligible: false,
    backedUp: false,
    aaguid: '00000000-0000-0000-0000-000000000000',
    alias: '',
    createdAt: 1,
    lastUsedAt: null,
  })
  for (let from = 0; from < USERS; from += 500) {
    const users = ids.slice(from, from + 500).map((userId, index) => ({
      userId,
      device: index % 3 === 0 ? null : deviceOf(userId),
      passkeys: index % 3 === 2 ? [] : [passkeyOf(userId)],
    }))
    expect(await store.importUsers(users)).toHaveLength(500)
  }
  await store.close()
})
afterAll(() => rmSync(folder, { recursive: true }))

it('users list names each of 5,000 users once, whatever their factors, always in the same order, and holds at most a thousand in memory', async () => {
  const reads = vi.spyOn(StatementSync.prototype, 'all')
  const [once, again] = [await command(['users', 'list'], env), await command(['users', 'list'], env)]
  const sizes = reads.mock.results.map(({ value }) => (Array.isArray(value) ? value.length : 0))
  reads.mockRestore()
  expect(again).toEqual(once)
  const listed = once.out
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t')[0])
  expect(new Set(listed)).toEqual(new Set(ids))
  expect(listed).toHaveLength(USERS)
  expect(Math.max(...sizes)).toBe(1000)
})

it('users list stops silently when its reader closes the pipe', async () => {
  const args = ['--conditions=totp-flow-source', 'src/cli.ts', 'users', 'list']
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env } })
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += chunk
  })
  const closed = once(child, 'close')
  await once(child.stdout, 'data')
  child.stdout.destroy()
  expect(await closed).toEqual([0, null])
  expect(said).toBe('')
})

it('users list and users show write control characters of a user id as escapes, and JSON as it is', async () => {
  const path = join(folder, 'control.db')
  const database = { DATABASE_URL: `sqlite:${path}` }
  const userId = 'a\u001b[2Jb\nc\td\u202ee\u2066f'
  const store = sqliteStore({ path })
  await store.prepare()
  await store.addPendingDevice({ id: 'one', userId, sealedSecret: 'key.sealed', createdAt: 1 }, null, 1)
  await store.close()
  const escaped = 'a\\u001b[2Jb\\u000ac\\u0009d\\u202ee\\u2066f'
  const listed = await command(['users', 'list'], database)
  expect(listed.out).toBe(`${escaped}\tpending\tfailures 0\tpasskeys 0\n`)
  expect((await command(['users', 'show', userId], database)).out).toContain(`userId: ${escaped}\n`)
  const shown = await command(['users', 'show', userId, '--json'], database)
  expect(JSON.parse(shown.out).userId).toBe(userId)
})
