import { decodeJwt } from 'jose'
import { afterEach, describe, expect, it } from 'vitest'
import { httpBackend } from '../../../src/client/http-backend.ts'
import type { TotpServerOptions } from '../../../src/server/index.ts'
import { createWorld, stores, type World } from '../../support/world.ts'

const HOUR = 60 * 60_000
const DAY = 24 * HOUR
const START = Date.UTC(2026, 0, 1)
const DEADLINE = START + 7 * DAY
const grace = { mfaRequired: { graceUntil: new Date(DEADLINE).toISOString() } }

describe.each(stores)('the gate on %s', (_, makeStore) => {
  let world: World
  const begin = (options: Partial<TotpServerOptions>) => {
    world = createWorld(makeStore, options)
  }
  afterEach(() => world.close())

  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
  type Headers = ReturnType<typeof bearer>
  const signIn = async () =>
    bearer((await world.call('POST', '/externalAuth/signin', { body: { jwt: 'user:ann' } })).body.minifiedJwt)
  async function gateOf(headers: Headers) {
    const { gate, enrollBy } = (await world.call('GET', '/users/mfa', { headers })).body
    const { scope } = (await world.call('GET', '/users', { headers })).body
    return { gate, enrollBy, isOwed: scope === 'requiresAdditionalAuth' }
  }
  const verify = async (headers: Headers, secret: string, more: object = {}) =>
    (
      await world.call('POST', '/users/mfa/auth/totp', {
        headers,
        body: { code: world.codeOf(secret), ...more },
      })
    ).body
  async function enroll(headers: Headers) {
    const { id, secret } = (await world.call('GET', '/users/mfa/register/totp', { headers })).body
    const { minifiedJwt } = await verify(headers, secret)
    world.tick()
    return { id, secret, headers: bearer(minifiedJwt) }
  }

  it('where no factor is required, there is no gate', async () => {
    begin({})
    const first = await signIn()
    expect(await gateOf(first)).toEqual({ gate: undefined, enrollBy: undefined, isOwed: false })
    const { headers } = await enroll(first)
    expect(await gateOf(headers)).toEqual({ gate: undefined, enrollBy: undefined, isOwed: false })
  })

  it('where a factor is required, a user without an app owes an enrollment, and one with an app a code in each session', async () => {
    begin({ mfaRequired: true })
    const first = await signIn()
    expect(await gateOf(first)).toEqual({ gate: 'enrollmentOwed', enrollBy: undefined, isOwed: true })
    const { headers, secret } = await enroll(first)
    expect(await gateOf(headers)).toMatchObject({ gate: 'open', isOwed: false })
    const second = await signIn()
    expect(await gateOf(second)).toMatchObject({ gate: 'codeOwed', isOwed: true })
    const { minifiedJwt } = await verify(second, secret)
    expect(await gateOf(bearer(minifiedJwt))).toMatchObject({ gate: 'open', isOwed: false })
    world.now += 10 * HOUR
    const refreshed = bearer((await refresh(bearer(minifiedJwt))).minifiedJwt)
    world.now += 10 * HOUR
    const again = bearer((await refresh(refreshed)).minifiedJwt)
    world.now += 5 * HOUR
    expect(await gateOf(again)).toMatchObject({ gate: 'codeOwed', isOwed: true })
  })
  const refresh = async (headers: Headers) => (await world.call('POST', '/refresh', { headers })).body

  it('where only enrolled users owe a factor, one without an app passes, and one with an app owes a code in each session', async () => {
    begin({ mfaRequired: 'enrolled' })
    const [first, other] = [await signIn(), await signIn()]
    expect(await gateOf(first)).toEqual({ gate: 'open', enrollBy: undefined, isOwed: false })
    const { headers, secret, id } = await enroll(first)
    expect(await gateOf(headers)).toMatchObject({ gate: 'open', isOwed: false })
    expect(await gateOf(other)).toMatchObject({ gate: 'codeOwed', isOwed: true })
    const second = await signIn()
    expect(await gateOf(second)).toMatchObject({ gate: 'codeOwed', isOwed: true })
    const { minifiedJwt, elevatedAccessToken } = await verify(second, secret, {
      requestedScopes: ['credential:unlink'],
    })
    expect(await gateOf(bearer(minifiedJwt))).toMatchObject({ gate: 'open', isOwed: false })
    const removed = await world.call('DELETE', `/users/mfa/${id}`, {
      headers: { ...bearer(minifiedJwt), 'x-dyn-elevated-access-token': elevatedAccessToken },
    })
    expect(removed.status).toBe(204)
    expect(await gateOf(bearer(minifiedJwt))).toEqual({ gate: 'open', enrollBy: undefined, isOwed: false })
  })

  it('the settings of a project require a factor only where everybody has to enroll one', async () => {
    for (const [mfaRequired, required] of [
      [true, true],
      ['enrolled', false],
      [false, false],
    ] as const) {
      begin({ mfaRequired })
      expect((await world.call('GET', '/settings')).body.security.mfa.required).toBe(required)
      await world.close()
    }
    begin({})
  })

  it('until the grace period ends, to the millisecond, a user without an app owes nothing but is told the deadline', async () => {
    begin(grace)
    let headers = await signIn()
    const told = { gate: 'enrollmentOwed', enrollBy: new Date(DEADLINE).toISOString() }
    expect(await gateOf(headers)).toEqual({ ...told, isOwed: false })
    while (world.now < DEADLINE - HOUR) {
      world.now += HOUR
      headers = bearer((await refresh(headers)).minifiedJwt)
    }
    world.now = DEADLINE - 1
    expect(await gateOf(headers)).toEqual({ ...told, isOwed: false })
    world.now = DEADLINE
    const over = { gate: 'enrollmentOwed', enrollBy: undefined, isOwed: true }
    expect(await gateOf(headers)).toEqual(over)
    expect(await gateOf(bearer((await refresh(headers)).minifiedJwt))).toEqual(over)
    expect(await gateOf(await signIn())).toEqual(over)
  })

  it('in the grace period, a user with an app owes a code, in sessions from before the enrollment too', async () => {
    begin(grace)
    const [one, other] = [await signIn(), await signIn()]
    const { headers, id, secret } = await enroll(one)
    expect(await gateOf(headers)).toEqual({ gate: 'open', enrollBy: undefined, isOwed: false })
    expect(await gateOf(other)).toMatchObject({ gate: 'codeOwed', isOwed: true })
    expect(await gateOf(await signIn())).toMatchObject({ gate: 'codeOwed', isOwed: true })
    const proof = (await verify(headers, secret, { requestedScopes: ['credential:unlink'] }))
      .elevatedAccessToken
    await world.call('DELETE', `/users/mfa/${id}`, {
      headers: { ...headers, 'x-dyn-elevated-access-token': proof },
    })
    expect(await gateOf(headers)).toMatchObject({ gate: 'enrollmentOwed', isOwed: false })
  })

  it('a token from the grace period owes a factor after it, even at services that know only the keys', async () => {
    begin(grace)
    world.now = DEADLINE - HOUR
    const { authorization } = await signIn()
    const claims = decodeJwt(authorization.replace('Bearer ', ''))
    expect(claims).toMatchObject({ mfa_enroll_by: DEADLINE / 1000 })
    expect(claims.scope).toBeUndefined()
    const look = async () => {
      const { user, session, gate } = await world.server.authenticate(
        new Request('http://test.local/', { headers: { authorization } }),
      )
      return { name: user.userId, mfaOwed: session?.mfaOwed, gate }
    }
    expect(await look()).toEqual({
      name: 'ann',
      mfaOwed: false,
      gate: { state: 'enrollmentOwed', enrollBy: DEADLINE },
    })
    world.now = DEADLINE
    expect(await look()).toEqual({ name: 'ann', mfaOwed: true, gate: { state: 'enrollmentOwed' } })
  })

  it('the host’s own credential has the same gate', async () => {
    begin(grace)
    const host = bearer('user:ann')
    expect(await gateOf(host)).toMatchObject({ gate: 'enrollmentOwed', isOwed: false })
    await enroll(host)
    expect(await gateOf(host)).toMatchObject({ gate: 'codeOwed', isOwed: true })
  })

  it('the port over HTTP reports the gate of the last answer about devices', async () => {
    begin(grace)
    let token = (await signIn()).authorization.replace('Bearer ', '')
    const backend = httpBackend({
      baseUrl: 'http://test.local/api/v0',
      environmentId: 'test',
      getAccessToken: () => token,
      onSession: (session) => {
        token = session.token
      },
      fetch: (input, init) => world.server.fetch(new Request(input, init)),
    })
    expect(await backend.getMfaDevices()).toEqual([])
    expect(await backend.getGate?.()).toEqual({ state: 'enrollmentOwed', enrollBy: DEADLINE })
    const { secret } = await backend.registerTotpMfaDevice()
    await backend.authenticateTotpMfaDevice({ code: world.codeOf(secret) })
    expect(await backend.getMfaDevices()).toHaveLength(1)
    expect(await backend.getGate?.()).toEqual({ state: 'open' })
  })
})
