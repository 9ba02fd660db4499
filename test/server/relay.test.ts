import { exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose'
import { type AuthenticateParams, createTotpFlow, type TotpBackend } from 'totp-flow'
import { createElevatedFetch, relayedBackend } from 'totp-flow/client'
import { memoryStore, recentAuthentication } from 'totp-flow/server'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { authenticator } from '../../src/testing/authenticator.ts'
import { createWorld, type World } from '../support/world.ts'

const NOW = Date.UTC(2026, 0, 1)
const clock = () => NOW
const at = NOW / 1000

describe('a recent authentication', () => {
  const otp = { iss: 'https://id.example', sub: 'ann', auth_time: at - 10, amr: ['pwd', 'otp'] }

  it.each<[string, object, object, boolean]>([
    ['ten seconds ago, a minute allowed', otp, { maxAge: 60 }, true],
    ['ten seconds ago, to the second', otp, { maxAge: 10 }, true],
    ['ten seconds ago, nine allowed', otp, { maxAge: 9 }, false],
    ['by the method that is wanted', otp, { maxAge: 60, amr: ['otp'] }, true],
    ['by one of those that are wanted', otp, { maxAge: 60, amr: ['hwk', 'otp'] }, true],
    ['by another method', { ...otp, amr: ['pwd'] }, { maxAge: 60, amr: ['otp'] }, false],
    ['by a method that is not told', { ...otp, amr: undefined }, { maxAge: 60, amr: ['otp'] }, false],
    ['by a method that is told as one text', { ...otp, amr: 'otp' }, { maxAge: 60, amr: ['otp'] }, false],
    [
      'in the context that is wanted',
      { ...otp, acr: 'mfa' },
      { maxAge: 60, acrValues: ['phr', 'mfa'] },
      true,
    ],
    ['in another context', { ...otp, acr: 'pwd' }, { maxAge: 60, acrValues: ['mfa'] }, false],
    ['in a context that is not told', otp, { maxAge: 60, acrValues: ['mfa'] }, false],
    ['without a time', { ...otp, auth_time: undefined }, { maxAge: 60 }, false],
    ['with the time that the token was made', { sub: 'ann', iat: at, amr: ['otp'] }, { maxAge: 60 }, false],
    ['with a time in words', { ...otp, auth_time: String(at) }, { maxAge: 60 }, false],
    ['an hour from now', { ...otp, auth_time: at + 3600 }, { maxAge: 60 }, false],
    ['of nobody', { ...otp, sub: undefined }, { maxAge: 60 }, false],
    [
      'of Supabase, by the time of the code',
      {
        sub: 'ann',
        amr: [
          { method: 'totp', timestamp: at - 10 },
          { method: 'password', timestamp: at - 9000 },
        ],
      },
      { maxAge: 60, amr: ['totp'] },
      true,
    ],
    [
      'of Supabase, with a code of hours ago and a password of now',
      {
        sub: 'ann',
        amr: [
          { method: 'totp', timestamp: at - 9000 },
          { method: 'password', timestamp: at },
        ],
      },
      { maxAge: 60, amr: ['totp'] },
      false,
    ],
  ])('a recent authentication is read from claims: %s', (_, claims, wanted, isIt) => {
    expect(recentAuthentication(claims, { maxAge: 60, clock, ...wanted }) !== null).toBe(isIt)
  })

  it.each([null, undefined, 'a token', 7, []])('no recent authentication is found in %j', (claims) => {
    expect(recentAuthentication(claims, { maxAge: 60, clock })).toBeNull()
  })

  it('a recent authentication is another one for each time and user, and the same in each of its tokens', () => {
    const idOf = (more: object) => recentAuthentication({ ...otp, ...more }, { maxAge: 60, clock })?.proofId
    expect(idOf({ jti: 'another token', iat: at })).toBe(idOf({}))
    expect(
      new Set([idOf({}), idOf({ auth_time: at - 9 }), idOf({ sub: 'bob' }), idOf({ iss: 'x' })]).size,
    ).toBe(4)
  })

  it('a recent authentication rejects invalid options', () => {
    for (const wrong of [
      {},
      { maxAge: 0 },
      { maxAge: '60' },
      { maxAge: 60, amr: [] },
      { maxAge: 60, amr: 'otp' },
      { maxAge: 60, acrValues: ['a b'] },
    ])
      expect(() => recentAuthentication(otp, wrong as never), JSON.stringify(wrong)).toThrow(TypeError)
  })
})

describe('the relay', () => {
  const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
  let world: World
  let keys: Awaited<ReturnType<typeof generateKeyPair>>
  beforeEach(async () => {
    world = createWorld(() => memoryStore(), { scopes: { 'invoice:pay': { singleUse: true } } })
    keys = await generateKeyPair('ES256')
    await exportJWK(keys.publicKey)
  })
  afterEach(() => {
    vi.unstubAllGlobals()
    return world.close()
  })
  const phone = () => authenticator(SECRET, { clock: { now: () => world.now } })

  const tokenOf = (sub: string, claims: object = {}) =>
    new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'ES256' })
      .setIssuer('https://id.example')
      .setSubject(sub)
      .setIssuedAt(world.now / 1000)
      .setExpirationTime(world.now / 1000 + 3600)
      .sign(keys.privateKey)

  /** A provider that makes the session fresh with a code, and says so in its token. */
  function provider() {
    let token = ''
    const backend: TotpBackend = {
      assurance: 'session',
      getMfaDevices: async () => [{ id: 'f', type: 'totp', verified: true }],
      registerTotpMfaDevice: () => Promise.reject(new Error('not here')),
      deleteMfaDevice: async () => {},
      async authenticateTotpMfaDevice({ code, ...others }: AuthenticateParams) {
        expect(others).toEqual({ deviceId: 'f' })
        if (code !== phone().code()) throw new Error('wrong')
        token = await tokenOf('ann', { auth_time: world.now / 1000, amr: ['pwd', 'totp'] })
        return { deviceId: 'f', sessionExpiresAt: world.now + 3_600_000 }
      },
    }
    return { backend, token: () => token }
  }

  /** By the guide's own route: an elevation, or why there is none. */
  async function elevate(token: string, scopes: readonly string[]): Promise<string> {
    const { elevation, code } = await (await answerOf(token, scopes)).json()
    return elevation ?? code
  }
  async function answerOf(token: string, scopes: readonly string[]): Promise<Response> {
    const { elevationRoute } = await import('example:docs/providers/relay.md/1')
    const clock = () => world.now
    const claimsOf = async (jwt: string) =>
      (
        await jwtVerify(jwt, keys.publicKey, {
          issuer: 'https://id.example',
          currentDate: new Date(world.now),
        })
      ).payload
    return elevationRoute(
      world.server,
      claimsOf,
      clock,
    )(
      new Request('http://test.local/elevation', {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify({ scopes }),
      }),
    )
  }
  const pay = (of: World) => of.server.requireElevation('invoice:pay')(() => new Response('paid'))

  it('a code at the provider pays once, and the next payment requires another code', async () => {
    const { backend, token } = provider()
    const asked: unknown[] = []
    const { withScopes } = await import('example:docs/providers/relay.md/2')
    vi.stubGlobal('fetch', async (path: string, { body, signal, headers }: RequestInit) => {
      const { scopes } = JSON.parse(String(body))
      asked.push([path, scopes, signal instanceof AbortSignal])
      const jwt = new Headers(headers).get('authorization')?.replace('Bearer ', '') ?? ''
      return answerOf(jwt, scopes)
    })
    const flow = createTotpFlow({
      backend: withScopes(backend, async () => token()),
      clock: { now: () => world.now, setTimeout, clearTimeout: (id) => clearTimeout(Number(id)) },
    })
    const guard = pay(world)
    const elevatedFetch = createElevatedFetch(flow, {
      origins: ['http://test.local'],
      fetch: (input, init) => guard(new Request(input, init)),
    })
    const send = () =>
      elevatedFetch('http://test.local/pay', {
        method: 'POST',
        headers: { authorization: 'Bearer user:ann' },
      })
    for (const _ of [1, 2]) {
      const enter = flow
        .waitFor(({ showsCodeField }) => showsCodeField)
        .then(() => flow.submitCode(phone().code()))
      const [answer] = await Promise.all([send(), enter])
      expect(await answer.text()).toBe('paid')
      world.tick()
    }
    const one = ['/elevation', ['invoice:pay'], true]
    expect(asked).toEqual([one, one])
    flow.deleteDevice()
    flow.submitCode(phone().code())
    expect(await flow.waitFor(({ state, busy }) => state === 'idle' && !busy)).toMatchObject({ error: null })
    flow.stop()
  })

  it('a proof grants one elevation, whichever of its tokens is presented, and another user’s proof grants theirs', async () => {
    const proven = { auth_time: world.now / 1000, amr: ['totp'] }
    expect(await elevate(await tokenOf('ann', proven), ['invoice:pay'])).toMatch(/^ey/)
    expect(await elevate(await tokenOf('ann', { ...proven, jti: 'refreshed' }), ['invoice:pay'])).toBe(
      'code_reused',
    )
    expect(await elevate(await tokenOf('bob', proven), ['invoice:pay'])).toMatch(/^ey/)
    const many = await Promise.all(
      Array.from({ length: 8 }, async () => elevate(await tokenOf('eve', proven), ['invoice:pay'])),
    )
    expect(many.filter((one) => one === 'code_reused')).toHaveLength(7)
  })

  it('a proof that is rejected for its scope stays valid', async () => {
    const token = await tokenOf('ann', { auth_time: world.now / 1000, amr: ['totp'] })
    expect(await elevate(token, ['invoice:burn'])).toBe('scope_not_allowed')
    expect(await elevate(token, ['invoice:pay'])).toMatch(/^ey/)
  })

  it('an old session, or one without a code, is granted nothing', async () => {
    expect(
      await elevate(await tokenOf('ann', { auth_time: world.now / 1000 - 61, amr: ['totp'] }), [
        'invoice:pay',
      ]),
    ).toBe('elevation_required')
    expect(
      await elevate(await tokenOf('ann', { auth_time: world.now / 1000, amr: ['pwd'] }), ['invoice:pay']),
    ).toBe('elevation_required')
  })

  it('a mailed code grants nothing, although Supabase calls it otp', async () => {
    const mailed = { amr: [{ method: 'otp', timestamp: world.now / 1000 }] }
    expect(await elevate(await tokenOf('ann', mailed), ['invoice:pay'])).toBe('elevation_required')
  })

  it('a token that is forged or has expired is answered as a sign-out', async () => {
    const { privateKey } = await generateKeyPair('ES256')
    const forged = new SignJWT({ auth_time: world.now / 1000, amr: ['totp'] })
      .setProtectedHeader({ alg: 'ES256' })
      .setIssuer('https://id.example')
      .setSubject('ann')
    const expired = await tokenOf('ann', { auth_time: world.now / 1000, amr: ['totp'] })
    expect((await answerOf(await forged.sign(privateKey), ['invoice:pay'])).status).toBe(401)
    world.tick(2 * 3600_000)
    expect(await elevate(expired, ['invoice:pay'])).toBe('unauthenticated')
    expect(await elevate('', ['invoice:pay'])).toBe('unauthenticated')
  })

  it('a passkey at the provider grants elevations like a code, and adding another one there needs none', async () => {
    const { backend } = provider()
    const asked: unknown[] = []
    const minted = await world.server.mintElevation({ userId: 'ann', account: 'ann' }, ['invoice:pay'])
    const relayed = relayedBackend(
      {
        ...backend,
        async authenticatePasskeyMFA(params) {
          asked.push(params)
          return { deviceId: 'key', sessionExpiresAt: world.now + 3_600_000 }
        },
      },
      async ({ scopes }) => {
        asked.push(scopes)
        return minted
      },
    )
    const use = (...requestedScopes: `${string}:${string}`[]) =>
      relayed.authenticatePasskeyMFA?.({ requestedScopes })
    expect(await use('invoice:pay')).toMatchObject({ elevation: { scopes: ['invoice:pay'], token: minted } })
    expect(asked).toEqual([{}, ['invoice:pay']])
    const link = await use('credential:link')
    expect(link).toMatchObject({ elevation: { scopes: ['credential:link'] } })
    expect(link?.elevation).not.toHaveProperty('token')
    expect(asked).toEqual([{}, ['invoice:pay'], {}])
  })

  it('a backend that is an instance of a class keeps its methods, and their private fields, behind a relay', async () => {
    class Provider implements TotpBackend {
      readonly assurance = 'session'
      #isOn = false
      async getMfaDevices() {
        return this.#isOn ? [{ id: 'f', type: 'totp', verified: true } as const] : []
      }
      async registerTotpMfaDevice() {
        return { id: 'f', uri: `otpauth://totp/ann?secret=${SECRET}`, secret: SECRET }
      }
      async authenticateTotpMfaDevice() {
        this.#isOn = true
        return { deviceId: 'f', sessionExpiresAt: Date.now() + 3_600_000 }
      }
      async deleteMfaDevice() {
        this.#isOn = false
      }
    }
    const flow = createTotpFlow({ backend: relayedBackend(new Provider(), async () => '') })
    await flow.settled()
    flow.register()
    await flow.settled()
    flow.submitCode('123456')
    await flow.settled()
    flow.release()
    expect(await flow.settled()).toMatchObject({ state: 'idle', device: { verified: true } })
    flow.stop()
  })
})
