import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { PostgresDialect, SqliteDialect } from 'kysely'
import { Pool } from 'pg'
import { inject } from 'vitest'
import { TotpFlowError } from '../../src/contract/errors.ts'
import { memoryStore } from '../../src/server/store/memory.ts'
import { sqlStore } from '../../src/server/store/sql-store.ts'
import type { Store } from '../../src/server/store/store.ts'
import { databaseUrl, makeDatabase } from './postgres.ts'
import { startWorker } from './worker.ts'
import { databaseNameOf } from './world.ts'

/** Kysely's dialect of PostgreSQL over a pool as anybody makes one: it answers a `bigint` as a text. */
export function dialectOfPostgres(path: string): Store {
  const serverUrl = inject('postgresUrl')
  const name = databaseNameOf(path)
  const pool = new Pool({ connectionString: databaseUrl(serverUrl, name) })
  const store = sqlStore(new PostgresDialect({ pool }))
  return {
    ...store,
    async prepare(note) {
      await makeDatabase(serverUrl, name)
      await store.prepare(note)
    },
  }
}

/** Kysely's dialect of SQLite, over a driver that has the methods of better-sqlite3. */
export function dialectOfSqlite(path: string): Store {
  const database = new DatabaseSync(path)
  return sqlStore(
    new SqliteDialect({
      database: {
        close: () => database.close(),
        prepare(sql) {
          const statement = database.prepare(sql)
          statement.setReadBigInts(true)
          return {
            reader: /^\s*select|returning/i.test(sql),
            all: (parameters) => statement.all(...parameters.map(asInput)),
            run: (parameters) => statement.run(...parameters.map(asInput)),
            iterate: (parameters) => statement.iterate(...parameters.map(asInput)),
          }
        },
      },
    }),
  )
}

const asInput = (value: unknown): SQLInputValue => {
  if (value === null || ['string', 'number', 'bigint'].includes(typeof value)) return value as SQLInputValue
  throw new TypeError(`cannot store a ${typeof value}`)
}

let worker: ReturnType<typeof startWorker> | undefined
export const endWorker = async (): Promise<void> => (await worker)?.end()

/** A store in a Durable Object of its own, in Cloudflare's runtime: each verb is a call to it. */
export function storeInDurableObject(path: string): Store {
  worker ??= startWorker('test/support/store-worker.ts', {
    durableObjects: { STORED: { className: 'Stored', useSQLite: true } },
  })
  async function call(verb: string, given: unknown[]): Promise<unknown> {
    const { url } = await (worker as ReturnType<typeof startWorker>)
    const name = path.replaceAll('/', '-')
    const response = await fetch(`${url}/${name}`, { method: 'POST', body: JSON.stringify({ verb, given }) })
    const { answer, error } = JSON.parse(await response.text())
    if (error)
      throw new TotpFlowError(error.code, {
        message: error.message,
        retryAt: error.retryAt,
        cause: error.cause,
      })
    return answer
  }
  const verbs = Object.keys(memoryStore()).map((verb) => [verb, (...given: unknown[]) => call(verb, given)])
  return Object.fromEntries(verbs)
}
