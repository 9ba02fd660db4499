/**
 * The store of any number of nodes: docs/nodes.md. Needs the package `pg`.
 *
 * @module totp-flow/server/postgres
 */
import { Kysely, PostgresAdapter, PostgresDialect, type PostgresPool } from 'kysely'
import { Client, Pool, types } from 'pg'
import { assertOptions, type OptionRules, required, wholeNumber } from '../../contract/options.ts'
import { migrate } from './migrations.ts'
import { retryOnPostgres } from './postgres-retry.ts'
import { sqlStore } from './sql.ts'
import type { Database } from './sql-database.ts'
import type { Store } from './store.ts'

/** Which database, and how long to wait for it. */
export interface PostgresStoreOptions {
  /** `postgres://user:password@host:5432/database`, with `?sslmode=…` where the network is not yours. */
  url: string
  /** Connections that this process keeps at most. All nodes together must stay below the database's limit. @default 10 */
  maxConnections?: number
  /** How long a call waits for a free connection, milliseconds. @default 5000 */
  connectTimeout?: number
  /** How long the database works on one statement, milliseconds; waiting for a lock takes at most half of it. @default 5000 */
  statementTimeout?: number
}

/** Whether `pg` can read it. A pool would find out at its first call, with an error that quotes the password. */
function isReadable(url: string): boolean {
  try {
    new Client({ connectionString: url })
    return true
  } catch (error) {
    return !(error instanceof TypeError) // a file that it names may be missing, which the first call says
  }
}

const LONGEST_WAIT_MS = 3_600_000
const rules: OptionRules = {
  url: required({
    takes: 'a URL such as postgres://user:password@host:5432/database',
    fits: (value) => typeof value === 'string' && /^postgres(?:ql)?:\/\//.test(value) && isReadable(value),
  }),
  maxConnections: wholeNumber(1, 10_000),
  connectTimeout: wholeNumber(1, LONGEST_WAIT_MS),
  statementTimeout: wholeNumber(1, LONGEST_WAIT_MS),
}

/** One database for many nodes: PostgreSQL, or what speaks its protocol with row locks (CockroachDB, YugabyteDB, Aurora). */
export function postgresStore(options: PostgresStoreOptions): Store {
  assertOptions(options, rules)
  const { url, maxConnections = 10, connectTimeout = 5000, statementTimeout = 5000 } = options
  const pool = new Pool({
    connectionString: url,
    application_name: 'totp-flow',
    max: maxConnections,
    connectionTimeoutMillis: connectTimeout,
    statement_timeout: statementTimeout,
    lock_timeout: Math.ceil(statementTimeout / 2),
    idle_in_transaction_session_timeout: statementTimeout * 2,
    query_timeout: statementTimeout * 2, // for a database that does not answer at all
    ...REPLACED,
    types: { getTypeParser },
  })
  // A connection that the database cuts, idle or between two statements, is replaced at the next use, and what waits for it
  // hears of it from its own call. Without these listeners the news would end the process.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  const db: Database = new Kysely({ dialect: new SharedDialect({ pool: withoutSilent(pool) }) })
  return {
    ...sqlStore(db, retryOnPostgres),
    prepare: (note = () => {}) => retryOnPostgres(true, () => migrateUnhurried(options, note)),
  }
}

/** On a connection of its own, without the limits of a request: a migration, or waiting for another node's, may take long. */
async function migrateUnhurried(
  { url, connectTimeout = 5000 }: PostgresStoreOptions,
  note: (step: string) => void,
): Promise<void> {
  const pool = new Pool({
    connectionString: url,
    application_name: 'totp-flow migration',
    max: 1,
    connectionTimeoutMillis: connectTimeout,
    types: { getTypeParser },
  })
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  const db = new Kysely<unknown>({ dialect: new SharedDialect({ pool }) })
  try {
    await migrate(db, note)
  } finally {
    await db.destroy()
  }
}

/**
 * A connection whose other end is gone without a word (a machine without power, a firewall that forgot it): one that idles
 * is noticed after some 20 s, as Node then asks ten times a second apart; and none stays for long after a failover.
 */
const REPLACED = { keepAlive: true, keepAliveInitialDelayMillis: 10_000, maxLifetimeSeconds: 600 }

/** `pg` gives up on an answer, but keeps the connection: everything after would wait behind what never comes. */
function withoutSilent(pool: Pool): PostgresPool {
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect()
      const query = client.query.bind(client)
      const watched = async (...given: Parameters<typeof query>) => {
        try {
          return await query(...given)
        } catch (error) {
          if (error instanceof Error && error.message === 'Query read timeout') client.end().catch(() => {})
          throw error
        }
      }
      return Object.assign(Object.create(client), {
        query: watched,
        release: (destroy?: boolean) => client.release(destroy),
      })
    },
  }
}

const INT8 = 20

/** `bigint` as a number: times in milliseconds and time steps stay far below 2^53. */
function getTypeParser(oid: number, format?: 'text' | 'binary') {
  return oid === INT8 ? Number : types.getTypeParser(oid, format)
}

/** `migrate` holds a row lock; Kysely's own is an advisory one, which not every database of the kind has. */
class SharedDialect extends PostgresDialect {
  override createAdapter() {
    return new (class extends PostgresAdapter {
      override async acquireMigrationLock() {}
      override async releaseMigrationLock() {}
    })()
  }
}
