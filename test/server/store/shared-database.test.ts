/** A database and a schema that the server shares with its host, and roles that may not change them. */
import { type Kysely, PostgresDialect, Kysely as SqlOf } from 'kysely'
import { Migrator } from 'kysely/migration'
import { Pool } from 'pg'
import { afterEach, expect, inject, it } from 'vitest'
import { causeCode } from '../../../src/server/audit/cause-code.ts'
import { reasonOf } from '../../../src/server/node/index.ts'
import { postgresStore } from '../../../src/server/store/postgres.ts'
import type { Store } from '../../../src/server/store/store.ts'
import { command } from '../../support/cli-in-process.ts'
import { makeDatabase, query } from '../../support/postgres.ts'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

async function newDatabase(): Promise<string> {
  const name = `shared_${crypto.randomUUID().replaceAll('-', '_')}`
  const url = await makeDatabase(inject('postgresUrl'), name)
  cleanUps.push(() => query(inject('postgresUrl'), `drop database ${name} with (force)`))
  return url
}
function storeOf(url: string): Store {
  const store = postgresStore({ url })
  cleanUps.push(() => store.close())
  return store
}
/** The URL for a role that may read and write what is there, and make nothing. */
async function asRuntimeRole(url: string): Promise<string> {
  const role = `runtime_${crypto.randomUUID().replaceAll('-', '_')}`
  await query(url, `create role ${role} login password 'runtime'`)
  cleanUps.push(async () => {
    await query(url, `drop owned by ${role}; drop role ${role}`)
  })
  await query(
    url,
    `revoke create on schema public from public;
     grant select, insert, update, delete on all tables in schema public to ${role}`,
  )
  const own = new URL(url)
  own.username = role
  own.password = 'runtime'
  return own.href
}

/** The host's own schema, by Kysely's migrator as its documentation has it. */
async function migrateHost(url: string, names: readonly string[]): Promise<void> {
  const db = new SqlOf<unknown>({
    dialect: new PostgresDialect({ pool: new Pool({ connectionString: url }) }),
  })
  const up = async (on: Kysely<unknown>) => {
    await on.schema.createTable('devices').ifNotExists().addColumn('serial', 'integer').execute()
  }
  const migrations = Object.fromEntries(names.map((name) => [name, { up }]))
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  try {
    const { error } = await migrator.migrateToLatest()
    if (error) throw error
  } finally {
    await db.destroy()
  }
}

it.each(['before', 'after'])(
  'an app that migrates the same schema by Kysely’s own migrator %s the server does so for ever',
  async (order) => {
    const url = await newDatabase()
    const store = storeOf(url)
    if (order === 'before') await migrateHost(url, ['001'])
    await store.prepare()
    await migrateHost(url, ['001'])
    await storeOf(url).prepare()
    await migrateHost(url, ['001', '002'])
    expect(await store.pendingSteps()).toEqual([])
    expect(await query(url, 'select * from devices')).toEqual([]) // the host's
    expect(await store.find('ann')).toBeNull()
  },
)

it('an app whose migrator stopped at the steps of an earlier server version continues after the server has migrated', async () => {
  const url = await newDatabase()
  await query(
    url,
    `create table kysely_migration (name varchar(255) primary key, timestamp varchar(255) not null);
     insert into kysely_migration values ('001', '1');
     create table signing_keys (generation integer primary key);
     create table mfa_tokens (hash varchar(64) primary key, user_id varchar(255), single_use integer, expires_at bigint);
     create table spent_tokens (jti varchar(64) primary key, expires_at bigint);
     create table devices (user_id varchar(255) primary key, id varchar(64), sealed_secret text, created_at bigint,
       verified_at bigint, last_step bigint);
     create table attempts (user_id varchar(255) primary key, failures integer, retry_at bigint);
     insert into kysely_migration values ('2026-11-24-devices-attempts-tokens-keys', '2')`,
  )
  await expect(migrateHost(url, ['001', '002'])).rejects.toThrow('corrupted migrations')
  await storeOf(url).prepare()
  await migrateHost(url, ['001', '002'])
  expect(await query(url, 'select name from kysely_migration order by name')).toEqual([
    { name: '001' },
    { name: '002' },
  ])
})

it('two servers in two schemas of one database make their tables each in its own', async () => {
  const url = await newDatabase()
  await query(url, 'create schema a; create schema b')
  for (const schema of ['a', 'b']) {
    const store = storeOf(`${url}?options=-c%20search_path%3D${schema}`)
    await store.prepare()
    await store.consumeToken({ jti: schema, expiresAt: 1 })
  }
  expect(await query(url, 'select jti from a.totp_flow_spent_tokens')).toEqual([{ jti: 'a' }])
  expect(await query(url, 'select jti from b.totp_flow_spent_tokens')).toEqual([{ jti: 'b' }])
})

it('a role without the right to create tables can serve an up-to-date schema', async () => {
  const url = await newDatabase()
  await storeOf(url).prepare()
  const store = storeOf(await asRuntimeRole(url))
  await store.prepare()
  await store.ping('write')
  expect(await store.consumeToken({ jti: 'one', expiresAt: 1 })).toBe(true)
})

it('a role without the right to create tables gets a message that names the missing right, and who can grant it', async () => {
  const url = await newDatabase()
  await storeOf(url).prepare()
  await query(
    url,
    `delete from totp_flow_migrations where name = '2026-11-28-session-rules-and-reserves';
     drop table totp_flow_session_rules, totp_flow_session_reserves`,
  )
  const runtime = await asRuntimeRole(url)
  const refused: unknown = await storeOf(runtime)
    .prepare()
    .catch((error: unknown) => error)
  expect(reasonOf(refused)).toBe(
    'This role may not change the schema: permission denied for schema public (42501). Run totp-flow migrate as the owner of the tables, or grant it create on the schema',
  )
  const { code, err } = await command(['migrate'], { DATABASE_URL: runtime })
  expect([code, err]).toEqual([1, `${reasonOf(refused)}.\n`])
})

it('a role that may write nothing is not ready, and says why', async () => {
  const url = await newDatabase()
  await storeOf(url).prepare()
  const runtime = await asRuntimeRole(url)
  await query(url, 'revoke update on all tables in schema public from public')
  await query(url, `revoke update on all tables in schema public from ${new URL(runtime).username}`)
  const store = storeOf(runtime)
  await store.prepare()
  await store.ping()
  const refused: unknown = await store.ping('write').catch((error: unknown) => error)
  expect(refused).toMatchObject({ code: 'server', status: 503 })
  expect(causeCode(refused)).toBe('42501')
})

it('a read-only database can be read, and is not ready', async () => {
  const url = await newDatabase()
  const owner = storeOf(url)
  await owner.prepare()
  await owner.consumeToken({ jti: 'one', expiresAt: 1 })
  const name = new URL(url).pathname.slice(1)
  await query(inject('postgresUrl'), `alter database ${name} set default_transaction_read_only = on`)
  const store = storeOf(url)
  await store.prepare()
  expect(await store.isConsumed('one')).toBe(true)
  await store.ping()
  expect(reasonOf(await store.ping('write').catch((error: unknown) => error))).toContain('25006')
})
