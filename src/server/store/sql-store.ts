/**
 * The store over a database of your choice, by Kysely: docs/operating.md#other-runtimes-other-databases.
 *
 * @module totp-flow/server/sql
 */
import {
  type Dialect,
  Kysely,
  type KyselyPlugin,
  type PluginTransformResultArgs,
  type QueryResult,
  type UnknownRow,
} from 'kysely'
import { isSqlite } from './migrations-adopt.ts'
import { retryOnPostgres } from './postgres-retry.ts'
import { storeOver } from './sql.ts'
import type { Database } from './sql-database.ts'
import { retryOnSqlite } from './sqlite-retry.ts'
import type { Store } from './store.ts'

/**
 * Creates a store over any Kysely dialect for SQLite or PostgreSQL, or a compatible database (libSQL, Neon, PGlite,
 * CockroachDB). It must support upserts, `returning`, and interactive transactions. `close` closes what the dialect
 * opened. Set timeouts for connections, statements and locks in your dialect. Throws a `TypeError` if the dialect's
 * statements cannot return rows.
 *
 * @example
 * const store = sqlStore(new LibsqlDialect({ url: process.env.DATABASE_URL }))
 */
export function sqlStore(dialect: Dialect): Store {
  const db: Database = new Kysely({ dialect, plugins: [new WholeNumbers()] })
  if (!db.getExecutor().adapter.supportsReturning)
    throw new TypeError('sqlStore takes a dialect of SQLite or PostgreSQL, whose statements return rows.')
  return storeOver(db, isSqlite(db) ? retryOnSqlite : retryOnPostgres)
}

const NUMBERS = new Set([
  'created_at',
  'created',
  'verified_at',
  'verified',
  'changed_at',
  'changed',
  'last_step',
  'failures',
  'retry_at',
  'recovery_failures',
  'recovery_retry_at',
  'recovery_acknowledged',
  'own_failures',
  'expires_at',
  'window_end',
  'calls',
  'generation',
  'live_from',
  'begun_from',
  'registers_from',
  'counts_until',
  'signs_from',
  'sign_count',
  'backup_eligible',
  'backed_up',
  'last_used_at',
  'count',
  'passkeys',
  'alone',
])

/** Drivers return a `bigint` as a string or a `BigInt`. Ours are times in milliseconds and counts, far below 2^53. */
class WholeNumbers implements KyselyPlugin {
  transformQuery: KyselyPlugin['transformQuery'] = ({ node }) => node

  async transformResult({ result }: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> {
    return { ...result, rows: result.rows.map(withNumbers) }
  }
}

const withNumbers = (row: UnknownRow): UnknownRow =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name, asNumber(name, value)]))

const asNumber = (name: string, value: unknown): unknown =>
  NUMBERS.has(name) && value !== null ? Number(value) : value
