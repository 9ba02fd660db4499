/** One file, as operators treat it: copied, lost, put back, mixed up with another one's log. */
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createSecrets, deviceSecretAad } from '../../src/server/crypto/secrets.ts'
import { createTotpServer } from '../../src/server/index.ts'
import { damageOf, loadMasterKey } from '../../src/server/node/index.ts'
import { sqliteStore } from '../../src/server/store/sqlite.ts'
import { command } from '../support/cli-in-process.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'

let folder: string
let path: string
let key: string
const running: ServerProcess[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'totp-flow-backup-'))
  path = join(folder, 'test.db')
  key = join(folder, 'master.key')
})
afterEach(async () => {
  for (const server of running.splice(0)) await server.end('SIGKILL')
  rmSync(folder, { recursive: true })
})
const run = (...args: string[]) => command([...args, '--database', `sqlite:${path}`])
const at = (name: string) => join(folder, name)

/** A server's store and keys in this process, with some devices. */
async function opened(devices = 0) {
  const store = sqliteStore({ path })
  const { keys } = loadMasterKey({ env: undefined, file: key, note() {} })
  const server = createTotpServer({ store, masterKey: keys, issuer: 'x', identity: () => null })
  await server.ready()
  const secrets = createSecrets(keys)
  const add = async (from: number, to: number) => {
    for (let user = from; user < to; user++) {
      const device = { userId: `user-${user}`, id: crypto.randomUUID() }
      const sealedSecret = await secrets.seal(`secret of ${user}`, deviceSecretAad(device))
      await store.addPendingDevice({ ...device, sealedSecret, createdAt: Date.now() }, null, Date.now())
    }
  }
  await add(0, devices)
  return { store, server, add }
}

it('backup copies the latest writes of a running server, readable by its owner only, and says what is not in it', async () => {
  const { store } = await opened(3)
  expect(await run('backup', at('b.db'))).toEqual({
    code: 0,
    out: '',
    err: `Backed up ${path} to ${at('b.db')}: 3 devices.\nThe master key is not in the backup: it comes from ${key}. Keep a copy of it elsewhere.\n`,
  })
  expect(statSync(at('b.db')).mode & 0o777).toBe(0o600)
  expect(readdirSync(folder).filter((name) => name.includes('b.db'))).toEqual(['b.db'])
  expect(readFileSync(at('b.db')).includes(readFileSync(key, 'utf8').trim())).toBe(false)
  await store.close()
})

it('backup replaces a file only with --force, and says what it cannot back up', async () => {
  const { store } = await opened(1)
  await store.close()
  writeFileSync(at('b.db'), 'another')
  expect(await run('backup', at('b.db'))).toMatchObject({ code: 1, err: expect.stringContaining('--force') })
  expect(readFileSync(at('b.db'), 'utf8')).toBe('another')
  expect((await run('backup', '--force', at('b.db'))).code).toBe(0)
  for (const [file, said] of [
    [path, 'the database itself'],
    [at('none/b.db'), 'There is no folder'],
  ] as const) {
    expect((await run('backup', '--force', file)).err).toContain(said)
  }
  const postgres = ['--database', 'postgres://u:hunter2@h/x']
  for (const name of ['backup', 'restore']) {
    const { code, err } = await command([name, at('c.db'), ...postgres])
    expect([code, err]).toEqual([2, expect.stringMatching(/pg_(dump|restore)/)])
    expect(err).not.toContain('hunter2')
  }
})

