/** A database that an older server made and filled, brought up to date: no row loses its meaning. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, describe, expect, inject, it } from 'vitest'
import { THROTTLE } from '../../../src/server/codes/throttle-policy.ts'
import { reasonOf } from '../../../src/server/node/index.ts'
import { postgresStore } from '../../../src/server/store/postgres.ts'
import { sqliteStore } from '../../../src/server/store/sqlite.ts'
import type { Store } from '../../../src/server/store/store.ts'
import { makeDatabase, query } from '../../support/postgres.ts'

const NOW = Date.UTC(2026, 0, 1)
const HOUR = 3_600_000

const done = (...names: string[]) => `
  create table kysely_migration (name varchar(255) not null primary key, timestamp varchar(255) not null);
  create table kysely_migration_lock (id varchar(255) not null primary key, is_locked integer default 0 not null);
  insert into kysely_migration_lock values ('migration_lock', 0);
  ${names.map((name) => `insert into kysely_migration values ('${name}', '2026-11-26T00:00:00.000Z');`).join('\n')}`

const COMMON = `
  create table spent_tokens (jti varchar(64) primary key, expires_at bigint not null);
  create index spent_tokens_by_expiry on spent_tokens (expires_at);
  insert into spent_tokens values ('spent', ${NOW + HOUR});
  create index mfa_tokens_by_user on mfa_tokens (user_id);`

/** As the first release made it. */
const FIRST = `${done('2026-11-24-devices-attempts-tokens-keys')}
  create table devices (user_id varchar(255) primary key, id varchar(64) not null unique, sealed_secret text not null,
    created_at bigint not null, verified_at bigint, last_step bigint default -1 not null);
  create table attempts (user_id varchar(255) primary key, failures integer not null, retry_at bigint not null);
  create table mfa_tokens (hash varchar(64) primary key, user_id varchar(255) not null, single_use integer not null,
    expires_at bigint not null);
  create table signing_keys (generation integer primary key, kid varchar(64) not null unique, public_jwk text not null,
    sealed_private_jwk text not null);
  ${COMMON}
  insert into devices values ('ann', 'ann-1', 'key.iv.ann', ${NOW - 2}, ${NOW - 1}, 7);
  insert into devices values ('bob', 'bob-1', 'key.iv.bob', ${NOW - 2}, null, -1);
  insert into devices values ('cid', 'cid-1', 'key.iv.cid', ${NOW - 2}, ${NOW - 1}, 7);
  insert into attempts values ('ann', 6, ${NOW + 60_000});
  insert into mfa_tokens values ('token', 'cid', 0, ${NOW + HOUR});
  insert into signing_keys values (1, 'first', '{"kid":"first"}', 'key.iv.first');`

/** As the last release before sessions had lives made it. */
const BEFORE_SESSION_RULES = `${done(
  '2026-11-24-devices-attempts-tokens-keys',
  '2026-11-25-throttle-in-the-device-row',
  '2026-11-26-recovery-codes-addresses-key-overlap',
)}
  create table devices (user_id varchar(255) primary key, id varchar(64) not null unique, sealed_secret text not null,
    created_at bigint not null, verified_at bigint, last_step bigint default -1 not null,
    failures bigint default 0 not null, retry_at bigint default 0 not null, recovery_failures bigint default 0 not null,
    recovery_retry_at bigint default 0 not null, recovery_acknowledged bigint default 0 not null);
  create table mfa_tokens (hash varchar(64) primary key, user_id varchar(255) not null, expires_at bigint not null);
  create index mfa_tokens_by_expiry on mfa_tokens (expires_at);
  create table signing_keys (generation integer primary key, kid varchar(64) not null unique, public_jwk text not null,
    sealed_private_jwk text not null, signs_from bigint default 0 not null);
  create table recovery_codes (device_id varchar(64) not null, hash varchar(64) not null,
    constraint recovery_codes_pk primary key (device_id, hash));
  create table address_calls (address varchar(64) not null, window_start bigint not null, calls integer not null,
    constraint address_calls_pk primary key (address, window_start));
  create index address_calls_by_window on address_calls (window_start);
  ${COMMON}
  insert into devices values ('ann', 'ann-1', 'key.iv.ann', ${NOW - 2}, ${NOW - 1}, 7, 6, ${NOW + 60_000}, 5,
    ${NOW + 30_000}, 1);
  insert into devices values ('bob', 'bob-1', 'key.iv.bob', ${NOW - 2}, null, -1, 0, 0, 0, 0, 0);
  insert into devices values ('cid', 'cid-1', 'key.iv.cid', ${NOW - 2}, ${NOW - 1}, 7, 0, 0, 0, 0, 0);
  insert into mfa_tokens values ('token', 'cid', ${NOW + HOUR});
  insert into recovery_codes values ('cid-1', 'kept');
  insert into recovery_codes values ('cid-1', 'other');
  insert into address_calls values ('192.0.2.1', ${NOW}, 119);
  insert into signing_keys values (1, 'first', '{"kid":"first"}', 'key.iv.first', 0);
  insert into signing_keys values (2, 'next', '{"kid":"next"}', 'key.iv.next', ${NOW});`

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

