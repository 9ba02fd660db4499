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
import { hasLog } from './sqlite-file.ts'
import { SqliteGroupCommit } from './sqlite-group-commit.ts'
import { WatchedFile } from './sqlite-watch.ts'
import type { Store } from './store.ts'
import { StoreUnavailable } from './unavailable.ts'

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
  const store = sqlStore(db, async (repeatable, work) => {
    file?.assertThere()
    return retryWhileBusy(repeatable, work)
  })
  return {
    ...store,
    async sweep(now) {
      file?.look()
      if (!file?.isLost) await store.sweep(now)
      await file?.checkpoint() // of a log that was deleted, this still saves what is in it
      file?.assertThere()
    },
    async close() {
      file?.close()
      await store.close()
    },
  }
}

const BUSY_FOR_MS = 5000

/** The low byte is the kind; the rest tells why (busy for recovery, for a snapshot). */
const KINDS: Readonly<Record<number, string>> = {
  3: 'SQLITE_PERM',
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  7: 'SQLITE_NOMEM',
  8: 'SQLITE_READONLY',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  19: 'SQLITE_CONSTRAINT',
  26: 'SQLITE_NOTADB',
}
/** Those that are of the machine, and may end. */
const OUTAGES = new Set([
  'SQLITE_BUSY',
  'SQLITE_LOCKED',
  'SQLITE_NOMEM',
  'SQLITE_READONLY',
  'SQLITE_IOERR',
  'SQLITE_FULL',
  'SQLITE_CANTOPEN',
])

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
      const kind = kindOf(error)
      // Node's own code says no more than that it was SQLite.
      if (error instanceof Error && kind !== undefined) Object.assign(error, { code: kind })
      if (kind !== 'SQLITE_BUSY' || performance.now() > giveUpAt)
        throw kind !== undefined && OUTAGES.has(kind)
          ? new StoreUnavailable(error)
          : TotpFlowError.from(error)
      await new Promise((resolve) => setTimeout(resolve, 1 + Math.random() * 10))
    }
  }
}

const kindOf = (error: unknown): string | undefined =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? KINDS[error.errcode & 0xff]
    : undefined

const dialect = (openDatabase: () => DatabaseSync, onCommit: () => void): Dialect => ({
  createDriver: () => new SqliteGroupCommit(openDatabase, onCommit),
  createQueryCompiler: () => new SqliteQueryCompiler(),
  createIntrospector: (db) => new SqliteIntrospector(db),
  createAdapter: () => new OneFileAdapter(),
})

class OneFileAdapter extends SqliteAdapter {
  /** The driver has them take turns. */
  override get supportsMultipleConnections() {
    return true
  }
}

function open(path: string, readOnly: boolean): DatabaseSync {
  if (path !== ':memory:' && !readOnly) makeFile(path)
  // A log that is there may be of another file: only a connection that cannot write leaves both as they are. Where there is
  // none, such a connection would leave one behind.
  const database = new DatabaseSync(path, { readOnly: readOnly && hasLog(path) })
  database.exec(`PRAGMA busy_timeout = ${BUSY_FOR_MS}; PRAGMA synchronous = FULL`)
  database.exec(readOnly ? 'PRAGMA query_only = ON' : 'PRAGMA journal_mode = WAL')
  database.exec('select count(*) from sqlite_master') // makes the log
  database.exec('PRAGMA busy_timeout = 0')
  return database
}

/** For its owner alone. SQLite would make it readable for all, and gives its journal files the mode of this one. */
function makeFile(path: string): void {
  makeFolder(dirname(path))
  closeSync(openSync(path, 'a', 0o600))
}
