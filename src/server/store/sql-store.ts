/**
 * The store over a database of your own choice, by Kysely: docs/operating.md#other-runtimes-other-databases.
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
 * A store over any dialect of Kysely for SQLite or PostgreSQL, or for what speaks as they do (libSQL, Neon, PGlite, CockroachDB):
 * with upserts, `returning`, and transactions in which one statement can depend on the answer of the one before.
 * `close` closes what the dialect opened. Whoever connects also sets the limits: how long to wait for a connection, a statement
 * and a lock.
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

/** Drivers answer a `bigint` as a text or a `BigInt`; ours are times in milliseconds and counts, far below 2^53. */
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
