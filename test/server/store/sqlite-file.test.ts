/** How the file is opened: for its owner alone, to survive a power cut, and without stopping the process. */
import {
  appendFileSync,
  chmodSync,
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
import { backUp } from '../../../src/server/store/sqlite-file.ts'
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

it('a sweep brings what was written into the file itself, where a bare copy finds it', async () => {
  const store = open()
  await store.prepare()
  await store.addPendingDevice(device('ann'), null, NOW)
  expect(await inBareCopy()).toBe(-1)
  await store.sweep(NOW)
  expect(await inBareCopy()).toBe(1)
})

it('a store that nobody calls any more brings its last write into the file within a minute', async () => {
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
])('a sweep notices that %s, and from then on nothing is accepted', async (_, harm) => {
  const store = open()
  await store.prepare()
  await store.sweep(NOW)
  harm()
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

/** `cp`: the same inode, other content. */
function copyOver(from: string): void {
  const before = statSync(path, { bigint: true }).mtimeNs
  do writeFileSync(path, readFileSync(from))
  while (statSync(path, { bigint: true }).mtimeNs === before)
}
const calls = (store: Store) => [
  () => store.ping(),
  () => store.ping('write'),
  () => store.find('ann'),
  () => store.consumeToken({ jti: 'a', expiresAt: NOW }),
  () => store.sweep(NOW),
]
async function expectOverwritten(store: Store) {
  for (const call of calls(store)) {
    const error = await call().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'server', status: 503 })
    expect(reasonOf(error)).toContain(`${path} was overwritten or damaged under this server`)
  }
}

it.each<[string, (backup: string) => void]>([
  ['of the same size', copyOver],
  ['without content', () => writeFileSync(path, '')],
  [
    'that is too long',
    (backup) => {
      appendFileSync(backup, Buffer.alloc(4096))
      copyOver(backup)
    },
  ],
])(
  'a backup %s that is copied over the file is noticed by the next call, for good, and stays as it was copied',
  async (_, overwrite) => {
    const store = open()
    await store.prepare()
    await store.addPendingDevice(device('ann'), null, NOW)
    const backup = join(folder, 'b.db')
    backUp(path, backup)
    await store.addPendingDevice(device('bob'), null, NOW)
    await store.sweep(NOW)
    overwrite(backup)
    const copied = readFileSync(path)
    await expect(store.addPendingDevice(device('carl'), null, NOW)).rejects.toMatchObject({ status: 503 })
    await expectOverwritten(store)
    await opened.pop()?.close()
    expect(readFileSync(path).equals(copied)).toBe(true)
  },
)

it('a backup that is copied over the file while the log holds more is noticed once no process can be copying the log', async () => {
  const store = open()
  await store.prepare()
  await store.addPendingDevice(device('ann'), null, NOW)
  const backup = join(folder, 'b.db')
  backUp(path, backup)
  await store.addPendingDevice(device('bob'), null, NOW)
  copyOver(backup)
  const before = performance.now()
  await expect(store.addPendingDevice(device('carl'), null, NOW)).rejects.toMatchObject({ status: 503 })
  expect(performance.now() - before).toBeGreaterThan(4900)
  await expectOverwritten(store)
  const copied = readFileSync(path)
  expect(copied.equals(readFileSync(backup))).toBe(true)
  await opened.pop()?.close()
  expect(readFileSync(path).equals(copied)).toBe(true)
}, 20_000)

it('after the first damage that SQLite reports, nothing is accepted any more', async () => {
  const store = open()
  const database = await connectionOf(store)
  await store.prepare()
  vi.spyOn(database, 'prepare').mockImplementationOnce(() => {
    throw Object.assign(new Error('database disk image is malformed'), { errcode: 11 })
  })
  await expect(store.devices({ after: '', limit: 1 })).rejects.toMatchObject({ status: 503 })
  await expectOverwritten(store)
})

/** Another process, as far as SQLite can tell one from a connection. */
function withAnother(act: (other: DatabaseSync) => void): void {
  const other = new DatabaseSync(path)
  try {
    act(other)
  } finally {
    other.close()
  }
}
const insert = (other: DatabaseSync, from: number, to: number) => {
  other.exec('begin')
  const add = other.prepare('insert into totp_flow_spent_tokens values (?, ?) on conflict do nothing')
  for (let token = from; token < to; token++) add.run(`${token}`.padEnd(500, '-'), NOW * 2)
  other.exec('commit')
}
it.each<[string, (other: DatabaseSync) => void]>([
  ['reads', (other) => void other.prepare('select count(*) from totp_flow_devices').get()],
  ['writes', (other) => insert(other, 0, 10)],
  [
    'writes so much that SQLite copies the log into the file, and begins it again',
    (other) => {
      for (let part = 0; part < 12; part++) insert(other, part * 1000, part * 1000 + 1000)
    },
  ],
  ['copies the log into the file', (other) => other.exec('pragma wal_checkpoint(passive)')],
  ['begins the log again', (other) => other.exec('pragma wal_checkpoint(restart)')],
  ['empties the log', (other) => other.exec('pragma wal_checkpoint(truncate)')],
  [
    'packs the file',
    (other) => {
      insert(other, 0, 2000)
      other.exec('delete from totp_flow_spent_tokens; vacuum; pragma wal_checkpoint(passive)')
    },
  ],
  ['makes a backup', () => backUp(path, join(folder, 'b.db'))],
  ['changes the mode of the file', () => chmodSync(path, 0o640)],
])('another process that %s is no reason to refuse anything', async (_, act) => {
  const store = open()
  await store.prepare()
  for (const isCheckpointed of [true, false]) {
    await store.addPendingDevice(device(`ann-${isCheckpointed}`), null, NOW)
    if (isCheckpointed) await store.sweep(NOW)
    withAnother(act)
    await store.ping('write')
    await store.addPendingDevice(device(`bob-${isCheckpointed}`), null, NOW)
    withAnother((other) => {
      act(other)
      other.exec('pragma wal_checkpoint(passive)')
    })
    await store.addPendingDevice(device(`carl-${isCheckpointed}`), null, NOW)
    await store.sweep(NOW)
    if (existsSync(join(folder, 'b.db'))) unlinkSync(join(folder, 'b.db'))
    withAnother((other) => other.exec('delete from totp_flow_spent_tokens'))
  }
  expect(await store.countSealedDevices('')).toBe(6)
})

it('two stores on one file, which write and copy the log in turns, refuse each other nothing', async () => {
  const stores = [open(), open()]
  await stores[0]?.prepare()
  for (let turn = 0; turn < 40; turn++) {
    for (const [index, store] of stores.entries()) {
      await store.addPendingDevice(device(`user-${turn}-${index}`), null, NOW)
      if (turn % (3 + index) === 0) await store.sweep(NOW)
      await store.ping()
    }
  }
  expect(await stores[1]?.countSealedDevices('')).toBe(80)
})

it('a server that writes without a pause copies its log by itself, and refuses nothing', async () => {
  const store = open()
  await store.prepare()
  for (let turn = 0; turn < 12; turn++) {
    await Promise.all(
      Array.from({ length: 100 }, (_, user) =>
        store.addPendingDevice(device(`user-${turn}-${user}`), null, NOW),
      ),
    )
  }
  expect(await store.countSealedDevices('')).toBe(1200)
  expect(statSync(path).size).toBeGreaterThan(200_000)
})

it('files that are put back are accepted again', async () => {
  const store = open()
  await store.prepare()
  renameSync(path, `${path}.old`)
  await expect(store.sweep(NOW)).rejects.toMatchObject({ code: 'server' })
  renameSync(`${path}.old`, path)
  await store.sweep(NOW)
  expect(await store.find('ann')).toBeNull()
})

it('a store for looking leaves the log of a server that crashed as it was', async () => {
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
