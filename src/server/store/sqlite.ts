import { closeSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { Kysely, SqliteAdapter, SqliteDialect } from 'kysely'
import { TotpFlowError } from '../../contract/errors.ts'
import { makeFolder } from './make-folder.ts'
import { type Database, type Retry, sqlStore } from './sql.ts'
import type { Store } from './store.ts'

export interface SqliteStoreOptions {
  /** A file, whose folder is made if missing, or `:memory:`. */
  path: string
  /** For looking only: nothing is made, and every write fails. @default false */
  readOnly?: boolean
}

/** One file, for one node: every acknowledged write survives a crash (`WAL`, `synchronous = FULL`). */
export function sqliteStore({ path, readOnly = false }: SqliteStoreOptions): Store {
  const db: Database = new Kysely({
    dialect: new OneFileDialect({ database: async () => open(path, readOnly) }),
  })
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
  for (;;) {
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

/** Migrations run inside a transaction that `migrate` holds, which SQLite takes well and Kysely would not expect of it. */
class OneFileDialect extends SqliteDialect {
  override createAdapter() {
    return new (class extends SqliteAdapter {
      override get supportsTransactionalDdl() {
        return true
      }
    })()
  }
}

function open(path: string, readOnly: boolean) {
  if (path !== ':memory:' && !readOnly) makeFile(path)
  const database = new DatabaseSync(path)
  database.exec('PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL')
  // Not by opening it read-only: then SQLite leaves the files of its log behind.
  database.exec(readOnly ? 'PRAGMA query_only = ON' : 'PRAGMA journal_mode = WAL')
  database.exec('PRAGMA busy_timeout = 0')
  const prepared = new Map<string, StatementSync>()
  function statementOf(sql: string): StatementSync {
    const known = prepared.get(sql)
    if (known) return known
    const statement = database.prepare(sql)
    // A schema change would leave a kept statement with the columns of before; and a savepoint's name differs each time.
    if (/^(select|insert|update|delete|begin|commit|rollback)\b/.test(sql)) prepared.set(sql, statement)
    return statement
  }
  return {
    close: () => database.close(),
    prepare(sql: string) {
      // A transaction that reads first and then writes fails at once, without waiting, when another process wrote in between.
      const statement = statementOf(sql === 'begin' ? 'begin immediate' : sql)
      return {
        reader: statement.columns().length > 0,
        all: (parameters: readonly unknown[]) => statement.all(...parameters.map(toSql)),
        run: (parameters: readonly unknown[]) => statement.run(...parameters.map(toSql)),
        iterate: (parameters: readonly unknown[]) => statement.iterate(...parameters.map(toSql)),
      }
    },
  }
}

/** Its owner's alone. SQLite would make it for all to read, and gives the files beside it the mode of this one. */
function makeFile(path: string): void {
  makeFolder(dirname(path))
  closeSync(openSync(path, 'a', 0o600))
}

function toSql(value: unknown): SQLInputValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')
    return value
  throw new TypeError(`sqliteStore: cannot store a ${typeof value}`)
}
