/** Four processes' worth of load while a synchronous standby takes over, and the old primary stays, read-only. */
import { createServer, type Server } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgresStore } from '../../src/server/store/postgres.ts'
import { hasDebianPostgres, type Node, type Operated, operate } from '../support/debian-postgres.ts'
import { query } from '../support/postgres.ts'
import { createWorld, type World } from '../support/world.ts'

const USERS = 24

describe.skipIf(!hasDebianPostgres).each(['behind a balancer', 'by the hosts of a URL'])('%s', (way) => {
  let operated: Operated
  let old: Node
  let next: Node
  let world: World
  const checks: Server[] = []

  /** What Patroni answers a balancer: 200 from the server that takes writes. */
  async function checkOf(node: Node): Promise<number> {
    const server = createServer(async (_, response) => {
      const [row] = await query(node.url, "select current_setting('transaction_read_only') as is").catch(
        () => [],
      )
      response.writeHead(row?.is === 'off' ? 200 : 503).end()
    })
    checks.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    return address.port
  }

  beforeAll(async () => {
    operated = operate()
    old = await operated.primary()
    next = await operated.standby(old)
    await query(old.url, "alter system set synchronous_standby_names = 'other'")
    await query(old.url, 'select pg_reload_conf()')
    const url =
      way === 'behind a balancer'
        ? `postgres://postgres@127.0.0.1:${await operated.balancer([
            { port: old.port, checkPort: await checkOf(old) },
            { port: next.port, checkPort: await checkOf(next) },
          ])}/postgres`
        : `postgres://postgres@127.0.0.1:${next.port},127.0.0.1:${old.port}/postgres`
    world = createWorld(() => postgresStore({ url }))
  })
  const ready = async () => (await world.server.fetch(new Request('http://test.local/readyz'))).status
  afterAll(async () => {
    await world?.close()
    for (const server of checks) server.close()
    await operated?.end()
  })

  it(`a switchover under load ${way} costs no caller an error, loses nothing, and accepts no code twice`, async () => {
    const users = []
    for (let index = 0; index < USERS; index++) users.push(await world.enroll(`u-${index}`))
    const answers = { total: 0, after: 0, others: [] as string[] }
    let isSwitched = false
    let isOver = false
    const load = users.map(async ({ secret }, index) => {
      const as = `u-${index}`
      for (let step = 2; !isOver; step += 2) {
        const code = world.codeOf(secret, step % 3 === 0 ? 0 : 1)
        const { status, body } = await world.call('POST', '/users/mfa/auth/totp', { as, body: { code } })
        answers.total++
        if (isSwitched) answers.after++
        if (status !== 200 && body.reason !== 'code_reused') answers.others.push(`${status} ${body.code}`)
        const registering = await world.call('GET', '/users/mfa/register/totp', {
          as: `new-${index}-${step}`,
        })
        answers.total++
        if (registering.status !== 200) answers.others.push(`${registering.status} ${registering.body.code}`)
      }
    })
    await expect.poll(() => answers.total).toBeGreaterThan(100)
    // As Patroni and Aurora do it: the old one takes no more writes, and no connection is cut.
    await query(old.url, 'alter system set default_transaction_read_only = on')
    await query(old.url, 'select pg_reload_conf()')
    const readOnlySince = performance.now()
    const before = await query(old.url, 'select user_id, id from totp_flow_devices order by 1')
    await expect.poll(ready, { interval: 20 }).toBe(503)
    next.control('promote')
    const took = performance.now() - readOnlySince
    isSwitched = true
    await expect.poll(() => answers.after, { timeout: 15_000 }).toBeGreaterThan(100)
    await expect.poll(ready).toBe(200)
    isOver = true
    await Promise.all(load)
    // On a machine that took longer than the store's patience, some were told to come again.
    if (took < 3500) expect(answers.others).toEqual([])
    expect(new Set(answers.others)).toEqual(new Set(answers.others.length > 0 ? ['503 server'] : []))
    const after = await query(next.url, 'select user_id, id from totp_flow_devices order by 1')
    const kept = new Set(after.map((row) => JSON.stringify(row)))
    expect(before.filter((row) => !kept.has(JSON.stringify(row)))).toEqual([])
    expect(after.length).toBeGreaterThan(before.length)
  })
})