it.each(['backup', 'users export'])(
  '%s --force replaces neither the key nor the database files, under any name',
  async (name) => {
    const { server } = await opened(1)
    symlinkSync(key, at('key-link'))
    linkSync(key, at('key-name'))
    symlinkSync(path, at('database-link'))
    symlinkSync(folder, at('folder-link'))
    const before = readFileSync(key)
    for (const [file, said] of [
      [key, 'the master key'],
      [at('key-link'), 'the master key'],
      [at('key-name'), 'the master key'],
      [at('folder-link/master.key'), 'the master key'],
      [path, 'the database itself'],
      [at('database-link'), 'the database itself'],
      [`${path}-wal`, 'the database itself'],
      [`${path}-shm`, 'the database itself'],
      [at('folder-link/test.db-wal'), 'the database itself'],
    ] as const) {
      const { code, err } = await run(...name.split(' '), '--force', file)
      expect([file, code, err]).toEqual([file, 2, expect.stringContaining(said)])
    }
    expect(readFileSync(key)).toEqual(before)
    await server.close()
    expect((await run(...name.split(' '), '--force', `${path}-wal`)).code).toBe(2)
    expect(damageOf(path)).toBeUndefined()
  },
)

it('restore refuses while a server has the database open, even an idle one, and changes nothing', async () => {
  const server = await startServer({ DATABASE_URL: `sqlite:${path}` }, [], folder)
  running.push(server)
  expect((await run('backup', at('b.db'))).code).toBe(0)
  const before = readdirSync(folder)
  const { code, err } = await run('restore', at('b.db'))
  expect([code, err]).toEqual([1, `A server, or another command, has ${path} open. Stop it, then restore.\n`])
  expect(readdirSync(folder)).toEqual(before)
})

it('restore puts a backup back after a crash, keeps the old files, and says what the backup brings back', async () => {
  const { store, add } = await opened(2)
  await run('backup', at('b.db'))
  await add(2, 9)
  for (const ending of ['', '-wal']) copyFileSync(`${path}${ending}`, at(`crashed${ending}`))
  await store.close()
  for (const ending of ['', '-wal']) copyFileSync(at(`crashed${ending}`), `${path}${ending}`)
  const before = readFileSync(at('b.db'))

  const { code, err } = await run('restore', at('b.db'))
  expect([code, err]).toEqual([0, expect.stringContaining(`Restored ${path} from ${at('b.db')}: 2 devices.`)])
  expect(err).toMatch(/used recovery codes/)
  expect(err).toMatch(/Sessions that were ended .* totp-flow keys rotate --revoke-old/)
  expect(readFileSync(at('b.db'))).toEqual(before)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const restored = sqliteStore({ path, readOnly: true })
  expect(await restored.countSealedDevices('')).toBe(2)
  await restored.close()
  const [aside] = readdirSync(folder).filter((name) => /^test\.db\.before-\d+T\d+Z$/.test(name))
  const moved = sqliteStore({ path: at(aside ?? 'none'), readOnly: true })
  expect(await moved.countSealedDevices('')).toBe(9)
  await moved.close()
  expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([])
})

it.skipIf(process.getuid?.() !== 0)(
  'restore by root keeps the owner and mode of the database, or takes the folder’s if there is none',
  async () => {
    const { server } = await opened(1)
    await run('backup', at('b.db'))
    await server.close()
    chownSync(path, 4321, 4322)
    chmodSync(path, 0o640)
    chownSync(folder, 4323, 4324)
    const owned = () => {
      const { uid, gid, mode } = statSync(path)
      return [uid, gid, mode & 0o777]
    }
    expect((await run('restore', at('b.db'))).code).toBe(0)
    expect(owned()).toEqual([4321, 4322, 0o640])
    rmSync(path)
    expect((await run('restore', at('b.db'))).code).toBe(0)
    expect(owned()).toEqual([4323, 4324, 0o600])
  },
)

it('restore says that a folder is not a backup', async () => {
  expect(await run('restore', folder)).toMatchObject({
    code: 1,
    err: `${folder} is a folder. Name the backup in it.\n`,
  })
})

