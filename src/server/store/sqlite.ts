/**
 * The store for a single node: one SQLite file, through Node's own `node:sqlite`.
 *
 * @module totp-flow/server/sqlite
 */
import { closeSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { type Dialect, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely'
import { assertOptions, type OptionRules, required, text, trueOrFalse } from '../../contract/options.ts'
import { makeFolder } from './make-folder.ts'
import { openSqlite } from './node-sqlite.ts'
import { storeOver } from './sql.ts'
import type { Database } from './sql-database.ts'
import { hasLog } from './sqlite-file.ts'
import { SqliteGroupCommit } from './sqlite-group-commit.ts'
import { retryOnSqlite } from './sqlite-retry.ts'
import { WatchedFile } from './sqlite-watch.ts'
import type { Store } from './store.ts'

/** The database file, and how to open it. */
export interface SqliteStoreOptions {
  /** A file, whose folder is created if it is missing, or `:memory:`. */
  path: string
  /** Opens the file for reading: creates nothing, and every write fails. @default false */
  readOnly?: boolean
}

const rules: OptionRules = { path: required(text('the path of a file, or :memory:')), readOnly: trueOrFalse }

/**
 * Creates a store in one file, for one node. Every acknowledged write survives a crash (`WAL`, `synchronous = FULL`). Throws a
 * `TypeError` for an invalid option. The first call opens the file.
 */
export function sqliteStore(options: SqliteStoreOptions): Store {
  assertOptions(options, rules)
  const { path, readOnly = false } = options
  const file = path === ':memory:' || readOnly ? undefined : new WatchedFile(path)
  const db: Database = new Kysely({
    dialect: dialect(
      () => {
        const database = open(path, readOnly)
        file?.opened()
        return database
      },
      () => file?.committed(db),
    ),
  })
  const store = storeOver(db, async (repeatable, work) => {
    if (!file) return retryOnSqlite(repeatable, work)
    file.assertThere()
    return retryOnSqlite(repeatable, () => work().catch((error: unknown) => file.failed(error)))
  })
  return {
    ...store,
    async sweep(now) {
      file?.look()
      if (!file?.isLost) await store.sweep(now)
      await file?.checkpoint() // even if the log was deleted, this saves what is in it
      file?.assertThere()
    },
    async close() {
      file?.close()
      await store.close()
    },
  }
}

/** Applies while a file is opened. Later, work is retried: see `retryOnSqlite`. */
const OPENING_BUSY_FOR_MS = 5000

const dialect = (openDatabase: () => DatabaseSync, onCommit: () => void): Dialect => ({
  createDriver: () => new SqliteGroupCommit(openDatabase, onCommit),
  createQueryCompiler: () => new SqliteQueryCompiler(),
  createIntrospector: (db) => new SqliteIntrospector(db),
  createAdapter: () => new OneFileAdapter(),
})

class OneFileAdapter extends SqliteAdapter {
  /** The driver queues them. */
  override get supportsMultipleConnections() {
    return true
  }
}

function open(path: string, readOnly: boolean): DatabaseSync {
  if (path !== ':memory:' && !readOnly) makeFile(path)
  // An existing log may belong to another file. A read-only connection leaves both as they are, but if there is no log, it would
  // leave one behind.
  const database = openSqlite(path, { readOnly: readOnly && hasLog(path) })
  database.exec(`PRAGMA busy_timeout = ${OPENING_BUSY_FOR_MS}; PRAGMA synchronous = FULL`)
  database.exec(readOnly ? 'PRAGMA query_only = ON' : 'PRAGMA journal_mode = WAL')
  database.exec('select count(*) from sqlite_master') // creates the log
  database.exec('PRAGMA busy_timeout = 0')
  return database
}

/** Creates the file for its owner only. SQLite would make it readable for all, and gives its journal files the same mode. */
function makeFile(path: string): void {
  makeFolder(dirname(path))
  closeSync(openSync(path, 'a', 0o600))
}
