/** How the file is opened: for its owner alone, to survive a power cut, and without stopping the process. */
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { reasonOf } from '../../../src/server/node/index.ts'
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

it('only the owner can read the file and those that SQLite puts next to it, whatever the umask', async () => {
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

it('a read-only store reads the data, and every write to it fails', async () => {
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

it('a read-only store creates no file', async () => {
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

it('a call that fails for a reason other than a busy file is not tried again', async () => {
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

const device = (userId: string) => ({ id: `${userId}-1`, userId, sealedSecret: 'sealed', createdAt: NOW })
/** The devices in a bare copy of the file, without its log. */
async function inBareCopy(): Promise<number> {
  const copy = join(folder, `copy-${crypto.randomUUID()}.db`)
  copyFileSync(path, copy)
  const store = sqliteStore({ path: copy, readOnly: true })
  try {
    return await store.countSealedDevices('').catch(() => -1)
  } finally {
    await store.close()
  }
}

it('a sweep moves writes into the file itself, where a bare copy finds them', async () => {
  const store = open()
  await store.prepare()
  await store.addPendingDevice(device('ann'), null, NOW)
  expect(await inBareCopy()).toBe(-1)
  await store.sweep(NOW)
  expect(await inBareCopy()).toBe(1)
})

it('an idle store moves its last write into the file within a minute', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  try {
    const store = open()
    await store.prepare()
    await store.addPendingDevice(device('ann'), null, NOW)
    await store.consumeToken({ jti: 'a', expiresAt: NOW })
    vi.advanceTimersByTime(60_000)
  } finally {
    vi.useRealTimers()
  }
  await expect.poll(inBareCopy).toBe(1)
})

it.each<[string, () => void]>([
  ['the file is deleted', () => unlinkSync(path)],
  ['the file is moved away', () => renameSync(path, `${path}.old`)],
  ['the log is deleted', () => unlinkSync(`${path}-wal`)],
  [
    'another file is put in its place',
    () => {
      copyFileSync(path, `${path}.new`)
      renameSync(`${path}.new`, path)
    },
  ],
  ['the whole folder is deleted', () => rmSync(join(folder, 'new'), { recursive: true })],
  ['a shorter backup is copied over it', () => writeFileSync(path, '')],
])('a sweep notices that %s, and from then on nothing is accepted', async (_, harm) => {
  const store = open()
  await store.prepare()
  await store.sweep(NOW)
  harm()
  await store.addPendingDevice(device('ann'), null, NOW)
  await expect(store.sweep(NOW)).rejects.toMatchObject({ code: 'server' })
  const calls = [
    () => store.ping(),
    () => store.find('ann'),
    () => store.consumeToken({ jti: 'a', expiresAt: NOW }),
  ]
  for (const call of calls) {
    const error = await call().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'server', retryable: true })
    expect(reasonOf(error)).toMatch(/were deleted or replaced under this server.* restart it/)
  }
})

it('restored files are accepted again', async () => {
  const store = open()
  await store.prepare()
  renameSync(path, `${path}.old`)
  await expect(store.sweep(NOW)).rejects.toMatchObject({ code: 'server' })
  renameSync(`${path}.old`, path)
  await store.sweep(NOW)
  expect(await store.find('ann')).toBeNull()
})

it('a file that SQLite once found damaged is not trusted again, even if it was put back', async () => {
  const store = open()
  const connection = await connectionOf(store)
  await store.prepare()
  const device = (index: number) => ({
    ...{
      id: `id-${index}`,
      userId: `user-${index}`,
      sealedSecret: 'x'.repeat(500),
      createdAt: NOW,
      verifiedAt: NOW,
    },
    ...{ lastStep: 1, recoveryAcknowledged: false, recoveryHashes: [] },
  })
  await store.importUsers(
    Array.from({ length: 1_000 }, (_, index) => ({
      userId: `user-${index}`,
      device: device(index),
      passkeys: [],
    })),
  )
  await store.sweep(NOW)
  connection.exec('PRAGMA cache_size = 1; PRAGMA shrink_memory')
  const whole = readFileSync(path)
  writeFileSync(path, Buffer.concat([whole.subarray(0, 4096), Buffer.alloc(whole.length - 4096, 7)]))
  const refused = { status: 503 }
  await expect(store.find('user-500')).rejects.toMatchObject(refused)
  writeFileSync(path, whole)
  const failed = await store.find('user-500').catch((error: unknown) => error)
  expect(failed).toMatchObject(refused)
  expect(reasonOf(failed)).toContain(`${path} was overwritten or damaged under this server (`)
})

it('a read-only store leaves the log of a crashed server unchanged', async () => {
  const store = open()
  await store.prepare()
  await store.addPendingDevice(device('ann'), null, NOW)
  const crashed = join(folder, 'crashed.db')
  for (const ending of ['', '-wal']) copyFileSync(`${path}${ending}`, `${crashed}${ending}`)
  const sizes = () => ['', '-wal'].map((ending) => statSync(`${crashed}${ending}`).size)
  const before = sizes()
  const looking = sqliteStore({ path: crashed, readOnly: true })
  expect((await looking.find('ann'))?.id).toBe('ann-1')
  await looking.close()
  expect(existsSync(`${crashed}-wal`)).toBe(true)
  expect(sizes()).toEqual(before)
})
