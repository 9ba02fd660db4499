/** PgBouncer in transaction mode as it is delivered: it refuses limits of time, and lends a connection for one transaction. */
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { postgresStore } from '../../src/server/store/postgres.ts'
import { hasDebianPostgres, type Node, type Operated, operate } from '../support/debian-postgres.ts'
import { makeDatabase, query } from '../support/postgres.ts'
import { createWorld, type World } from '../support/world.ts'

/** A command of PgBouncer's console, which takes simple queries alone. */
const administer = (port: number, command: string) =>
  query(`postgres://postgres@127.0.0.1:${port}/pgbouncer`, command)

/** Takes a connection as soon as there is one: the pooler may still count a client that has left. */
async function hold(port: number): Promise<Client> {
  while (true) {
    const client = new Client({ connectionString: `postgres://postgres@127.0.0.1:${port}/postgres` })
    client.on('error', () => {}) // ended with its pooler, if the test fails
    const isHeld = await client.connect().then(
      () => true,
      () => false,
    )
    if (isHeld) return client
  }
}

describe.skipIf(!hasDebianPostgres)('behind PgBouncer', () => {
  let operated: Operated
  let primary: Node
  let url: string
  let urlOf18: string
  const worlds: World[] = []

  beforeAll(async () => {
    operated = operate()
    primary = await operated.primary()
    url = `postgres://postgres@127.0.0.1:${await operated.pooler(primary.port)}/postgres`
    const { port, password } = new URL(inject('postgresUrl'))
    const name = 'pooled'
    await makeDatabase(inject('postgresUrl'), name)
    urlOf18 = `postgres://postgres@127.0.0.1:${await operated.pooler(Number(port), { password })}/${name}`
  })
  afterAll(async () => {
    for (const world of worlds) await world.close()
    await operated?.end()
  })
  const newWorld = (statementTimeout = 5000, at = url) => {
    const world = createWorld(() => postgresStore({ url: at, statementTimeout }))
    worlds.push(world)
    return world
  }

  it.each([
    ['Debian’s PostgreSQL', () => url],
    ['PostgreSQL 18', () => urlOf18],
  ])(
    'two nodes behind PgBouncer in transaction mode over %s enroll, verify and recover many users at once with default settings, without prepared statements',
    async (kind, at) => {
      const [row] = await query(at(), "select current_setting('server_version_num')::int as version")
      if (kind === 'PostgreSQL 18') expect(row?.version).toBeGreaterThanOrEqual(180_000)
      const nodes = [newWorld(5000, at()), newWorld(5000, at())]
      await Promise.all(nodes.map(({ server }) => server.ready()))
      const sent = vi.spyOn(Client.prototype, 'query')
      const statuses = await Promise.all(
        Array.from({ length: 40 }, async (_, index) => {
          const [one, other] = index % 2 ? nodes : nodes.toReversed()
          if (!one || !other) throw new Error('two nodes')
          const as = `user-${index}`
          const { secret } = (await one.call('GET', '/users/mfa/register/totp', { as })).body
          const enrolled = await other.call('POST', '/users/mfa/auth/totp', {
            as,
            body: { code: one.codeOf(secret) },
          })
          const verified = await one.call('POST', '/users/mfa/auth/totp', {
            as,
            body: { code: one.codeOf(secret, 1) },
          })
          const code = enrolled.body.recoveryCodes[0]
          const recovered = await other.call('POST', '/users/mfa/auth/recovery', { as, body: { code } })
          const guessed = await one.call('POST', '/users/mfa/auth/recovery', { as, body: { code } })
          return [enrolled, verified, recovered, guessed].map(({ status }) => status).join()
        }),
      )
      expect(new Set(statuses)).toEqual(new Set(['200,200,200,400']))
      expect(sent).toHaveBeenCalled()
      expect(sent.mock.calls.filter(([statement]) => typeof statement !== 'string')).toEqual([])
      sent.mockRestore()
      const ready = await nodes[0]?.server.fetch(new Request('http://test.local/readyz'))
      expect(ready?.status).toBe(200)
    },
  )

  it('a pooler that looks like the database itself, and shares prepared statements between clients, costs no caller an error', async () => {
    const own = await operated.primary()
    await query(own.url, "alter role postgres set statement_timeout = '7s'")
    const disguised = await operated.pooler(own.port, {
      settings:
        'ignore_startup_parameters = statement_timeout, lock_timeout, idle_in_transaction_session_timeout',
    })
    const at = `postgres://postgres@127.0.0.1:${disguised}/postgres`
    const nodes = [newWorld(5000, at), newWorld(5000, at)] as const
    await Promise.all(nodes.map(({ server }) => server.ready()))
    const statuses = await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        const [one, other] = [nodes[index % 2 ? 0 : 1], nodes[index % 2 ? 1 : 0]]
        const as = `user-${index}`
        const { secret } = (await one.call('GET', '/users/mfa/register/totp', { as })).body
        const verified = [0, 1].map((step) => ({ as, body: { code: one.codeOf(secret, step) } }))
        const enrolled = await other.call('POST', '/users/mfa/auth/totp', verified[0])
        const again = await one.call('POST', '/users/mfa/auth/totp', verified[1])
        return `${enrolled.status},${again.status}`
      }),
    )
    expect(new Set(statuses)).toEqual(new Set(['200,200']))
  })

  it('a database stopped behind PgBouncer causes 503 with Retry-After, and its return costs no caller an error', async () => {
    const own = await operated.primary()
    const at = (port: number) => `postgres://postgres@127.0.0.1:${port}/postgres`
    const world = newWorld(5000, at(await operated.pooler(own.port, { loginRetrySeconds: 1 })))
    await world.server.ready()
    const registering = async (as: string) => {
      const { status, headers } = await world.call('GET', '/users/mfa/register/totp', { as })
      return `${status} ${headers.get('retry-after') !== null}`
    }
    const ready = () => world.server.fetch(new Request('http://test.local/readyz'))
    expect(await registering('before')).toBe('200 false')

    own.control('-m', 'fast', 'stop')
    const [first, ...others] = await Promise.all(
      Array.from({ length: 12 }, (_, index) => registering(`during-${index}`)),
    )
    expect(first).toBe('503 true')
    expect(new Set(others)).toEqual(new Set(['503 true']))
    expect((await ready()).status).toBe(503)
    const fresh = newWorld(5000, at(await operated.pooler(own.port, { loginRetrySeconds: 1 })))
    await expect(fresh.server.ready()).rejects.toMatchObject({ code: 'server', status: 503 })

    own.control('restart') // on the port of before
    await expect.poll(async () => (await ready()).status).toBe(200)
    expect(await registering('after')).toBe('200 false')
    const began = performance.now()
    const waiting: string[] = []
    const load = Array.from({ length: 8 }, async (_, index) => {
      for (let turn = 0; performance.now() - began < 3000; turn++)
        waiting.push(await registering(`load-${index}-${turn}`))
    })
    own.control('-m', 'fast', 'restart')
    const took = performance.now() - began
    await Promise.all(load)
    // On a machine that took longer than the store's patience, some were told to come again.
    if (took < 2500) expect(new Set(waiting)).toEqual(new Set(['200 false']))
    expect(waiting.filter((one) => !['200 false', '503 true'].includes(one))).toEqual([])
  })

  it('a pooler that is full or paused, or whose database is disabled, causes 503', async () => {
    const full = await operated.pooler(primary.port, { settings: 'max_client_conn = 1' })
    const held = await hold(full)
    const store = postgresStore({ url: `postgres://postgres@127.0.0.1:${full}/postgres` })
    await expect(store.ping()).rejects.toMatchObject({ code: 'server', status: 503 })
    await held.end()
    await expect.poll(() => store.ping().then(() => 'reached')).toBe('reached')
    await store.close()
    const managed = await operated.pooler(primary.port, {
      settings: 'admin_users = postgres\nquery_wait_timeout = 1',
    })
    const url = `postgres://postgres@127.0.0.1:${managed}/postgres`
    const other = postgresStore({ url })
    await other.ping()
    for (const [command, undo] of [
      ['disable postgres', 'enable postgres'],
      ['pause postgres', 'resume postgres'],
    ] as const) {
      await administer(managed, command)
      const asked = postgresStore({ url })
      await expect(asked.ping()).rejects.toMatchObject({ code: 'server', status: 503 })
      await administer(managed, undo)
      await asked.ping()
      await asked.close()
    }
    await other.close()
  })

  it('a transaction behind PgBouncer waits for a lock no longer than its limit, which does not leak to other transactions', async () => {
    const world = newWorld(600)
    await world.enroll('ann')
    const hold = query(
      primary.url,
      "begin; select 1 from totp_flow_session_rules where user_id = 'ann' for update; select pg_sleep(2); commit",
    )
    const held = "select 1 from pg_stat_activity where query like '%pg_sleep(2)%' and wait_event = 'PgSleep'"
    await expect.poll(async () => (await query(primary.url, held)).length).toBe(1)
    const store = postgresStore({ url, statementTimeout: 600 })
    const began = performance.now()
    await expect(store.endSessions({ userId: 'ann', now: world.now })).rejects.toMatchObject({ status: 503 })
    expect(performance.now() - began).toBeLessThan(1500)
    await hold
    await store.close()
    const settings = await Promise.all(
      Array.from({ length: 8 }, () => query(url, "select current_setting('lock_timeout') as kept")),
    )
    expect(new Set(settings.flat().map(({ kept }) => kept))).toEqual(new Set(['0']))
  })
})
