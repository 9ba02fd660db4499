import { afterEach, beforeEach, expect, it } from 'vitest'
import { memoryStore } from '../../src/server/index.ts'
import { createWorld, type World } from '../support/world.ts'

let world: World
beforeEach(() => {
  world = createWorld(() => memoryStore())
})
afterEach(() => world.close())

it('a guard tells the host of every elevation that was spent, and of each that was bad', async () => {
  const { secret } = await world.enroll('ann')
  const body = { code: world.codeOf(secret), requestedScopes: ['wallet:export'] }
  const won = await world.call('POST', '/users/mfa/auth/totp', { as: 'ann', body })
  const token: string = won.body.elevatedAccessToken
  const headers = { authorization: 'Bearer user:ann', 'x-dyn-elevated-access-token': token }
  const bob = { ...headers, authorization: 'Bearer user:bob' }
  const check = (given: Record<string, string>, scope: 'wallet:export' | 'wallet:sign' = 'wallet:export') =>
    world.server.checkElevation(new Request('http://test.local/', { headers: given }), scope)
  world.events.length = 0
  await check({ authorization: 'Bearer user:ann' }) // asks what to prove; nothing bad in that
  await check(bob)
  await check({ ...headers, 'x-dyn-elevated-access-token': 'x.y.z' })
  await check(headers, 'wallet:sign')
  await check(headers)
  await check(headers)
  world.now += 301_000
  await check(headers)
  expect(world.events.map(({ at, ...event }) => event)).toEqual([
    { type: 'refused', userId: 'bob', reason: 'elevation_required' },
    { type: 'refused', userId: 'ann', reason: 'elevation_required' },
    { type: 'refused', userId: 'ann', reason: 'elevation_required' },
    { type: 'elevation_spent', userId: 'ann', scope: 'wallet:export' },
    { type: 'refused', userId: 'ann', reason: 'elevation_required' },
    { type: 'refused', userId: 'ann', reason: 'elevation_expired' },
  ])
})

it('a route that takes a proof tells the host of each that was bad', async () => {
  const strict = createWorld(() => memoryStore(), { stepUp: { register: 'required' } })
  const forged = { 'x-dyn-elevated-access-token': 'x.y.z' }
  await strict.call('GET', '/users/mfa/register/totp', { as: 'ann', headers: forged })
  const token = await strict.server.mintElevation({ userId: 'bob', account: 'b' }, ['credential:link'])
  const borrowed = { 'x-dyn-elevated-access-token': token }
  await strict.call('GET', '/users/mfa/register/totp', { as: 'ann', headers: borrowed })
  expect(strict.events.map(({ at, ...event }) => event)).toEqual([
    { type: 'refused', userId: 'ann', reason: 'elevation_required' },
    { type: 'refused', userId: 'ann', reason: 'elevation_required' },
  ])
  await strict.close()
  const { id } = await world.enroll('ann')
  world.events.length = 0
  await world.call('DELETE', `/users/mfa/${id}`, { as: 'ann', headers: forged })
  expect(world.events).toMatchObject([{ type: 'refused', userId: 'ann', reason: 'elevation_required' }])
})
