/** PgBouncer in transaction mode as it is delivered: it refuses limits of time, and lends a connection for one transaction. */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { postgresStore } from '../../src/server/store/postgres.ts'
import { hasDebianPostgres, type Node, type Operated, operate } from '../support/debian-postgres.ts'
import { makeDatabase, query } from '../support/postgres.ts'
import { createWorld, type World } from '../support/world.ts'

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
    urlOf18 = `postgres://postgres@127.0.0.1:${await operated.pooler(Number(port), password)}/${name}`
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
    'two nodes behind PgBouncer in transaction mode over %s enroll, verify and recover many users at once without a setting',
    async (kind, at) => {
      const [row] = await query(at(), "select current_setting('server_version_num')::int as version")
      if (kind === 'PostgreSQL 18') expect(row?.version).toBeGreaterThanOrEqual(180_000)
      const nodes = [newWorld(5000, at()), newWorld(5000, at())]
      await Promise.all(nodes.map(({ server }) => server.ready()))
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
      const ready = await nodes[0]?.server.fetch(new Request('http://test.local/readyz'))
      expect(ready?.status).toBe(200)
    },
  )

  it('a transaction behind PgBouncer waits for a lock no longer than its limit, and leaves no limit to others', async () => {
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