it('restore --revoke-old ends the sessions that the backup would bring back', async () => {
  const { store, server } = await opened(1)
  const before = (await store.signingKeys()).map(({ kid }) => kid)
  await run('backup', at('b.db'))
  await server.close()
  expect((await run('restore', '--revoke-old', at('b.db'))).err).toContain('Everybody has to sign in again.')
  const restored = sqliteStore({ path, readOnly: true })
  const kids = (await restored.signingKeys()).map(({ kid }) => kid)
  await restored.close()
  expect(kids).toHaveLength(1)
  expect(before).not.toContain(kids[0])
})

it.each<[string, () => void, RegExp]>([
  ['is no database', () => writeFileSync(at('b.db'), 'not a database, by far'.repeat(99)), /is damaged/],
  ['is empty', () => writeFileSync(at('b.db'), ''), /holds no tables/],
  [
    'has lost a part',
    () => writeFileSync(at('b.db'), readFileSync(at('b.db')).subarray(0, 3 * 4096)),
    /is damaged/,
  ],
  [
    'belongs to another key',
    () => writeFileSync(key, Buffer.alloc(32, 'other key').toString('base64')),
    /master key/,
  ],
])('restore refuses a backup that %s, and leaves the database as it was', async (_, harm, said) => {
  const { server } = await opened(50)
  await run('backup', at('b.db'))
  await server.close()
  harm()
  const before = readFileSync(path)
  const { code, err } = await run('restore', at('b.db'))
  expect([code, err]).toEqual([1, expect.stringMatching(said)])
  expect(readFileSync(path)).toEqual(before)
  expect(readdirSync(folder).toSorted()).toEqual(['b.db', 'master.key', 'test.db'])
})

it('doctor and serve report an old file next to the log of a later one, and change neither', async () => {
  const { store, add, server } = await opened(300)
  await store.sweep(Date.now())
  copyFileSync(path, at('old'))
  await add(300, 600)
  await store.sweep(Date.now())
  await add(600, 640)
  copyFileSync(`${path}-wal`, at('log'))
  await server.close()
  copyFileSync(at('old'), path)
  copyFileSync(at('log'), `${path}-wal`)

  const doctor = await run('doctor')
  expect([doctor.code, doctor.err]).toEqual([
    1,
    expect.stringMatching(/is damaged .* the log next to it belongs to another file/),
  ])
  const serve = await run('serve', '--development-identity', '--port', '0')
  expect([serve.code, serve.err]).toEqual([1, expect.stringContaining(`move ${path}-wal`)])
  expect(readFileSync(path)).toEqual(readFileSync(at('old')))
  expect(readFileSync(`${path}-wal`)).toEqual(readFileSync(at('log')))
  // As it says: without that log, the old file is whole.
  for (const ending of ['-wal', '-shm']) rmSync(`${path}${ending}`, { force: true })
  expect(damageOf(path)).toBeUndefined()
})

it.each<[string, () => void]>([
  ['is missing', () => rmSync(path)],
  ['is a bare copy without tables', () => writeFileSync(path, Buffer.alloc(0))],
])(
  'a database that %s, with an existing key, is not accepted as new until that is confirmed',
  async (_, lose) => {
    const { server } = await opened(1)
    await server.close()
    lose()
    for (const args of [
      ['serve', '--development-identity', '--port', '0'],
      ['users', 'reset', 'ann'],
    ]) {
      const { code, err } = await run(...args)
      expect(code).toBe(1)
      expect(err).toMatch(/every user could enroll again|There is no database/)
    }
    if (existsSync(path))
      expect((await run('doctor')).err).toMatch(/✗ schema: there are no tables.*migrate --new-database/)
    expect(await run('migrate', '--new-database')).toMatchObject({
      code: 0,
      err: expect.stringContaining('Made the first signing key.'),
    })
    running.push(await startServer({ DATABASE_URL: `sqlite:${path}` }, [], folder))
    expect(existsSync(path)).toBe(true)
  },
)

it('doctor says how many devices there are', async () => {
  const { server } = await opened(4)
  await server.close()
  expect(await run('doctor')).toMatchObject({ code: 0, err: expect.stringContaining('✓ devices: 4') })
})
