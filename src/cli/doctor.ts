import { accessSync, constants, existsSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { oldSigningKeys } from '../server/crypto/reseal.ts'
import { createSecrets } from '../server/crypto/secrets.ts'
import type { Store } from '../server/index.ts'
import { damageOf, sqlitePathOf } from '../server/node/index.ts'
import { FIRST_STEP } from '../server/store/migrations.ts'
import { openAll } from '../server/tokens/signing-keys.ts'
import { command, type Values } from './command.ts'
import { damaged, dataOptions, openData, say } from './common.ts'
import { wordsOf } from './in-words.ts'

/** What was checked, and the problem if there is one, with its fix. */
interface Finding {
  about: string
  problem?: string
}

export const doctor = command({
  name: 'doctor',
  summary: 'check the database, the keys and the clock, and change nothing',
  options: dataOptions,
  more: 'Exits with 1 if it finds a problem.',
  async run(values: Values) {
    const findings: Finding[] = []
    const noteKeyFile = (problem: string) => findings.push({ about: 'master key file', problem })
    const data = await openData(values, noteKeyFile, { readOnly: true, remark: say })
    const check = async (about: string, look: () => Promise<string | undefined>) => {
      const problem = await look().catch(wordsOf)
      findings.push({ about, ...(problem && { problem }) })
      return problem === undefined
    }
    try {
      const { store, masterKey } = data
      const path = sqlitePathOf(data.database)
      if (path !== undefined && path !== ':memory:') {
        await check('disk', async () => diskProblem(path, (about) => findings.push({ about })))
      }
      const isReachable = await check('database', async () => {
        const damage = path === undefined || path === ':memory:' ? undefined : damageOf(path)
        if (damage !== undefined) return damaged(path, damage)
        await store.ping()
      })
      const isCurrent =
        isReachable &&
        (await check('schema', async () => {
          const pending = await store.pendingSteps()
          if (pending.includes(FIRST_STEP))
            return 'there are no tables. If there were users, correct DATABASE_URL or restore the backup; if not, run totp-flow migrate --new-database.'
          return pending.length === 0 ? undefined : `${pending.length} steps behind. Run totp-flow migrate.`
        }))
      if (isCurrent) {
        if (path === undefined)
          await check('the database accepts writes', async () => {
            await store.ping('write')
            const { missingStandby } = await import('../server/store/postgres-standby.ts')
            return missingStandby(data.database)
          })
        const devices = await store.countSealedDevices('')
        findings.push({ about: `devices: ${devices}` })
        const { passkeys, alone } = await store.countPasskeys()
        if (passkeys > 0)
          findings.push({ about: `passkeys: ${passkeys} (users without an authenticator app: ${alone})` })
        await check('clock', async () => clockProblem(store, (about) => findings.push({ about })))
        const secrets = createSecrets(masterKey.keys)
        const isTheKey = await check('signing keys open with the master key', async () => {
          const keys = await store.signingKeys()
          await openAll(keys, secrets)
          return keys.length > 0
            ? undefined
            : 'there is none yet. totp-flow serve makes the first one. If it refuses and there were no users yet, run totp-flow migrate --new-database.'
        })
        if (isTheKey) {
          await check('everything is sealed by the current master key', async () => {
            const keys = await oldSigningKeys(store, secrets)
            const left = keys.length + (await store.countSealedDevices(await secrets.keyId()))
            return left === 0
              ? undefined
              : `sealed by an older one: ${left}. Run totp-flow keys rotate --master --resume to continue.`
          })
        }
      }
    } finally {
      await data.store.close()
    }
    for (const { about, problem } of findings) say(problem ? `✗ ${about}: ${problem}` : `✓ ${about}`)
    return findings.some(({ problem }) => problem) ? 1 : 0
  },
})

const MEGABYTE = 1 << 20
/** A server that writes a lot needs about this much for its write-ahead log. */
const LEAST_FREE = 64 * MEGABYTE

/** Finds a read-only mount, files of another user, or too little room: the server would start, but every write would fail. */
function diskProblem(path: string, note: (about: string) => void): string | undefined {
  const files = ['', '-wal', '-shm'].map((ending) => `${path}${ending}`).filter((file) => existsSync(file))
  for (const place of [dirname(path), ...files]) {
    try {
      accessSync(place, constants.W_OK)
    } catch {
      return `${place} is not writable for this user. Correct its owner, its mode, or how it is mounted.`
    }
  }
  const { bavail, blocks, bsize } = statfsSync(path)
  const free = bavail * bsize
  const megabytes = Math.floor(free / MEGABYTE)
  if (free < Math.min(LEAST_FREE, (blocks * bsize) / 10))
    return `${megabytes} MB are free, too little for a server that writes. Make room.`
  note(`${megabytes} MB are free`)
  return undefined
}

const TOLERATED_MS = 10_000

/** Checks the clock, by which each node judges codes, waits and tokens. */
async function clockProblem(store: Store, note: (about: string) => void): Promise<string | undefined> {
  const before = Date.now()
  const { clock, newest } = await store.times()
  const now = Date.now()
  const seconds = (ms: number) => Math.round(ms / 1000)
  if (newest > now + TOLERATED_MS) {
    return `a row was written ${seconds(newest - now)} s in the future: this node's clock is slow, or another one's was fast. Set it by NTP.`
  }
  if (clock === null) {
    note('no row is from the future. A SQLite file has no clock to compare with, so check that NTP is on')
    return undefined
  }
  const off = clock - (before + now) / 2
  return Math.abs(off) <= TOLERATED_MS
    ? undefined
    : `this node is ${seconds(Math.abs(off))} s ${off > 0 ? 'behind' : 'ahead of'} the database. Set both by NTP.`
}
