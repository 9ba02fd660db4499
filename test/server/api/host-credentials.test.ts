/** What a host's own credential can do: with a time of sign-in, with a session id, with both, and with neither. */
import { decodeJwt } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Identity, TotpServerOptions } from '../../../src/server/index.ts'
import { createWorld, stores, type World } from '../../support/world.ts'

const REGISTER = '/users/mfa/register/totp'
const VERIFY = '/users/mfa/auth/totp'
const HOUR = 3600_000

/** A credential is `<name>`, `<name>@<milliseconds>`, `<name>#<session>` or `<name>@<milliseconds>#<session>`. */
const identity: Identity = (credential) => {
  const [, userId, at, sessionId] = /^([a-z]+)(?:@(\d+))?(?:#([\w-]+))?$/.exec(credential) ?? []
  if (!userId) return null
  const authenticatedAt = at === undefined ? {} : { authenticatedAt: Number(at) }
  return { userId, account: userId, ...authenticatedAt, ...(sessionId && { sessionId }) }
}
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

describe.each(stores)('on %s', (_, makeStore) => {
  let world: World
  const another = async (options: Partial<TotpServerOptions>) => {
    await world.close()
    world = createWorld(makeStore, { identity, ...options })
  }
  beforeEach(() => {
    world = createWorld(makeStore, { identity })
  })
  afterEach(() => world.close())

  const register = (credential: string) => world.call('GET', REGISTER, { headers: bearer(credential) })
  const signIn = (jwt: string) => world.call('POST', '/externalAuth/signin', { body: { jwt } })
  const statusOf = async (credential: string) =>
    (await world.call('GET', '/users', { headers: bearer(credential) })).status
  async function enrollAndRemove(credential: string) {
    const headers = bearer(credential)
    const { id, secret } = (await register(credential)).body
    await world.call('POST', VERIFY, { headers, body: { code: world.codeOf(secret) } })
    world.tick()
    const body = { code: world.codeOf(secret), requestedScopes: ['credential:unlink'] }
    const { elevatedAccessToken } = (await world.call('POST', VERIFY, { headers, body })).body
    const proof = { 'x-dyn-elevated-access-token': elevatedAccessToken }
    world.tick()
    return world.call('DELETE', `/users/mfa/${id}`, { headers: { ...headers, ...proof } })
  }

  it('the host session that removed a device may register the next one, and no other one of the same age', async () => {
    const at = world.now - HOUR
    expect((await enrollAndRemove(`ann@${at}#mine`)).status).toBe(204)
    expect((await register(`ann@${at}#other`)).status).toBe(403)
    expect((await register(`ann@${at}`)).status).toBe(403)
    expect((await register(`ann@${at}#mine`)).status).toBe(200)
  })

  it('a host session with the name of a server session is not mistaken for it', async () => {
    const at = world.now - HOUR
    const { minifiedJwt } = (await signIn('ann')).body
    const { sid } = decodeJwt(minifiedJwt)
    expect((await enrollAndRemove(minifiedJwt)).status).toBe(204)
    expect((await register(`ann@${at}#${sid}`)).status).toBe(403)
    expect((await register(minifiedJwt)).status).toBe(200)
  })

  it('a sign-in in the whole second of a reset is accepted, and one dated exactly a millisecond before is rejected', async () => {
    world.now += 500
    await world.server.endSessions('ann')
    expect(await statusOf(`ann@${world.now - 500}`)).toBe(200)
    expect(await statusOf(`ann@${world.now - 1}`)).toBe(401)
    expect(await statusOf(`ann@${world.now}`)).toBe(200)
    expect(await statusOf(`ann@${world.now - 1500}`)).toBe(401)
    expect((await signIn(`ann@${world.now - 1}`)).body.code).toBe('invalid_external_auth')
  })

  it('a reset on a clock up to five minutes fast still rejects credentials dated before it', async () => {
    const stolen = `ann@${world.now}`
    world.now += 4 * 60_000
    await world.server.endSessions('ann')
    world.now -= 4 * 60_000
    expect(await statusOf(stolen)).toBe(401)
  })

  it('ending all sessions on a fast clock rejects a dated credential from before, and accepts a later sign-in', async () => {
    const stolen = `ann@${world.now}`
    world.now += HOUR
    await world.server.endAllSessions({ before: world.now })
    world.now -= HOUR
    expect(await statusOf(stolen)).toBe(401)
    const { body } = await signIn('ann')
    expect(await statusOf(body.minifiedJwt)).toBe(200)
    expect(await statusOf((await signIn('ann')).body.minifiedJwt)).toBe(200)
  })

  it('the session token carries the host’s time of sign-in, or else the start of the session', async () => {
    const at = world.now - HOUR
    expect(decodeJwt((await signIn(`ann@${at}`)).body.minifiedJwt).auth_time).toBe(at / 1000)
    expect(decodeJwt((await signIn('ann')).body.minifiedJwt).auth_time).toBe(world.now / 1000)
  })

  it('a host credential that is presented again after a removal makes no younger session', async () => {
    const at = world.now - HOUR
    await enrollAndRemove(`ann@${at}#mine`)
    const { minifiedJwt } = (await signIn(`ann@${at}`)).body
    expect((await register(minifiedJwt)).body.code).toBe('reauthentication_required')
  })

  it('the audit log names the host’s session, over HTTP and in process', async () => {
    await register('ann#mine')
    await world.server.backendFor({ userId: 'bob', account: 'b', sessionId: 'his' }).registerTotpMfaDevice()
    await world.server.backendFor({ userId: 'eve', account: 'e' }).registerTotpMfaDevice()
    expect(world.events).toEqual([
      { at: world.now, type: 'registered', userId: 'ann', deviceId: expect.any(String), sessionId: 'mine' },
      { at: world.now, type: 'registered', userId: 'bob', deviceId: expect.any(String), sessionId: 'his' },
      { at: world.now, type: 'registered', userId: 'eve', deviceId: expect.any(String) },
    ])
  })

  it('an in-process registration uses the host’s sign-in time, or else the current time', async () => {
    await another({ stepUp: { register: 'recent-sign-in' } })
    const portOf = (given: { authenticatedAt?: number; sessionId?: string } = {}) =>
      world.server.backendFor({ userId: 'ann', account: 'ann', ...given })
    await expect(portOf({ authenticatedAt: world.now - HOUR }).registerTotpMfaDevice()).rejects.toMatchObject(
      {
        code: 'reauthentication_required',
      },
    )
    await portOf().registerTotpMfaDevice()
    await another({})
    const at = world.now - HOUR
    await enrollAndRemove(`ann@${at}#mine`)
    await expect(portOf({ authenticatedAt: at }).registerTotpMfaDevice()).rejects.toMatchObject({
      code: 'reauthentication_required',
    })
    await portOf({ authenticatedAt: at, sessionId: 'mine' }).registerTotpMfaDevice()
    await portOf().registerTotpMfaDevice()
  })

  it('an in-process user owes no second factor', async () => {
    await another({ mfaRequired: true })
    const port = world.server.backendFor({ userId: 'ann', account: 'ann' })
    const { secret } = await port.registerTotpMfaDevice()
    await port.authenticateTotpMfaDevice({ code: world.codeOf(secret) })
    await port.acknowledgeRecoveryCodes?.()
    expect(await port.getMfaRecoveryCodes?.()).toMatchObject({ acknowledged: true })
  })
})

it.each([
  ['authenticatedAt', { authenticatedAt: Number.NaN }],
  ['authenticatedAt', { authenticatedAt: Number.POSITIVE_INFINITY }],
  ['authenticatedAt', { authenticatedAt: '2026-01-01' }],
  ['authenticatedAt', { authenticatedAt: null }],
  ['session id', { sessionId: '' }],
  ['session id', { sessionId: 'x'.repeat(201) }],
  ['session id', { sessionId: 5 }],
  ['session id', { sessionId: 'a\0b' }],
])('a wrong %s of a host is refused with a message: %j', async (name, given) => {
  const wrong = () => ({ userId: 'ann', account: 'ann', ...given }) as never
  const world = createWorld(stores[0]?.[1] ?? (() => expect.unreachable()), { identity: wrong })
  for (const answer of [
    await world.call('GET', '/users', { as: 'ann' }),
    await world.call('POST', '/externalAuth/signin', { body: { jwt: 'x' } }),
  ]) {
    expect([answer.status, answer.body.code]).toEqual([400, 'bad_request'])
    expect(answer.body.error).toContain(name)
  }
  expect(() => world.server.backendFor(wrong())).toThrow(name)
  await world.close()
})

it.each([{ userId: 'x'.repeat(255) }, { sessionId: 'x'.repeat(200) }])(
  'the longest allowed names of a host are accepted: %j',
  async (given) => {
    const longest = () => ({ userId: 'ann', account: 'ann', ...given })
    const world = createWorld(stores[0]?.[1] ?? (() => expect.unreachable()), { identity: longest })
    expect((await world.call('GET', '/users', { as: 'ann' })).status).toBe(200)
    await world.close()
  },
)
