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

/** What is asked of `ctx.storage`, in an object whose class is listed under `new_sqlite_classes`. */
export interface SqlStorage {
  /** Runs one statement at once. */
  sql: { exec(query: string, ...bindings: (string | number | null)[]): { toArray(): object[] } }
  /** Undoes what the closure did if it throws. */
  transaction<Result>(closure: () => Promise<Result>): Promise<Result>
}

/** Of 100 (https://developers.cloudflare.com/durable-objects/platform/limits/), without what stands beside the rows. */
const MOST_PARAMETERS = 80

/**
 * The store of one Durable Object, in the database that the object has. All users of one environment live in one object, which
 * is what serves them, one call after the other: for more, give each tenant an environment and an object.
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
  /** The driver has them take turns. */
  override get supportsMultipleConnections() {
    return true
  }
}

/** Rolls a transaction back: the storage does that when its function throws. */
const ROLLBACK = new Error('undone')

/**
 * Statements answer on the spot, and begin and commit are no statements here: a transaction lasts as long as a function that
 * the storage calls. A transaction has the object's database to itself, so what others write meanwhile is not undone with it.
 */
class DurableObjectDriver implements Driver {
  readonly #storage: SqlStorage
  /** Resolves when the last in the queue for the database is done with it. */
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
  /** Lets the next in line have the database. */
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

  // biome-ignore lint/correctness/useYield: nothing is streamed from here
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new TypeError('durableObjectStore: nothing is streamed')
  }
}

const transactionOf = (connection: DatabaseConnection): OpenTransaction | undefined =>
  connection instanceof Connection ? connection.transaction : undefined

function toSql(value: unknown): string | number | null {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value
  throw new TypeError(`durableObjectStore: cannot store a ${typeof value}`)
}
