import { Client } from 'pg'
import { afterEach, expect, inject, it, vi } from 'vitest'
import { postgresStore } from '../../../src/server/store/postgres.ts'
import { makeDatabase, query } from '../../support/postgres.ts'
import { createWorld } from '../../support/world.ts'

afterEach(() => vi.restoreAllMocks())

async function worldOn(name: string) {
  await makeDatabase(inject('postgresUrl'), name)
  const url = inject('postgresUrl').replace(/[^/]*$/, name)
  const world = createWorld(() => postgresStore({ url, maxConnections: 1 }))
  const { secret } = await world.enroll('ann')
  const verify = (step: number) =>
    world.call('POST', '/users/mfa/auth/totp', { as: 'ann', body: { code: world.codeOf(secret, step) } })
  return { url, world, verify }
}

it('a verification on PostgreSQL prepares its statements', async () => {
  const { world, verify } = await worldOn('prepared')
  const sent = vi.spyOn(Client.prototype, 'query')
  expect((await verify(1)).status).toBe(200)
  const prepared = { name: expect.stringMatching(/^totp_flow_[0-9a-f]{32}$/), values: expect.any(Array) }
  expect(sent.mock.calls).toEqual([
    [{ ...prepared, text: expect.stringMatching(/^select/) }],
    [{ ...prepared, text: expect.stringMatching(/^update/) }],
  ])
  await world.close()
})

it('a column that a later version adds does not break the statements that a running node has prepared', async () => {
  const { url, world, verify } = await worldOn('prepared_before')
  expect((await verify(1)).status).toBe(200)
  for (const table of ['devices', 'passkeys', 'session_rules', 'spent_tokens', 'session_reserves'])
    await query(url, `alter table totp_flow_${table} add column later text`)
  world.tick()
  expect((await verify(1)).status).toBe(200)
  await world.close()
})
