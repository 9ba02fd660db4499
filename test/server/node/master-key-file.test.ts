import {
  chmodSync,
  chownSync,
  fchownSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { addMasterKey, loadMasterKey } from '../../../src/server/node/index.ts'

vi.mock('node:fs', { spy: true })

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'totp-flow-key-'))
  file = join(folder, 'master.key')
  vi.clearAllMocks()
})
afterEach(() => rmSync(folder, { recursive: true }))

const load = () => loadMasterKey({ env: undefined, file, note() {} })
const orderOf = (called: unknown) => vi.mocked(called as () => void).mock.invocationCallOrder

it('a key is on the disk before it has its name, and the name is on the disk before anything is sealed', () => {
  load()
  expect(orderOf(fsyncSync)).toHaveLength(2)
  const [written = 0, named = 0] = orderOf(fsyncSync)
  const [linked = 0] = orderOf(linkSync)
  expect([written, linked, named]).toEqual([written, linked, named].toSorted((a, b) => a - b))

  vi.clearAllMocks()
  addMasterKey(file)
  const [writtenAgain = 0, namedAgain = 0] = orderOf(fsyncSync)
  const [renamed = 0] = orderOf(renameSync)
  expect(writtenAgain).toBeLessThan(renamed)
  expect(renamed).toBeLessThan(namedAgain)
})

it('a rotation keeps owner, group and mode', () => {
  load()
  // Only root can give a file away; for anybody else it is the owner already.
  const [uid, gid] =
    process.getuid?.() === 0 ? [4321, 1234] : [process.getuid?.() ?? 0, process.getgid?.() ?? 0]
  chownSync(file, uid, gid)
  chmodSync(file, 0o440)
  const before = readFileSync(file, 'utf8')
  addMasterKey(file)
  expect(readFileSync(file, 'utf8').endsWith(`\n${before}`)).toBe(true)
  expect(statSync(file)).toMatchObject({ uid, gid })
  expect(statSync(file).mode & 0o777).toBe(0o440)
})

const notInTheGroup = () => {
  throw Object.assign(new Error('operation not permitted'), { code: 'EPERM' })
}

it('a rotation by the owner does not need to keep a group that has no rights to the file', () => {
  load()
  vi.mocked(fchownSync).mockImplementationOnce(notInTheGroup)
  addMasterKey(file)
  expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(2)
})

it('a rotation that cannot keep a group with rights to the file changes nothing', () => {
  load()
  chmodSync(file, 0o640)
  const before = readFileSync(file, 'utf8')
  vi.mocked(fchownSync).mockImplementationOnce(notInTheGroup)
  expect(() => addMasterKey(file)).toThrow(/^Cannot write the key file/)
  expect(readFileSync(file, 'utf8')).toBe(before)
  expect(readdirSync(folder)).toEqual(['master.key'])
})

it('a file left behind by a killed process of the same number stops neither a start nor a rotation', () => {
  writeFileSync(`${file}.${process.pid}`, 'half a k')
  load()
  addMasterKey(file)
  expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(2)
  expect(readdirSync(folder).toSorted()).toEqual(['master.key', `master.key.${process.pid}`])
})

it.each([0o604, 0o660, 0o620, 0o610, 0o601, 0o644, 0o777])(
  'a key file of mode %o causes a warning, by its own name and behind a link',
  (mode) => {
    load()
    chmodSync(file, mode)
    const link = join(folder, 'link.key')
    symlinkSync(file, link)
    for (const path of [file, link]) {
      const said: string[] = []
      loadMasterKey({ env: undefined, file: path, note: (line) => said.push(line) })
      expect(said).toEqual([expect.stringContaining(`chmod 600 ${path}`)])
    }
  },
)

it('a guessable master key causes a warning, in a file and in the environment', () => {
  const guessable = Buffer.from('correct horse battery staple 123').toString('base64')
  writeFileSync(file, guessable, { mode: 0o600 })
  for (const given of [
    { env: undefined, file },
    { env: guessable, file: null },
  ]) {
    const said: string[] = []
    loadMasterKey({ ...given, note: (line) => said.push(line) })
    expect(said).toEqual([expect.stringContaining('which others can guess')])
    expect(said.join()).not.toContain(guessable)
  }
})

it('a guessable master key behind a random one causes a warning to remove it, not to rotate again', () => {
  writeFileSync(file, Buffer.from('correct horse battery staple 123').toString('base64'), { mode: 0o600 })
  addMasterKey(file)
  const said: string[] = []
  loadMasterKey({ env: undefined, file, note: (line) => said.push(line) })
  expect(said).toEqual([expect.stringMatching(/^A master key after the first .* Remove it/)])
})

it.each([0o600, 0o400, 0o700])('a key file of mode %o causes no warning', (mode) => {
  load()
  chmodSync(file, mode)
  const said: string[] = []
  loadMasterKey({ env: undefined, file, note: (line) => said.push(line) })
  expect(said).toEqual([])
})

/** Only root can give a file a group that it is not in itself. */
const isRoot = process.getuid?.() === 0

it.runIf(isRoot)(
  'a key file that its group can read causes a warning unless this process is in the group',
  () => {
    load()
    const saidOf = (group: number) => {
      chownSync(file, 0, group)
      chmodSync(file, 0o440)
      const said: string[] = []
      loadMasterKey({ env: undefined, file, note: (line) => said.push(line) })
      return said
    }
    expect(saidOf(process.getegid?.() ?? 0)).toEqual([])
    expect(saidOf(54_321)).toEqual([expect.stringContaining('chmod 600')])
  },
)

it('a key of mode 0644 in a Kubernetes volume is no problem, and a remark names the pod setting for it', () => {
  const volume = join(folder, '..2026_11_29_02_27_44.123456789')
  mkdirSync(volume)
  load()
  renameSync(file, join(volume, 'master.key'))
  symlinkSync('..2026_11_29_02_27_44.123456789', join(folder, '..data'))
  symlinkSync('..data/master.key', file)
  const [problems, remarks]: string[][] = [[], []]
  const loaded = (mode: number) => {
    chmodSync(file, mode)
    loadMasterKey({
      env: undefined,
      file,
      note: (line) => problems?.push(line),
      remark: (line) => remarks?.push(line),
    })
  }
  loaded(0o400)
  expect([problems, remarks]).toEqual([[], []])
  loaded(0o644)
  expect([problems, remarks]).toEqual([[], [expect.stringMatching(/defaultMode: 0440 .* fsGroup/)]])
})

it.each(['', ' ', '\n'])(
  'an empty TOTP_FLOW_MASTER_KEY %j is refused, and no key file is made in its place',
  (env) => {
    expect(() => loadMasterKey({ env, file, note() {} })).toThrow('TOTP_FLOW_MASTER_KEY is empty')
    expect(readdirSync(folder)).toEqual([])
  },
)
