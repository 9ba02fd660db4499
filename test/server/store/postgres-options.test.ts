/** What is handed to `pg`, which no query shows: limits of time, and listeners without which the process would end. */
import type { Pool, PoolConfig } from 'pg'
import { afterEach, expect, inject, it, vi } from 'vitest'
import { type PostgresStoreOptions, postgresStore } from '../../../src/server/store/postgres.ts'
import { makeDatabase, query } from '../../support/postgres.ts'

const made = vi.hoisted((): { pools: Pool[]; options: PoolConfig[] } => ({ pools: [], options: [] }))
vi.mock('pg', async (importOriginal) => {
  const pg = await importOriginal<typeof import('pg')>()
  return {
    ...pg,
    Pool: class extends pg.Pool {
      constructor(options: PoolConfig) {
        super(options)
        made.pools.push(this)
        made.options.push(options)
      }
    },
  }
})

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
  made.pools.length = 0
  made.options.length = 0
})

async function storeOf(options: Partial<PostgresStoreOptions> = {}) {
  const name = `options_${crypto.randomUUID().replaceAll('-', '_')}`
  const url = await makeDatabase(inject('postgresUrl'), name)
  cleanUps.push(() => query(inject('postgresUrl'), `drop database ${name} with (force)`))
  const store = postgresStore({ url, ...options })
  cleanUps.push(() => store.close())
  const [pool] = made.pools
  if (!pool) throw new Error('no pool')
  return { store, pool, url }
}
const settings = async (pool: Pool) => {
  const { rows } = await pool.query(
    `select name, setting::int from pg_settings where name in
      ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout')`,
  )
  return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))
}
const OF_THE_STORE = "datname = current_database() and application_name like 'totp-flow%'"
const connectionsOf = (url: string) => query(url, `select pid from pg_stat_activity where ${OF_THE_STORE}`)

it.each([
  [undefined, 5000],
  [700, 700],
])('the database itself ends a statement that takes longer than a timeout of %s', async (given, expected) => {
  const { pool } = await storeOf(given === undefined ? {} : { statementTimeout: given })
  expect(await settings(pool)).toEqual({
    statement_timeout: expected,
    lock_timeout: expected / 2,
    idle_in_transaction_session_timeout: expected * 2,
  })
})

it('the server gives up on a database that never answers, or goes silent', async () => {
  const { store } = await storeOf({ maxConnections: 3, connectTimeout: 400, statementTimeout: 700 })
  expect(made.options).toMatchObject([
    {
      max: 3,
      connectionTimeoutMillis: 400,
      query_timeout: 1400,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      maxLifetimeSeconds: 600,
    },
  ])
  await store.prepare()
  expect(made.options[1]).toMatchObject({ max: 1, connectionTimeoutMillis: 400 })
})

it('a migration has no timeout, and leaves no connection open', async () => {
  const { store, url } = await storeOf({ statementTimeout: 700 })
  await store.prepare()
  const [, migration] = made.options
  for (const name of ['statement_timeout', 'lock_timeout', 'query_timeout']) {
    expect(migration).not.toHaveProperty(name)
  }
  expect(made.pools).toHaveLength(2)
  await expect.poll(() => connectionsOf(url)).toEqual([])
})

it('a failed migration leaves no connection open', async () => {
  const { store, url } = await storeOf()
  await query(url, 'create table totp_flow_devices (left_over integer)')
  await expect(store.prepare()).rejects.toMatchObject({ code: 'server' })
  await expect.poll(() => connectionsOf(url)).toEqual([])
})

it('an idle connection that the database cuts ends no process, and is replaced', async () => {
  const { store, pool, url } = await storeOf()
  await store.prepare()
  await store.ping()
  const cut = new Promise((resolve) => pool.once('remove', resolve))
  await query(url, `select pg_terminate_backend(pid) from pg_stat_activity where ${OF_THE_STORE}`)
  await cut
  await store.ping()
})

it('a connection that breaks between two statements of a transaction ends no process', async () => {
  const { pool } = await storeOf()
  const client = await pool.connect()
  client.emit('error', new Error('cut'))
  client.release(true)
})

it('closing the store closes its connections', async () => {
  const { store, url } = await storeOf()
  await store.ping()
  expect(await connectionsOf(url)).toHaveLength(1)
  await store.close()
  cleanUps.pop()
  await expect.poll(() => connectionsOf(url)).toEqual([])
})
