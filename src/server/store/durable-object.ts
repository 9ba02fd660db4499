/**
 * The store inside a Durable Object of Cloudflare Workers: docs/operating.md#other-runtimes-other-databases.
 *
 * @module totp-flow/server/durable-object
 */
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import { storeOver } from './sql.ts'
import type { Database } from './sql-database.ts'
import { retryOnSqlite } from './sqlite-retry.ts'
import type { Store } from './store.ts'

/** The part of `ctx.storage` that is used, in an object whose class is listed under `new_sqlite_classes`. */
export interface SqlStorage {
  /** Runs one statement synchronously. */
  sql: { exec(query: string, ...bindings: (string | number | null)[]): { toArray(): object[] } }
  /** Rolls back what the closure did if it throws. */
  transaction<Result>(closure: () => Promise<Result>): Promise<Result>
}

/**
 * Of the limit of 100 (https://developers.cloudflare.com/durable-objects/platform/limits/), minus parameters beside the
 * rows.
 */
const MOST_PARAMETERS = 80

/**
 * Creates the store of one Durable Object, in the object's own database. All users of an environment live in one object, which
 * serves one call after the other. To scale, give each tenant its own environment and object.
 */
export function durableObjectStore(storage: SqlStorage): Store {
  const db: Database = new Kysely({
    dialect: {
      createDriver: () => new DurableObjectDriver(storage),
      createQueryCompiler: () => new SqliteQueryCompiler(),
      createIntrospector: (kysely) => new SqliteIntrospector(kysely),
      createAdapter: () => new OneObjectAdapter(),
    },
  })
  return storeOver(db, retryOnSqlite, MOST_PARAMETERS)
}

class OneObjectAdapter extends SqliteAdapter {
  /** The driver queues them. */
  override get supportsMultipleConnections() {
    return true
  }
}

/** Rolls a transaction back: the storage does that when its function throws. */
const ROLLBACK = new Error('undone')

/**
 * Statements are synchronous, and there are no statements for begin and commit: a transaction lasts as long as a
 * function that the storage calls. A transaction has the object's database to itself, so rolling it back undoes nobody
 * else's writes.
 */
class DurableObjectDriver implements Driver {
  readonly #storage: SqlStorage
  /** Resolves when the last in the queue has released the database. */
  #last = Promise.resolve()

  constructor(storage: SqlStorage) {
    this.#storage = storage
  }

  async init() {}

  async acquireConnection() {
    return new Connection(this)
  }

  async beginTransaction(connection: DatabaseConnection) {
    if (!(connection instanceof Connection)) throw new TypeError('a connection of another driver')
    const done = await this.#turn()
    const begun = Promise.withResolvers<void>()
    const end = Promise.withResolvers<void>()
    const ended = this.#storage.transaction(() => {
      begun.resolve()
      return end.promise
    })
    ended.catch(begun.reject)
    connection.transaction = {
      done,
      async commit() {
        end.resolve()
        await ended
      },
      async rollback() {
        end.reject(ROLLBACK)
        await ended.catch(() => {})
      },
    }
    await begun.promise
  }

  async commitTransaction(connection: DatabaseConnection) {
    await transactionOf(connection)?.commit()
  }

  async rollbackTransaction(connection: DatabaseConnection) {
    await transactionOf(connection)?.rollback()
  }

  async releaseConnection(connection: DatabaseConnection) {
    transactionOf(connection)?.done()
  }

  async destroy() {}

  async alone(query: CompiledQuery): Promise<QueryResult<unknown>> {
    const done = await this.#turn()
    try {
      return this.run(query)
    } finally {
      done()
    }
  }

  run({ sql, parameters }: CompiledQuery): QueryResult<unknown> {
    const rows = this.#storage.sql.exec(sql, ...parameters.map(toSql)).toArray()
    if (!/^(?:insert|update|delete)\b/.test(sql)) return { rows }
    const [changed] = this.#storage.sql.exec('select changes() as count').toArray()
    return { rows, numAffectedRows: BigInt(Object(changed).count) }
  }

  async #turn(): Promise<() => void> {
    const before = this.#last
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#last = promise
    await before
    return resolve
  }
}

interface OpenTransaction {
  commit(): Promise<void>
  rollback(): Promise<void>
  /** Releases the database to the next in the queue. */
  done(): void
}

class Connection implements DatabaseConnection {
  readonly #driver: DurableObjectDriver
  transaction: OpenTransaction | undefined

  constructor(driver: DurableObjectDriver) {
    this.#driver = driver
  }

  executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>>
  async executeQuery(query: CompiledQuery): Promise<QueryResult<unknown>> {
    return this.transaction ? this.#driver.run(query) : this.#driver.alone(query)
  }

  // biome-ignore lint/correctness/useYield: streaming is not supported
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new TypeError('durableObjectStore: streaming is not supported')
  }
}

const transactionOf = (connection: DatabaseConnection): OpenTransaction | undefined =>
  connection instanceof Connection ? connection.transaction : undefined

function toSql(value: unknown): string | number | null {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value
  throw new TypeError(`durableObjectStore: cannot store a ${typeof value}`)
}
