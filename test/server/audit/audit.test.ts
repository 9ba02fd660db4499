import { decodeJwt } from 'jose'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { memoryStore, type Store } from '../../../src/server/index.ts'
import { createWorld, type World } from '../../support/world.ts'

const VERIFY = '/users/mfa/auth/totp'

let world: World
beforeEach(() => {
  world = createWorld(() => memoryStore())
})
afterEach(() => world.close())

it('a guard reports every elevation that was consumed or refused', async () => {
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

it('a guard that only checks an elevation reports none as consumed', async () => {
  const { secret } = await world.enroll('ann')
  const body = { code: world.codeOf(secret), requestedScopes: ['wallet:export'] }
  const { elevatedAccessToken } = (await world.call('POST', VERIFY, { as: 'ann', body })).body
  const headers = { authorization: 'Bearer user:ann', 'x-dyn-elevated-access-token': elevatedAccessToken }
  world.events.length = 0
  const request = new Request('http://test.local/', { headers })
  const seen = await world.server.checkElevation(request, 'wallet:export', { consume: false })
  expect(seen).toMatchObject({ userId: 'ann' })
  expect(world.events).toEqual([])
})

it('a route that requires a proof reports each rejected one', async () => {
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

it('every event of a user is reported once, with its user, device and session', async () => {
  const { minifiedJwt } = (await world.call('POST', '/externalAuth/signin', { body: { jwt: 'user:ann' } }))
    .body
  const { sid: sessionId } = decodeJwt(minifiedJwt)
  let headers: Record<string, string> = { authorization: `Bearer ${minifiedJwt}` }
  const told = () => world.events.splice(0).map(({ at, ...event }) => event)
  const by = { userId: 'ann', sessionId }
  expect(told()).toEqual([{ type: 'signed_in', userId: 'ann' }])
  const { id, secret } = (await world.call('GET', '/users/mfa/register/totp', { headers })).body
  const of = { ...by, deviceId: id }
  expect(told()).toEqual([{ type: 'registered', ...of }])
  const enrolled = await world.call('POST', VERIFY, { headers, body: { code: world.codeOf(secret) } })
  headers = { authorization: `Bearer ${enrolled.body.minifiedJwt}` }
  expect(told()).toEqual([{ type: 'enrolled', ...of }])
  await world.call('POST', '/users/mfa/recovery', { headers })
  expect(told()).toEqual([{ type: 'recovery_codes_made', ...of }])
  await world.call('PUT', '/users', { headers, body: { mfaBackupCodeAcknowledgement: 'complete' } })
  expect(told()).toEqual([{ type: 'recovery_codes_acknowledged', ...by }])
  world.tick()
  const body = { code: world.codeOf(secret), requestedScopes: ['credential:unlink'] }
  const verified = await world.call('POST', VERIFY, { headers, body })
  expect(told()).toEqual([{ type: 'verified', ...of }])
  const proof = { 'x-dyn-elevated-access-token': verified.body.elevatedAccessToken }
  await world.call('DELETE', `/users/mfa/${id}`, { headers: { ...headers, ...proof } })
  expect(told()).toEqual([{ type: 'deleted', ...of }])
  await world.call('POST', '/revoke', { headers })
  expect(told()).toEqual([{ type: 'signed_out', ...by }])
})

it('a recovery is reported with the number of codes left, and wrong codes with their effect', async () => {
  const { id, recoveryCodes } = await world.enroll('ann')
  world.events.length = 0
  const recover = (code = '') => world.call('POST', '/users/mfa/auth/recovery', { as: 'ann', body: { code } })
  await recover(recoveryCodes[0])
  await recover(recoveryCodes[1])
  expect(world.events).toMatchObject([
    { type: 'recovered', userId: 'ann', deviceId: id, left: 9 },
    { type: 'recovered', userId: 'ann', deviceId: id, left: 8 },
  ])
  world.events.length = 0
  for (let code = 0; code < 6; code++) await recover(recoveryCodes[0])
  expect(world.events.splice(0).map(({ at, ...event }) => event)).toEqual([
    ...Array.from({ length: 5 }, () => ({ type: 'refused', userId: 'ann', reason: 'invalid_code' })),
    { type: 'throttled', userId: 'ann', retryAt: world.now + 30_000 },
  ])
  for (let code = 5; code < 100; code++) {
    world.now += 3600_000
    await recover(recoveryCodes[0])
  }
  world.now += 3600_000
  world.events.length = 0
  expect((await recover(recoveryCodes[2])).body.reason).toBe('device_locked')
  expect(world.events).toEqual([{ at: world.now, type: 'locked', userId: 'ann' }])
})

it('actions of the host are reported: a reset only if there was a device, a rotation, a resealing', async () => {
  await world.enroll('ann')
  world.events.length = 0
  await world.server.resetUser('ann')
  await world.server.resetUser('ann')
  const rotated = await world.server.rotateSigningKey()
  const { done } = await world.server.reseal()
  expect(world.events.map(({ at, ...event }) => event)).toEqual([
    { type: 'sessions_ended', userId: 'ann' },
    { type: 'reset', userId: 'ann' },
    { type: 'sessions_ended', userId: 'ann' },
    { type: 'signing_key_rotated', ...rotated },
    { type: 'secrets_resealed', count: done },
  ])
})

it('a guard for recent verifications reports each rejected user', async () => {
  await world.server.checkRecentMfa(
    new Request('http://test.local/', { headers: { authorization: 'Bearer user:ann' } }),
    { maxAge: 60 },
  )
  expect(world.events).toEqual([
    { at: world.now, type: 'refused', userId: 'ann', reason: 'elevation_required' },
  ])
})

it.each(['standing', 'signingKeys'] as const)(
  'a failure of the store in %s is reported by its name and code, and never by its message',
  async (verb) => {
    let isDown = false
    const store = memoryStore()
    const failing: Store = {
      ...store,
      [verb]: (...given: never[]) => {
        const gone = Object.assign(new RangeError('of user:ann'), { code: 'ECONNREFUSED' })
        return isDown ? Promise.reject(gone) : Reflect.apply(store[verb], store, given)
      },
    }
    const other = createWorld(() => failing)
    const elsewhere = createWorld(() => memoryStore())
    const foreign = (await elsewhere.call('POST', '/externalAuth/signin', { body: { jwt: 'user:ann' } })).body
    await other.server.ready()
    isDown = true
    other.now += 3600_000
    const token = verb === 'standing' ? 'user:ann' : foreign.minifiedJwt
    const answer = await other.call('GET', '/users', { headers: { authorization: `Bearer ${token}` } })
    expect([answer.status, answer.body.code]).toEqual([500, 'server'])
    expect(other.events).toEqual([{ at: other.now, type: 'failed', reason: 'RangeError ECONNREFUSED' }])
    await elsewhere.close()
    await other.close()
  },
)

it.each<[string, () => unknown]>([
  ['rejects', () => Promise.reject(new Error('the log is full'))],
  [
    'throws',
    () => {
      throw new Error('the log is full')
    },
  ],
])(
  'a listener that %s fails no call, and reaches the process as no unhandled rejection',
  async (_, onEvent) => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    const deaf = createWorld(() => memoryStore(), { onEvent })
    const { secret } = await deaf.enroll('ann')
    const body = { code: deaf.codeOf(secret) }
    expect((await deaf.call('POST', VERIFY, { as: 'ann', body })).status).toBe(200)
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
    await deaf.close()
  },
)
