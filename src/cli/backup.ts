import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { backUp, damageOf, openStore, reasonOf, StartError, sqlitePathOf } from '../server/node/index.ts'
import { assertSeen } from '../server/node/open-store.ts'
import { command, type Options, UsageError, type Values } from './command.ts'
import { databaseOf, dataOptions, keyPlaceOf, say } from './common.ts'
import { holdingsOf } from './holdings.ts'
import { outputFile } from './output-file.ts'

const options = {
  force: { type: 'boolean', about: 'replaces an existing file' },
  database: dataOptions.database,
  'key-file': dataOptions['key-file'],
} as const satisfies Options

export const backup = command({
  name: 'backup',
  takes: 'FILE',
  summary: 'copy a SQLite database into a file, while servers run',
  options,
  more: 'The backup does not hold the master key: keep a copy of that elsewhere. totp-flow restore puts a backup back.',
  async run(values: Values, [given]: readonly string[] = []) {
    if (given === undefined) throw new UsageError('Name the file to write: totp-flow backup FILE')
    const path = sqlitePathOf(databaseOf(values))
    if (path === undefined || path === ':memory:') {
      throw new UsageError(
        path
          ? 'A database in memory ends with its server. There is nothing to back up.'
          : 'This is for SQLite. Back up PostgreSQL with pg_dump or your provider’s backups, and the master key apart from it.',
      )
    }
    assertSeen(path)
    if (!existsSync(path)) throw new StartError(`There is no database in ${path}. Correct DATABASE_URL.`)
    const file = outputFile(values, given)
    try {
      backUp(path, file)
    } catch (cause) {
      throw new StartError(`The backup was not made (${reasonOf(cause)}). Run totp-flow doctor.`, { cause })
    }
    const damage = damageOf(file)
    if (damage !== undefined)
      throw new StartError(`The backup ${file} is damaged (${damage}). Run totp-flow doctor.`)
    const { store } = await openStore(`sqlite:${resolve(file)}`, { make: false, readOnly: true })
    try {
      say(`Backed up ${path} to ${file}: ${await holdingsOf(store)}.`)
    } catch (cause) {
      throw new StartError(
        `${path} holds no tables of totp-flow (${reasonOf(cause)}). Correct DATABASE_URL.`,
        {
          cause,
        },
      )
    } finally {
      await store.close()
    }
    say(
      `The master key is not in the backup: it comes ${keyPlaceOf(values, path)}. Keep a copy of it elsewhere.`,
    )
    return 0
  },
})
