import { dirname } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { Kysely, SqliteDialect } from 'kysely'
import { makeFolder } from './make-folder.ts'
import { type Database, sqlStore } from './sql.ts'
import type { Store } from './store.ts'

export interface SqliteStoreOptions {
  /** A file, whose folder is made if missing, or `:memory:`. */
  path: string
}

/** One file, for one node: every acknowledged write survives a crash (`WAL`, `synchronous = FULL`). */
export function sqliteStore({ path }: SqliteStoreOptions): Store {
  const db: Database = new Kysely({ dialect: new SqliteDialect({ database: async () => open(path) }) })
  return sqlStore(db)
}

function open(path: string) {
  if (path !== ':memory:') makeFolder(dirname(path))
  const database = new DatabaseSync(path)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000')
  return {
    close: () => database.close(),
    prepare(sql: string) {
      const statement = database.prepare(sql)
      return {
        reader: statement.columns().length > 0,
        all: (parameters: readonly unknown[]) => statement.all(...parameters.map(toSql)),
        run: (parameters: readonly unknown[]) => statement.run(...parameters.map(toSql)),
        iterate: (parameters: readonly unknown[]) => statement.iterate(...parameters.map(toSql)),
      }
    },
  }
}

function toSql(value: unknown): SQLInputValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')
    return value
  throw new TypeError(`sqliteStore: cannot store a ${typeof value}`)
}
