import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { memoryStore } from '../../../src/server/index.ts'
import { createWorld, ENVIRONMENT, stores, type World } from '../../support/world.ts'

const VERIFY = '/users/mfa/auth/totp'
const worlds: World[] = []
const newWorld = (...given: Parameters<typeof createWorld>) => {
  const world = createWorld(...given)
  worlds.push(world)
  return world
}
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close()
})

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const signIn = async (world: World, name: string): Promise<string> =>
  (await world.call('POST', '/externalAuth/signin', { body: { jwt: `user:${name}` } })).body.minifiedJwt

describe.each(stores)('on %s', (_, makeStore) => {
  let world: World
  beforeEach(() => {
    world = newWorld(makeStore, { mfaRequired: true })
  })

  it('a session owes a second factor until a code was verified in it, and only in it', async () => {
    const settings = await world.call('GET', '/settings')
    expect(settings.body.security.mfa.required).toBe(true)
    const token = await signIn(world, 'ann')
    expect((await world.call('GET', '/users', { headers: bearer(token) })).body.scope).toBe(
      'requiresAdditionalAuth',
    )
    expect(decodeJwt(token).scope).toBe('requiresAdditionalAuth')
    const { secret } = (await world.call('GET', '/users/mfa/register/totp', { headers: bearer(token) })).body
    const { body } = await world.call('POST', VERIFY, {
      headers: bearer(token),
      body: { code: world.codeOf(secret) },
    })
    expect(body.user.scope).toBeUndefined()
    expect(decodeJwt(body.minifiedJwt)).not.toHaveProperty('scope')
    expect(decodeJwt(body.minifiedJwt).sid).toBe(decodeJwt(token).sid)
    const refreshed = await world.call('POST', '/refresh', { headers: bearer(body.minifiedJwt) })
    expect(refreshed.body.user.scope).toBeUndefined()
    const other = await signIn(world, 'ann')
    expect(decodeJwt(other).scope).toBe('requiresAdditionalAuth')
    const caller = await world.server.authenticate(
      new Request('http://test.local/', { headers: bearer(other) }),
    )
    expect(caller).toMatchObject({ user: { userId: 'ann' }, session: { mfaOwed: true } })
  })

  it('a session can be refreshed for thirty days after sign-in, and no longer', async () => {
    let token = await signIn(world, 'ann')
    let days = 0
    for (; days < 60; days += 0.25) {
      const { status, body } = await world.call('POST', '/refresh', { headers: bearer(token) })
      if (status !== 200) break
      token = body.minifiedJwt
      world.now += 6 * 3600_000
    }
    expect(days).toBe(30)
  })

  it('signing out ends every token of the session, and no other session', async () => {
    const token = await signIn(world, 'ann')
    const second = (await world.call('POST', '/refresh', { headers: bearer(token) })).body.minifiedJwt
    const elsewhere = await signIn(world, 'ann')
    expect((await world.call('POST', '/revoke', { headers: bearer(token) })).status).toBe(204)
    for (const dead of [token, second]) {
      expect((await world.call('GET', '/users', { headers: bearer(dead) })).status).toBe(401)
      expect((await world.call('POST', '/refresh', { headers: bearer(dead) })).status).toBe(401)
    }
    world.now += 2 * 3600_000
    await world.call('GET', '/users', { as: 'bob' }) // sweeps what is over
    expect((await world.call('GET', '/users', { headers: bearer(token) })).status).toBe(401)
    expect((await world.call('GET', '/users', { headers: bearer(elsewhere) })).status).toBe(200)
  })

  it('a consumed elevation stays consumed, although a clock was most of a day ahead for a while', async () => {
    const { secret } = await world.enroll('ann')
    const body = { code: world.codeOf(secret), requestedScopes: ['wallet:export'] }
    const token: string = (await world.call('POST', VERIFY, { as: 'ann', body })).body.elevatedAccessToken
    const headers = { authorization: 'Bearer user:ann', 'x-dyn-elevated-access-token': token }
    const use = () =>
      world.server.checkElevation(new Request('http://test.local/', { headers }), 'wallet:export')
    expect(await use()).toMatchObject({ userId: 'ann' })
    world.now += 20 * 3600_000
    await world.call('GET', '/users', { as: 'bob' }) // sweeps what is over
    world.now -= 20 * 3600_000
    expect(await use()).toMatchObject({ status: 401 })
  })

  it('revoking a host’s own credential is refused, since nothing would end', async () => {
    const answer = await world.call('POST', '/revoke', { as: 'ann' })
    expect(answer).toMatchObject({ status: 400, body: { code: 'bad_request' } })
    expect(world.events).toEqual([])
  })

  it('the user’s methods list the device, which is the default', async () => {
    expect((await world.call('GET', '/users/mfa/methods', { as: 'ann' })).body).toEqual({
      devices: [],
      passkeys: [],
      userHasVerifiedMfaMethods: false,
    })
    const { id } = await world.enroll('ann')
    const { body } = await world.call('GET', '/users/mfa/methods', { as: 'ann' })
    expect(body).toMatchObject({ devices: [{ id, default: true }], userHasVerifiedMfaMethods: true })
    expect((await world.call('PUT', `/users/mfa/${id}`, { as: 'ann' })).status).toBe(200)
    expect((await world.call('PUT', `/users/mfa/${id}`, { as: 'bob' })).status).toBe(404)
  })
})

