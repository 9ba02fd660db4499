/**
 * The store for any number of nodes: docs/operating.md. Requires the package `pg`.
 *
 * @module totp-flow/server/postgres
 */
import { CompiledQuery, type DatabaseConnection, Kysely, PostgresDialect, PostgresDriver } from 'kysely'
import { Client, types } from 'pg'
import { assertOptions, type OptionRules, required, wholeNumber } from '../../contract/options.ts'
import { migrate } from './migrations.ts'
import { type Connections, connections } from './postgres-pool.ts'
import { retryOnPostgres } from './postgres-retry.ts'
import { isUnambiguous, problemOfUrl, urlsOf } from './postgres-url.ts'
import { storeOver } from './sql.ts'
import type { Database } from './sql-database.ts'
import type { Store } from './store.ts'

/** The database, and how long to wait for it. */
export interface PostgresStoreOptions {
  /**
   * `postgres://user:password@host:5432/database`, with `?sslmode=…` on networks that are not yours. Separate several
   * hosts by commas.
   */
  url: string
  /**
   * The maximum number of connections of this process, 1 to 10,000. All nodes together must stay below the database's
   * limit.
   * @default 10
   */
  maxConnections?: number
  /** How long a call waits for a free connection, 1 to 3,600,000 milliseconds. @default 5000 */
  connectTimeout?: number
  /**
   * How long the database works on one statement, 1 to 3,600,000 milliseconds. Waiting for a lock takes at most half of
   * it.
   * @default 5000
   */
  statementTimeout?: number
}

/** Whether `pg` can parse the URL. A pool would find out at its first call, with an error that quotes the password. */
function isReadable(url: string): boolean {
  try {
    for (const connectionString of urlsOf(url)) new Client({ connectionString })
    return isUnambiguous(url)
  } catch (error) {
    return !(error instanceof TypeError) // a file that it names may be missing, which the first call reports
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

/**
 * Creates a store in one database for many nodes: PostgreSQL, or a compatible database with row locks (CockroachDB,
 * YugabyteDB, Aurora). Throws a `TypeError` for an invalid option or URL. The first call connects.
 */
export function postgresStore(options: PostgresStoreOptions): Store {
  const problem = typeof options?.url === 'string' ? problemOfUrl(options.url) : undefined
  if (problem !== undefined) throw new TypeError(`${problem}.`)
  assertOptions(options, rules)
  const { url, maxConnections = 10, connectTimeout = 5000, statementTimeout = 5000 } = options
  const pool = connections(
    urlsOf(url),
    {
      application_name: 'totp-flow',
      max: maxConnections,
      connectionTimeoutMillis: connectTimeout,
      query_timeout: statementTimeout * 2, // for a database that does not answer at all
      ...REPLACED,
      types: { getTypeParser },
    },
    {
      statement_timeout: statementTimeout,
      lock_timeout: Math.ceil(statementTimeout / 2),
      idle_in_transaction_session_timeout: statementTimeout * 2,
    },
  )
  const db: Database = new Kysely({ dialect: new SharedDialect(pool) })
  return {
    ...storeOver(db, retryOnPostgres),
    prepare: (note = () => {}) => retryOnPostgres(true, () => migrateUnhurried(options, note)),
  }
}

/** Uses a connection without a request's time limits: a migration, or waiting for another node's, may take long. */
async function migrateUnhurried(
  { url, connectTimeout = 5000 }: PostgresStoreOptions,
  note: (step: string) => void,
): Promise<void> {
  const pool = connections(
    urlsOf(url),
    {
      application_name: 'totp-flow migration',
      max: 1,
      connectionTimeoutMillis: connectTimeout,
      types: { getTypeParser },
    },
    {},
  )
  const db = new Kysely<unknown>({ dialect: new SharedDialect(pool) })
  try {
    await migrate(db, note)
  } finally {
    await db.destroy()
  }
}

/**
 * For a connection whose other end disappeared silently (a machine without power, a firewall that forgot it): an idle
 * one is detected after about 20 s, since Node then probes ten times, a second apart. None stays for long after a
 * failover.
 */
const REPLACED = { keepAlive: true, keepAliveInitialDelayMillis: 10_000, maxLifetimeSeconds: 600 }

const INT8 = 20

/** `bigint` as a number: times in milliseconds and time steps stay far below 2^53. */
function getTypeParser(oid: number, format?: 'text' | 'binary') {
  return oid === INT8 ? Number : types.getTypeParser(oid, format)
}

class SharedDialect extends PostgresDialect {
  readonly #pool: Connections

  constructor(pool: Connections) {
    super({ pool })
    this.#pool = pool
  }

  override createDriver() {
    return new SharedDriver(this.#pool)
  }
}

class SharedDriver extends PostgresDriver {
  readonly #pool: Connections

  constructor(pool: Connections) {
    super({ pool })
    this.#pool = pool
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(this.#pool.begin()))
  }

  /** Gives up a connection that cannot roll back. The caller gets the earlier failure, not this one. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await super
      .rollbackTransaction(connection as Parameters<PostgresDriver['rollbackTransaction']>[0])
      .catch(() => {})
  }
}
