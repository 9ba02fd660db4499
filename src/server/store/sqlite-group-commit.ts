import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import {
  type CompiledQuery,
  type DatabaseConnection,
  DeleteQueryNode,
  type Driver,
  InsertQueryNode,
  type QueryResult,
  UpdateQueryNode,
} from 'kysely'
import { isDiskFailure } from './sqlite-file.ts'

type Write = UpdateQueryNode | InsertQueryNode | DeleteQueryNode

/** A write that waits for the next commit. */
interface Waiting {
  query: CompiledQuery
  resolve: (result: QueryResult<unknown>) => void
  reject: (error: unknown) => void
}

/**
 * A Kysely driver for one SQLite connection. Writes that wait at the same time share a commit, and so a flush of the disk:
 * docs/decisions/sqlite-group-commit.md. A transaction has the connection to itself from beginning to end.
 */
export class SqliteGroupCommit implements Driver {
  readonly #open: () => DatabaseSync
  readonly #onCommit: () => void
  #database: DatabaseSync | undefined
  readonly #prepared = new Map<string, StatementSync>()
  /** Resolves when the last in the queue has released the connection. */
  #last = Promise.resolve()
  #waiting: Waiting[] = []
  /** Whether the disk refused a write, and none has succeeded since. */
  #isRefused = false

  constructor(open: () => DatabaseSync, onCommit: () => void = () => {}) {
    this.#open = open
    this.#onCommit = onCommit
  }

  async init() {
    this.#database = this.#open()
  }

  async acquireConnection() {
    return new Connection(this)
  }

  async beginTransaction(connection: DatabaseConnection) {
    if (!(connection instanceof Connection)) throw new TypeError('a connection of another driver')
    connection.release = await this.#turn()
    // A transaction that reads first and then writes fails at once, without waiting, if another process wrote in between.
    this.#opened.exec('begin immediate')
  }

  async commitTransaction() {
    this.#watching(() => this.#opened.exec('commit'))
    this.#onCommit()
  }

  async rollbackTransaction() {
    this.#rollBackIfOpen()
  }

  async releaseConnection(connection: DatabaseConnection) {
    if (connection instanceof Connection) connection.release?.()
  }

  async destroy() {
    const done = await this.#turn()
    try {
      this.#database?.close()
    } finally {
      done()
    }
  }

  /** Runs inside a transaction that holds the connection. */
  run(query: CompiledQuery): QueryResult<unknown> {
    return this.#watching(() => this.#run(query))
  }

  #run(query: CompiledQuery): QueryResult<unknown> {
    const statement = this.#prepare(query.sql)
    const values = query.parameters.map(toSql)
    // For a statement without rows, such as a pragma that sets a value, or raw SQL that creates a table, this is empty.
    if (!isWrite(query) || query.query.returning) return { rows: statement.all(...values) }
    return { rows: [], numAffectedRows: BigInt(statement.run(...values).changes) }
  }

  async alone(query: CompiledQuery): Promise<QueryResult<unknown>> {
    const done = await this.#turn()
    try {
      if (this.#isRefused && /^update\b/.test(query.sql)) this.#watching(() => this.#addToDisk())
      return this.run(query)
    } finally {
      done()
    }
  }

  shared(query: CompiledQuery): Promise<QueryResult<unknown>> {
    if (this.#waiting.length === 0) setImmediate(() => this.#commit())
    return new Promise((resolve, reject) => {
      this.#waiting.push({ query, resolve, reject })
    })
  }

  #watching<Result>(act: () => Result): Result {
    try {
      return act()
    } catch (error) {
      if (isDiskFailure(error)) this.#isRefused = true
      throw error
    }
  }

  /**
   * An update that finds no row, such as a health check's, needs no disk space, so it does not reveal a full disk. This
   * writes a page with its old content.
   */
  #addToDisk(): void {
    this.#opened.exec('begin immediate')
    try {
      const [version] = Object.values(this.#opened.prepare('pragma user_version').get() ?? {})
      this.#opened.exec(`pragma user_version = ${Number(version)}; commit`)
      this.#isRefused = false
    } finally {
      if (this.#isRefused) this.#rollBackIfOpen()
    }
  }

  get #opened(): DatabaseSync {
    if (!this.#database) throw new TypeError('sqliteStore: not opened')
    return this.#database
  }

  #prepare(sql: string): StatementSync {
    const known = this.#prepared.get(sql)
    if (known) return known
    const prepared = this.#opened.prepare(sql)
    // A cached statement would keep the old columns after a schema change, and a savepoint's name differs each time.
    if (/^(select|insert|update|delete)\b/.test(sql)) this.#prepared.set(sql, prepared)
    return prepared
  }

  /** Waits until the connection is free. Resolves to a function that releases it to the next in the queue. */
  async #turn(): Promise<() => void> {
    const before = this.#last
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#last = promise
    await before
    return resolve
  }

  async #commit(): Promise<void> {
    const done = await this.#turn()
    const together = this.#waiting
    this.#waiting = []
    try {
      const results = together.length > 1 ? this.#inOneTransaction(together) : null
      for (const [index, { query, resolve, reject }] of together.entries()) {
        try {
          resolve(results?.[index] ?? this.run(query))
        } catch (error) {
          reject(error)
        }
      }
      this.#onCommit()
    } finally {
      done()
    }
  }

  /** Awaits nothing, so nobody sees uncommitted data. Returns `null` if one write failed, and then nothing was done. */
  #inOneTransaction(together: readonly Waiting[]): QueryResult<unknown>[] | null {
    try {
      this.#opened.exec('begin immediate')
      const results = together.map(({ query }) => this.run(query))
      this.#opened.exec('commit')
      return results
    } catch {
      this.#rollBackIfOpen()
      return null
    }
  }

  /**
   * Some failures, such as a full disk, roll the transaction back by themselves. The caller gets that failure, not this
   * one.
   */
  #rollBackIfOpen(): void {
    try {
      this.#opened.exec('rollback')
    } catch {}
  }
}

class Connection implements DatabaseConnection {
  readonly #driver: SqliteGroupCommit
  /** Releases the connection that a transaction holds. */
  release: (() => void) | undefined

  constructor(driver: SqliteGroupCommit) {
    this.#driver = driver
  }

  executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>>
  async executeQuery(query: CompiledQuery): Promise<QueryResult<unknown>> {
    if (this.release) return this.#driver.run(query)
    return isWrite(query) ? this.#driver.shared(query) : this.#driver.alone(query)
  }

  // biome-ignore lint/correctness/useYield: streaming is not supported
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new TypeError('sqliteStore: streaming is not supported')
  }
}

const isWrite = (compiled: CompiledQuery): compiled is CompiledQuery & { query: Write } =>
  UpdateQueryNode.is(compiled.query) ||
  InsertQueryNode.is(compiled.query) ||
  DeleteQueryNode.is(compiled.query)

function toSql(value: unknown): SQLInputValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')
    return value
  throw new TypeError(`sqliteStore: cannot store a ${typeof value}`)
}