it('a token’s signature is checked by a process that did not make it, the first time', async () => {
  const store = memoryStore()
  const [one, other] = [newWorld(() => store), newWorld(() => store)]
  const checks = vi.spyOn(crypto.subtle, 'verify')
  onTestFinished(() => checks.mockRestore())
  const token = await signIn(one, 'ann')
  const read = async (world: World) => (await world.call('GET', '/users', { headers: bearer(token) })).status
  expect(await read(one)).toBe(200)
  expect(checks).toHaveBeenCalledTimes(0)
  expect([await read(other), await read(other)]).toEqual([200, 200])
  expect(checks).toHaveBeenCalledTimes(1)
  await one.call('POST', '/revoke', { headers: bearer(token) })
  expect([await read(one), await read(other)]).toEqual([401, 401])
})

describe.each(stores)('signing keys on %s', (_, makeStore) => {
  it('signing keys rotate with overlap: published before they sign, verifying until their tokens expire, seen by other nodes', async () => {
    const world = newWorld(makeStore)
    const jwks = async (): Promise<{ kid: string }[]> => {
      const response = await world.server.fetch(new Request('http://test.local/.well-known/jwks.json'))
      expect(response.headers.get('cache-control')).toBe('public, max-age=300')
      return (await response.json()).keys
    }
    const [first] = await jwks()
    const before = await signIn(world, 'ann')
    const { kid, signsFrom } = await world.server.rotateSigningKey()
    expect(signsFrom).toBe(world.now + 600_000)
    expect((await jwks()).map((key) => key.kid)).toEqual([kid, first?.kid])
    expect(decodeProtectedHeader(await signIn(world, 'ann')).kid).toBe(first?.kid)
    world.now += 600_000
    const after = await signIn(world, 'ann')
    expect(decodeProtectedHeader(after).kid).toBe(kid)
    for (const token of [before, after]) {
      expect((await world.call('GET', '/users', { headers: bearer(token) })).status).toBe(200)
    }
    world.now += 12 * 3600_000 + 1000
    const later = await world.server.rotateSigningKey()
    expect(later.dropped).toEqual([first?.kid])
    expect((await jwks()).map((key) => key.kid)).toEqual([later.kid, kid])
  })

  it('signing keys are kept as long as a session that they signed last may continue', async () => {
    const world = newWorld(makeStore)
    await world.server.rotateSigningKey()
    world.now += 599_000
    const token = await signIn(world, 'ann')
    world.now += 12 * 3600_000 - 1000
    expect((await world.server.rotateSigningKey()).dropped).toEqual([])
    expect((await world.call('GET', '/users', { headers: bearer(token) })).status).toBe(200)
  })

  it('signing keys that leaked can be revoked: every earlier token is rejected, the next one is accepted', async () => {
    const world = newWorld(makeStore)
    const before = await signIn(world, 'ann')
    expect((await world.call('GET', '/users', { headers: bearer(before) })).status).toBe(200)
    await world.server.rotateSigningKey({ revokeOld: true })
    expect((await world.call('GET', '/users', { headers: bearer(before) })).status).toBe(401)
    const after = await signIn(world, 'ann')
    expect((await world.call('GET', '/users', { headers: bearer(after) })).status).toBe(200)
  })

  it('signing keys rotated several times at once are each stored, or refused with an error', async () => {
    const world = newWorld(makeStore)
    await world.server.ready()
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, () => world.server.rotateSigningKey()),
    )
    const response = await world.server.fetch(new Request('http://test.local/.well-known/jwks.json'))
    const { keys } = (await response.json()) as { keys: { kid: string }[] }
    const made = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value.kid : []))
    expect(made.length).toBeGreaterThan(0)
    expect(keys.map(({ kid }) => kid)).toEqual(expect.arrayContaining(made))
    expect(keys).toHaveLength(made.length + 1)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected')
        expect(outcome.reason).toMatchObject({ code: 'server', retryable: true })
    }
  })

  it('signing keys of ES256 sign for hosts that need them, and old EdDSA tokens still verify', async () => {
    const world = newWorld(makeStore, { algorithm: 'ES256' })
    const token = await signIn(world, 'ann')
    expect(decodeProtectedHeader(token).alg).toBe('ES256')
    const response = await world.server.fetch(new Request('http://test.local/.well-known/jwks.json'))
    const keys = createLocalJWKSet(await response.json())
    const options = { issuer: 'Test', audience: ENVIRONMENT, currentDate: new Date(world.now) }
    expect((await jwtVerify(token, keys, options)).payload.sub).toBe('ann')
    expect((await world.call('GET', '/users', { headers: bearer(token) })).status).toBe(200)
  })
})

