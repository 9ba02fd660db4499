/**
 * The store of a single node: one SQLite file, by Node's own `node:sqlite`.
 *
 * @module totp-flow/server/sqlite
 */
import { closeSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Dialect, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely'
import { TotpFlowError } from '../../contract/errors.ts'
import { assertOptions, type OptionRules, required, text, trueOrFalse } from '../../contract/options.ts'
import { makeFolder } from './make-folder.ts'
import { sqlStore } from './sql.ts'
import type { Database, Retry } from './sql-database.ts'
import { SqliteGroupCommit } from './sqlite-group-commit.ts'
import type { Store } from './store.ts'

/** Where the file is. */
export interface SqliteStoreOptions {
  /** A file, whose folder is made if missing, or `:memory:`. */
  path: string
  /** For looking only: nothing is made, and every write fails. @default false */
  readOnly?: boolean
}

const rules: OptionRules = { path: required(text('the path of a file, or :memory:')), readOnly: trueOrFalse }

/** One file, for one node: every acknowledged write survives a crash (`WAL`, `synchronous = FULL`). */
export function sqliteStore(options: SqliteStoreOptions): Store {
  assertOptions(options, rules)
  const { path, readOnly = false } = options
  const db: Database = new Kysely({ dialect: dialect(path, readOnly) })
  return sqlStore(db, retryWhileBusy)
}

const BUSY = 5
const BUSY_FOR_MS = 5000

/**
 * Another connection is writing: nothing was done, so it is tried again. Not by SQLite's own `busy_timeout`, which would
 * stop the whole process for as long, and for good if the other connection is in this same process.
 */
const retryWhileBusy: Retry = async (_, work) => {
  const giveUpAt = performance.now() + BUSY_FOR_MS
  while (true) {
    try {
      return await work()
    } catch (error) {
      if (!isBusy(error) || performance.now() > giveUpAt) throw TotpFlowError.from(error)
      await new Promise((resolve) => setTimeout(resolve, 1 + Math.random() * 10))
    }
  }
}

/** The low byte is the kind; the rest tells why (busy for recovery, for a snapshot). */
const isBusy = (error: unknown) =>
  error instanceof Error &&
  'errcode' in error &&
  typeof error.errcode === 'number' &&
  (error.errcode & 0xff) === BUSY

const dialect = (path: string, readOnly: boolean): Dialect => ({
  createDriver: () => new SqliteGroupCommit(() => open(path, readOnly)),
  createQueryCompiler: () => new SqliteQueryCompiler(),
  createIntrospector: (db) => new SqliteIntrospector(db),
  createAdapter: () => new OneFileAdapter(),
})

class OneFileAdapter extends SqliteAdapter {
  /** The driver has them take turns. */
  override get supportsMultipleConnections() {
    return true
  }
  /** Migrations run inside a transaction that `migrate` holds, which SQLite takes well and Kysely would not expect of it. */
  override get supportsTransactionalDdl() {
    return true
  }
}

function open(path: string, readOnly: boolean): DatabaseSync {
  if (path !== ':memory:' && !readOnly) makeFile(path)
  const database = new DatabaseSync(path)
  database.exec(`PRAGMA busy_timeout = ${BUSY_FOR_MS}; PRAGMA synchronous = FULL`)
  // Not by opening it read-only: then SQLite leaves the files of its log behind.
  database.exec(readOnly ? 'PRAGMA query_only = ON' : 'PRAGMA journal_mode = WAL')
  database.exec('PRAGMA busy_timeout = 0')
  return database
}

/** For its owner alone. SQLite would make it readable for all, and gives its journal files the mode of this one. */
function makeFile(path: string): void {
  makeFolder(dirname(path))
  closeSync(openSync(path, 'a', 0o600))
}