interface Filled {
  store: Store
  /** As an administrator, or a server of an earlier version, would. */
  run(sql: string): Promise<unknown>
}

const databases: [string, (sql: string) => Promise<Filled>][] = [
  [
    'SQLite',
    async (sql) => {
      const folder = mkdtempSync(join(tmpdir(), 'totp-flow-migrations-'))
      cleanUps.push(() => rmSync(folder, { recursive: true }))
      const path = join(folder, 'test.db')
      const database = new DatabaseSync(path)
      database.exec(sql)
      cleanUps.push(() => database.close())
      return { store: sqliteStore({ path }), run: async (text) => database.exec(text) }
    },
  ],
  [
    'PostgreSQL',
    async (sql) => {
      const name = `migrations_${crypto.randomUUID().replaceAll('-', '_')}`
      const url = await makeDatabase(inject('postgresUrl'), name)
      cleanUps.push(() => query(inject('postgresUrl'), `drop database ${name} with (force)`))
      await query(url, sql)
      return { store: postgresStore({ url }), run: (text) => query(url, text) }
    },
  ],
]

describe.each(databases)('on %s', (kind, fill) => {
  async function migrated(sql: string): Promise<Store> {
    const { store } = await fill(sql)
    cleanUps.push(() => store.close())
    const pending = await store.pendingSteps()
    const notes: string[] = []
    await store.prepare((note) => notes.push(note))
    expect(notes).toEqual(pending.map((name) => `migrated ${name}`))
    expect(await store.pendingSteps()).toEqual([])
    return store
  }
  const code = (store: Store, user: string, step: number, recoveryHashes: string[] = []) =>
    store.attempt({
      userId: user,
      deviceId: `${user}-1`,
      now: NOW,
      throttle: THROTTLE,
      step,
      isPending: recoveryHashes.length > 0,
      recoveryHashes,
    })

  it.each([
    ['the first release', FIRST],
    ['the last release before session rules', BEFORE_SESSION_RULES],
  ])('a database of %s keeps its devices, waits, used codes, tokens and keys', async (_name, sql) => {
    const store = await migrated(sql)
    expect(await store.find('ann')).toMatchObject({
      id: 'ann-1',
      sealedSecret: 'key.iv.ann',
      createdAt: NOW - 2,
      verifiedAt: NOW - 1,
      throttle: { failures: 6, retryAt: NOW + 60_000 },
    })
    expect(await code(store, 'ann', 8)).toEqual({ outcome: 'throttled', retryAt: NOW + 60_000 })
    expect(await code(store, 'bob', 8, ['h'])).toEqual({ outcome: 'accepted', enrolled: true })
    expect(await code(store, 'cid', 7)).toEqual({ outcome: 'reused' })
    expect(await code(store, 'cid', 8)).toEqual({ outcome: 'accepted', enrolled: false })
    expect(await store.isConsumed('spent')).toBe(true)
    expect(await store.consumeToken({ jti: 'spent', expiresAt: NOW })).toBe(false)
    const act = { userId: 'cid', deviceId: 'cid-1', now: NOW, proof: { mfaTokenHash: 'token' } }
    expect(await store.replaceRecoveryCodes(act, ['new'])).toBe('replaced')
    const [first] = (await store.signingKeys()).toReversed()
    expect(first).toEqual({
      generation: 1,
      kid: 'first',
      signsFrom: 0,
      publicJwk: '{"kid":"first"}',
      sealedPrivateJwk: 'key.iv.first',
    })
  })

  it('a database from before session rules keeps recovery codes, acknowledgments and key overlap', async () => {
    const store = await migrated(BEFORE_SESSION_RULES)
    expect(await store.find('ann')).toMatchObject({
      recoveryAcknowledged: true,
      recoveryThrottle: { failures: 5, retryAt: NOW + 30_000 },
    })
    expect(await store.recoveryCodesLeft('cid-1')).toBe(2)
    const attempt = { userId: 'cid', deviceId: 'cid-1', now: NOW, throttle: THROTTLE }
    expect(await store.attemptRecovery({ ...attempt, hashes: ['kept'] })).toEqual({
      outcome: 'accepted',
      left: 1,
    })
    expect((await store.signingKeys()).map(({ kid, signsFrom }) => [kid, signsFrom])).toEqual([
      ['next', NOW],
      ['first', 0],
    ])
  })

  it('a database from before session rules ends no session, and lets every session register', async () => {
    const store = await migrated(BEFORE_SESSION_RULES)
    expect(await store.standing('ann', 's1')).toMatchObject({
      rules: { generation: 0, liveFrom: 0, registersFrom: 0, spared: null, begunFrom: 0 },
      isEnded: false,
      hasFailed: false,
    })
    await store.endSessions({ userId: 'ann', now: NOW })
    expect((await store.standing('ann', 's1')).rules.liveFrom).toBe(NOW)
  })

  it('calls counted by the start of their window do not count in the window that ends then', async () => {
    const store = await migrated(BEFORE_SESSION_RULES)
    const calls = [{ address: '192.0.2.1', calls: 1 }]
    expect(await store.countCalls({ windowEnd: NOW, calls })).toEqual(calls)
  })

  it('a failed migration says so and leaves the database unchanged', async () => {
    const { store, run } = await fill(
      `${BEFORE_SESSION_RULES} create table totp_flow_session_reserves (left_over integer);`,
    )
    cleanUps.push(() => store.close())
    const pending = await store.pendingSteps()
    const failed: unknown = await store.prepare().catch((error: unknown) => error)
    expect(reasonOf(failed)).toContain('already exists')
    expect(await store.pendingSteps()).toEqual(pending)
    expect(pending.length).toBeGreaterThan(0)
    await run("update devices set failures = 3 where user_id = 'cid'")
    await run('drop table totp_flow_session_reserves')
    await store.prepare()
    expect((await store.find('cid'))?.throttle.failures).toBe(3)
  })

  it('an older server started by mistake fails, and creates no empty tables', async () => {
    const { store, run } = await fill(BEFORE_SESSION_RULES)
    cleanUps.push(() => store.close())
    await store.prepare()
    await expect(run('create table devices (user_id varchar(255) primary key)')).rejects.toThrow('devices')
    expect((await store.find('ann'))?.id).toBe('ann-1')
  })

  it('tables of the host under the names of an earlier version are left alone', async () => {
    const { store, run } = await fill(`
      create table devices (serial integer); create table signing_keys (name integer);
      insert into devices values (7);
      create table kysely_migration (name varchar(255) primary key, timestamp varchar(255));
      insert into kysely_migration values ('001-of-the-host', '');`)
    cleanUps.push(() => store.close())
    await store.prepare()
    expect(await store.find('ann')).toBeNull()
    await run('update devices set serial = serial + 1; insert into signing_keys values (1)')
    expect(await store.pendingSteps()).toEqual([])
  })

  it('a database that a newer version made is refused by name, and left as it is', async () => {
    const { store, run } = await fill('')
    cleanUps.push(() => store.close())
    await store.prepare()
    await run(`delete from totp_flow_migrations where name like '2026-11-28-%'`)
    await run(`insert into totp_flow_migrations values ('2031-01-01-of-the-future', 0)`)
    for (const ask of [() => store.prepare(), () => store.pendingSteps()]) {
      const refused: unknown = await ask().catch((error: unknown) => error)
      expect(reasonOf(refused)).toBe(
        'This database was made by a newer version of totp-flow (2031-01-01-of-the-future is unknown to this one). Run that version, or restore a backup from before.',
      )
    }
    await run('drop table totp_flow_session_rules') // which the two steps that are missing would have found, or made again
    await expect(store.prepare()).rejects.toMatchObject({ code: 'server' })
    await expect(run('select * from totp_flow_session_rules')).rejects.toThrow('totp_flow_session_rules')
  })

  it.runIf(kind === 'PostgreSQL')(
    'older servers on PostgreSQL keep reading and writing while nodes are replaced',
    async () => {
      const { store, run } = await fill(BEFORE_SESSION_RULES)
      cleanUps.push(() => store.close())
      await store.prepare()
      await run(`insert into devices as d (user_id, id, sealed_secret, created_at, last_step) values
        ('dora', 'dora-1', 'key.iv.dora', ${NOW}, -1)
        on conflict (user_id) do update set id = excluded.id where d.verified_at is null returning id`)
      await run(`insert into devices (user_id, id, sealed_secret, created_at, last_step) values
        ('dora', 'dora-2', 'key.iv.dora', ${NOW}, -1)
        on conflict (user_id) do update set id = 'dora-2' where devices.verified_at is null returning id`)
      expect(await store.find('dora')).toMatchObject({ id: 'dora-2', throttle: { failures: 0 } })
      await run(`update devices set last_step = 8 where user_id = 'cid' and last_step < 8 returning id`)
      expect(await code(store, 'cid', 8)).toEqual({ outcome: 'reused' })
      await run(`insert into spent_tokens values ('new', ${NOW}) on conflict do nothing returning jti`)
      expect(await store.isConsumed('new')).toBe(true)
      await run(`delete from devices where user_id = 'dora' returning id`)
      expect(await store.find('dora')).toBeNull()
    },
  )
})