it('scopes last as long as the policy says, and a token for several takes the strictest of each', async () => {
  const world = newWorld(stores[0]?.[1] ?? (() => expect.unreachable()), {
    scopes: {
      'a:long': { singleUse: false, seconds: 900 },
      'a:short': { singleUse: true, seconds: 60 },
      'wallet:export': false,
    },
  })
  const { secret } = await world.enroll('ann')
  const lifetime = async (requestedScopes: string[]) => {
    const { body } = await world.call('POST', VERIFY, {
      as: 'ann',
      body: { code: world.codeOf(secret), requestedScopes },
    })
    world.tick()
    const { exp = 0, iat = 0, singleUse, scope } = decodeJwt(body.elevatedAccessToken)
    return { seconds: exp - iat, singleUse, scope }
  }
  expect(await lifetime(['a:long'])).toEqual({ seconds: 900, singleUse: false, scope: 'a:long' })
  expect(await lifetime(['a:long', 'a:short'])).toEqual({
    seconds: 60,
    singleUse: true,
    scope: 'a:long a:short',
  })
  const { status } = await world.call('POST', VERIFY, {
    as: 'ann',
    body: { code: world.codeOf(secret), requestedScopes: ['wallet:export'] },
  })
  expect(status).toBe(400)
})

it.each([0, -300, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
  'scopes that last %d seconds are refused at startup',
  (seconds) => {
    const start = () =>
      newWorld(stores[0]?.[1] ?? (() => expect.unreachable()), {
        scopes: { 'a:b': { singleUse: false, seconds } },
      })
    expect(start).toThrow('a:b')
  },
)

it('no elevation is minted for an empty list of scopes, or for one that is not in the policy', async () => {
  const world = newWorld(stores[0]?.[1] ?? (() => expect.unreachable()))
  const ann = { userId: 'ann', account: 'ann' }
  for (const scopes of [[], ['a:b'] as const]) {
    await expect(world.server.mintElevation(ann, scopes)).rejects.toMatchObject({
      code: 'scope_not_allowed',
    })
  }
})

it('a policy that requires an elevation for registering accepts one minted by the host, once', async () => {
  const world = newWorld(stores[1]?.[1] ?? (() => expect.unreachable()), {
    stepUp: { register: 'required' },
  })
  const register = (headers = {}) => world.call('GET', '/users/mfa/register/totp', { as: 'ann', headers })
  expect(await register()).toMatchObject({
    status: 401,
    body: { code: 'elevation_required', scope: 'credential:link' },
  })
  const ann = { userId: 'ann', account: 'ann@example.com' }
  const elevation = (token: string) => ({ 'x-dyn-elevated-access-token': token })
  const bobs = await world.server.mintElevation({ ...ann, userId: 'bob' }, ['credential:link'])
  expect((await register(elevation(bobs))).status).toBe(401)
  const token = await world.server.mintElevation(ann, ['credential:link'])
  const answers = await Promise.all(Array.from({ length: 20 }, () => register(elevation(token))))
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
})

it('a policy that requires an elevation for removal accepts and makes no MFA token', async () => {
  const world = newWorld(stores[1]?.[1] ?? (() => expect.unreachable()), {
    stepUp: { delete: 'elevation' },
  })
  const { id, secret } = await world.enroll('ann')
  const code = world.codeOf(secret)
  const asked = await world.call('POST', VERIFY, {
    as: 'ann',
    body: { code, createMfaToken: { singleUse: true } },
  })
  expect(asked).toMatchObject({ status: 400, body: { code: 'mfa_token_disabled' } })
  const removed = await world.call('DELETE', `/users/mfa/${id}`, {
    as: 'ann',
    headers: { 'x-mfa-auth-token': 'any' },
  })
  expect(removed.status).toBe(403)
  const kept = await world.call('POST', VERIFY, { as: 'ann', body: { code } })
  expect(kept.status).toBe(200)
})
