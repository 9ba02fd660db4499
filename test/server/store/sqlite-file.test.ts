/** How the file is opened: for its owner alone, to survive a power cut, and without stopping the process. */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { sqliteStore } from '../../../src/server/store/sqlite.ts'
import type { Store } from '../../../src/server/store/store.ts'

const NOW = Date.UTC(2026, 0, 1)
let folder: string
let path: string
const opened: Store[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'totp-flow-file-'))
  path = join(folder, 'new', 'test.db')
})
afterEach(async () => {
  vi.restoreAllMocks()
  for (const store of opened.splice(0)) await store.close()
  rmSync(folder, { recursive: true })
})

function open(options: { readOnly?: boolean } = {}): Store {
  const store = sqliteStore({ path, ...options })
  opened.push(store)
  return store
}

/** The connection that a store opens for its first call. */
async function connectionOf(store: Store): Promise<DatabaseSync> {
  const exec = vi.spyOn(DatabaseSync.prototype, 'exec')
  await store.ping()
  const [database] = exec.mock.contexts
  if (!(database instanceof DatabaseSync)) throw new Error('no connection')
  return database
}
const pragma = (database: DatabaseSync, name: string) =>
  Object.values(database.prepare(`pragma ${name}`).get() ?? {})[0]

it('a write is on the disk when it is acknowledged, and no wait for another process stops this one', async () => {
  const database = await connectionOf(open())
  const FULL = 2
  expect(pragma(database, 'synchronous')).toBe(FULL)
  expect(pragma(database, 'journal_mode')).toBe('wal')
  expect(pragma(database, 'busy_timeout')).toBe(0)
})

it('the file and what SQLite puts next to it are their owner’s alone, whatever the umask', async () => {
  const umask = process.umask(0)
  try {
    await open().prepare()
    const files = readdirSync(join(folder, 'new'))
    expect(files).toContain('test.db-wal')
    for (const file of files) {
      expect([file, statSync(join(folder, 'new', file)).mode & 0o777]).toEqual([file, 0o600])
    }
  } finally {
    process.umask(umask)
  }
})

it('a store for looking reads what there is, and every write to it fails', async () => {
  const device = { id: 'ann-1', userId: 'ann', sealedSecret: 'sealed', createdAt: NOW }
  const store = open()
  await store.prepare()
  await store.addPendingDevice(device, null, NOW)
  const looking = open({ readOnly: true })
  expect((await looking.find('ann'))?.id).toBe('ann-1')
  await expect(looking.consumeToken({ jti: 'a', expiresAt: NOW })).rejects.toMatchObject({ code: 'server' })
  await expect(looking.resetUser({ userId: 'ann', now: NOW })).rejects.toMatchObject({ code: 'server' })
  expect((await store.find('ann'))?.id).toBe('ann-1')
  expect(await store.isConsumed('a')).toBe(false)
})

it('a store for looking makes no file', async () => {
  await expect(open({ readOnly: true }).ping()).rejects.toMatchObject({ code: 'server' })
  expect(readdirSync(folder)).toEqual([])
})

it('a closed store lets go of its file', async () => {
  const store = open()
  await store.prepare()
  const database = await connectionOf(open())
  await store.close()
  expect(database.isOpen).toBe(true)
  await opened.pop()?.close()
  expect(database.isOpen).toBe(false)
  expect(readdirSync(join(folder, 'new'))).toEqual(['test.db'])
})

it.each([5, 5 | (1 << 8), 5 | (2 << 8)])(
  'a call is tried again when SQLite says busy by code %i',
  async (errcode) => {
    const store = open()
    await store.prepare()
    const { exec } = DatabaseSync.prototype
    let times = 0
    vi.spyOn(DatabaseSync.prototype, 'exec').mockImplementation(function (this: DatabaseSync, sql) {
      if (sql === 'begin immediate' && times++ < 3) throw Object.assign(new Error('busy'), { errcode })
      return exec.call(this, sql)
    })
    expect(await store.resetUser({ userId: 'ann', now: NOW })).toBe(false)
    expect(times).toBe(4)
  },
)

it('a call that fails for another reason than a busy file is not tried again', async () => {
  const store = open()
  await store.prepare()
  let times = 0
  vi.spyOn(DatabaseSync.prototype, 'exec').mockImplementation((sql) => {
    if (sql !== 'begin immediate') return
    times++
    throw Object.assign(new Error('disk full'), { errcode: 13 })
  })
  await expect(store.resetUser({ userId: 'ann', now: NOW })).rejects.toMatchObject({ code: 'server' })
  expect(times).toBe(1)
})

it('a transaction reserves the file before it reads, so that no write of another process gets in between', async () => {
  const store = open()
  await store.prepare()
  const exec = vi.spyOn(DatabaseSync.prototype, 'exec')
  await store.resetUser({ userId: 'ann', now: NOW })
  expect(exec.mock.calls).toEqual([['begin immediate'], ['commit']])
})
