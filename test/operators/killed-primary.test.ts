/** A primary that ends without a word while users enroll and verify, and its synchronous standby, promoted. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgresStore } from '../../src/server/store/postgres.ts'
import { hasDebianPostgres, type Node, type Operated, operate } from '../support/debian-postgres.ts'
import { query } from '../support/postgres.ts'
import { createWorld, type World } from '../support/world.ts'

const USERS = 16
/** Longer than the store tries again by itself. */
const AWAY_MS = 6000

describe.skipIf(!hasDebianPostgres)('a killed primary', () => {
  let operated: Operated
  let old: Node
  let next: Node
  let world: World
  beforeAll(async () => {
    operated = operate()
    old = await operated.primary()
    next = await operated.standby(old)
    await query(old.url, "alter system set synchronous_standby_names = 'other'")
    await query(old.url, 'select pg_reload_conf()')
    world = createWorld(() =>
      postgresStore({ url: `postgres://postgres@127.0.0.1:${old.port},127.0.0.1:${next.port}/postgres` }),
    )
  })
  afterAll(async () => {
    await world?.close()
    await operated?.end()
  })

  it('the standby of a killed primary has every acknowledged enrollment and accepts no code twice; until then, callers are told to retry', async () => {
    const enrolled: { as: string; id: string }[] = []
    const accepted: { as: string; code: string }[] = []
    const others = new Set<string>()
    let [isOver, afterwards, promoted] = [false, 0, false]
    /** As a client does it: the same call again, after a while, until the answer is one. */
    async function insist(method: string, path: string, as: string, body?: object) {
      while (!isOver) {
        const answer = await world.call(method, path, { as, body })
        if (answer.status === 200 && promoted) afterwards++
        if (answer.status < 500) return answer
        others.add(`${answer.status} ${answer.body.code} ${answer.headers.get('retry-after')}`)
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
      return undefined
    }
    const load = Array.from({ length: USERS }, async (_, user) => {
      for (let turn = 0; !isOver; turn++) {
        const as = `user-${user}-${turn}`
        const registering = await insist('GET', '/users/mfa/register/totp', as)
        if (registering?.status !== 200) continue
        const { id, secret } = registering.body
        for (const steps of [0, 1]) {
          const code = world.codeOf(secret, steps)
          const answer = await insist('POST', '/users/mfa/auth/totp', as, { code })
          if (answer && answer.status !== 200) others.add(`${answer.status} ${answer.body.reason}`)
          if (answer?.status !== 200) continue
          accepted.push({ as, code })
          if (steps === 0) enrolled.push({ as, id })
        }
      }
    })
    await expect.poll(() => enrolled.length).toBeGreaterThan(100)
    old.kill()
    await new Promise((resolve) => setTimeout(resolve, AWAY_MS))
    next.control('promote')
    promoted = true
    await expect.poll(() => afterwards, { timeout: 15_000 }).toBeGreaterThan(100)
    isOver = true
    await Promise.all(load)

    // An answer that was lost with the primary was a yes to some, whose next try with the same code is told so.
    for (const other of others) expect(['503 server 2', '400 code_reused']).toContain(other)
    expect(others).toContain('503 server 2')
    const rows = await query(
      next.url,
      'select user_id, id from totp_flow_devices where verified_at is not null',
    )
    const kept = new Set(rows.map(({ user_id, id }) => `${user_id} ${id}`))
    expect(enrolled.filter(({ as, id }) => !kept.has(`${as} ${id}`))).toEqual([])
    const again = await Promise.all(
      accepted.map(({ as, code }) => world.call('POST', '/users/mfa/auth/totp', { as, body: { code } })),
    )
    expect(again.filter(({ status }) => status === 200)).toEqual([])
    expect(accepted.length).toBeGreaterThan(enrolled.length)
  })
})
