import { existsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { createSecrets, deviceSecretAad, doesNotOpen, type Secrets } from '../server/crypto/secrets.ts'
import type { Store } from '../server/index.ts'
import {
  damageOf,
  filePath,
  isHeld,
  openStore,
  putInPlace,
  reasonOf,
  StartError,
  sqlitePathOf,
  workingCopy,
} from '../server/node/index.ts'
import { openAll } from '../server/tokens/signing-keys.ts'
import { command, type Options, UsageError, type Values } from './command.ts'
import {
  createServer,
  type Data,
  databaseOf,
  dataOptions,
  loadKey,
  nobody,
  readyOrSay,
  say,
} from './common.ts'
import { eventLog, logOptions } from './event-log.ts'
import { holdingsOf } from './holdings.ts'

const options = {
  'revoke-old': {
    type: 'boolean',
    about: 'signs everybody out: rejects tokens signed before the restore',
  },
  ...dataOptions,
  ...logOptions,
} as const satisfies Options

export const restore = command({
  name: 'restore',
  takes: 'FILE',
  summary: 'replace a SQLite database with a backup',
  options,
  more: 'Stop the server first. The current files are moved aside, never deleted. FILE stays as it is.',
  async run(values: Values, [given]: readonly string[] = []) {
    if (given === undefined) throw new UsageError('Name the backup: totp-flow restore FILE')
    const file = filePath(given, 'FILE')
    const path = sqlitePathOf(databaseOf(values))
    if (path === undefined || path === ':memory:') {
      throw new UsageError(
        'This is for a SQLite file. Restore PostgreSQL with pg_restore or your provider’s tools.',
      )
    }
    if (!existsSync(file)) throw new StartError(`There is no file ${file}. Name the backup.`)
    if (statSync(file).isDirectory()) throw new StartError(`${file} is a folder. Name the backup in it.`)
    if (resolve(file) === resolve(path)) throw new UsageError('FILE is the database itself. Name a backup.')
    if (!existsSync(dirname(path)))
      throw new StartError(`There is no folder ${dirname(path)}. Make it first.`)
    if (isHeld(path)) {
      throw new StartError(`A server, or another command, has ${path} open. Stop it, then restore.`)
    }
    const copy = workingCopy(file, path)
    try {
      const holdings = await checked(values, file, copy.path, join(dirname(path), 'master.key'))
      const aside = `${path}.before-${new Date().toISOString().replace(/[-:]|\.\d+/g, '')}`
      if (isHeld(path)) throw new StartError(`A server has opened ${path} meanwhile. Stop it, then restore.`)
      const moved = putInPlace(copy.path, path, aside)
      for (const one of moved) say(`Moved aside: ${one}`)
      say(`Restored ${path} from ${file}: ${holdings}.`)
    } finally {
      copy.remove()
    }
    say(
      'The backup brings back removed or reset authenticators and passkeys, used recovery codes, and old waits. What was set up since the backup is gone.',
    )
    say(
      values['revoke-old'] === true
        ? 'Everybody has to sign in again.'
        : 'Sessions that were ended since the backup are valid again. End them all: totp-flow keys rotate --revoke-old',
    )
    return 0
  },
})

/** Checks the copy of a backup, and says what it holds. */
async function checked(values: Values, file: string, copy: string, keyFile: string): Promise<string> {
  const damage = damageOf(copy)
  if (damage !== undefined) throw new StartError(`${file} is damaged (${damage}). Take another backup.`)
  const { store } = await openStore(`sqlite:${resolve(copy)}`, { make: false })
  try {
    if ((await store.signingKeys().catch(noTables(file))).length === 0) {
      throw new StartError(
        `${file} holds no keys and no users: perhaps it is a bare copy of a running server's file, without its log. Take another backup.`,
      )
    }
    const pending = await store.pendingSteps().catch((cause: unknown) => {
      throw new StartError(`${file} does not fit this version (${reasonOf(cause)}).`, { cause })
    })
    if (pending.length > 0) {
      say(`The backup is ${pending.length} steps behind. Migrating it now.`)
      await store.prepare()
    }
    const masterKey = loadKey(values, { keyFile, note: say, make: false })
    const secrets = createSecrets(masterKey.keys)
    await openAll(await store.signingKeys(), secrets).catch((cause: unknown) => {
      throw new StartError(
        `${file} does not open with the master key (${reasonOf(cause)}). Put the key from that time in place, then restore.`,
        { cause },
      )
    })
    const { devices, unopened } = await countOpened(store, secrets)
    if (unopened > 0) {
      throw new StartError(
        `${unopened} of ${devices} devices in ${file} do not open with the master key. Add the key from that time as the last one, then restore.`,
      )
    }
    if (values['revoke-old'] === true) await revokeOld(values, { database: '', store, masterKey })
    return await holdingsOf(store)
  } finally {
    await store.close()
  }
}

const noTables = (file: string) => (cause: unknown) => {
  throw new StartError(
    `${file} holds no tables of totp-flow: perhaps it is a bare copy of a running server's file, without its log. Take another backup.`,
    { cause },
  )
}

const PAGE = 500
const TOLD_EACH = 20_000

async function countOpened(store: Store, secrets: Secrets) {
  let [devices, unopened, after] = [0, 0, '']
  while (true) {
    const page = await store.sealedDevices({ notBy: '', after, limit: PAGE })
    const last = page.at(-1)
    if (!last) return { devices, unopened }
    for (const value of page) {
      devices++
      if (devices % TOLD_EACH === 0) say(`checked: ${devices}`)
      await secrets.open(value.sealed, deviceSecretAad(value)).catch((error: unknown) => {
        if (!doesNotOpen(error)) throw error
        unopened++
      })
    }
    after = last.userId
  }
}

async function revokeOld(values: Values, data: Data): Promise<void> {
  const server = createServer(values, data, { identity: nobody, onEvent: eventLog(values) })
  await readyOrSay(server)
  await server.rotateSigningKey({ revokeOld: true, atOnce: true })
}
