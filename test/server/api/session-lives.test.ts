import { decodeJwt } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Identity, memoryStore, type TotpServerOptions } from '../../../src/server/index.ts'
import { createWorld, stores, type World } from '../../support/world.ts'

const REGISTER = '/users/mfa/register/totp'
const VERIFY = '/users/mfa/auth/totp'
const RECOVER = '/users/mfa/auth/recovery'
const CODES = '/users/mfa/recovery'
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

/** A host that says when its user signed in, and in which session: `at:<name>:<epoch milliseconds>:<session>`. */
const dated: Identity = (credential) => {
  const [, name, at, sessionId] = /^at:([a-z]+):(\d+)(?::(\w+))?$/.exec(credential) ?? []
  return name
    ? { userId: name, account: name, authenticatedAt: Number(at), ...(sessionId && { sessionId }) }
    : null
}

describe.each(stores)('on %s', (_, makeStore) => {
  let world: World
  const worldWith = (options: Partial<TotpServerOptions>) => {
    world = createWorld(makeStore, options)
  }
  beforeEach(() => worldWith({}))
  afterEach(() => world.close())
  const another = async (options: Partial<TotpServerOptions>) => {
    await world.close()
    worldWith(options)
  }

  const signIn = async (jwt = 'user:ann') =>
    bearer((await world.call('POST', '/externalAuth/signin', { body: { jwt } })).body.minifiedJwt)
  type Headers = ReturnType<typeof bearer>
  const register = (headers: Headers) => world.call('GET', REGISTER, { headers })
  const verify = (headers: Headers, secret: string, more: object = {}) =>
    world.call('POST', VERIFY, { headers, body: { code: world.codeOf(secret), ...more } })
  /** Enrolls in a session, which goes on with the token that it got for the first code. */
  async function enrollIn(headers: Headers) {
    const { id, secret } = (await register(headers)).body
    const { minifiedJwt, recoveryCodes } = (await verify(headers, secret)).body
    world.tick()
    return { id, secret, recoveryCodes, headers: bearer(minifiedJwt) }
  }
  async function remove(headers: Headers, secret: string, id: string) {
    const { body } = await verify(headers, secret, { requestedScopes: ['credential:unlink'] })
    const proof = { 'x-dyn-elevated-access-token': body.elevatedAccessToken }
    world.tick()
    return world.call('DELETE', `/users/mfa/${id}`, { headers: { ...headers, ...proof } })
  }
  const statusOf = async (headers: Headers) => (await world.call('GET', '/users', { headers })).status
  const wrongFor = (secret: string) => {
    const right = [-1, 0, 1].map((steps) => world.codeOf(secret, steps))
    return ['000000', '111111', '222222', '333333'].find((code) => !right.includes(code)) ?? ''
  }
  const guess = (headers: Headers, secret: string) =>
    world.call('POST', VERIFY, { headers, body: { code: wrongFor(secret) } })
  const guard = async (headers: Record<string, string>, scope: 'wallet:export' | 'wallet:sign') => {
    const answer = await world.server.checkElevation(new Request('http://test.local/', { headers }), scope)
    return answer instanceof Response ? answer.status : 200
  }

  it('a reset ends every session from before it, and what was granted in them', async () => {
    const { headers, secret } = await enrollIn(await signIn())
    const { body } = await verify(headers, secret, { requestedScopes: ['wallet:sign'] })
    const thief = await signIn()
    expect(await world.server.resetUser('ann')).toBe(true)
    for (const session of [headers, thief, bearer(body.minifiedJwt)]) {
      expect(await statusOf(session)).toBe(401)
      expect((await register(session)).status).toBe(401)
      expect((await world.call('POST', '/refresh', { headers: session })).status).toBe(401)
    }
    const owner = await signIn()
    const elevation = { 'x-dyn-elevated-access-token': body.elevatedAccessToken }
    expect(await guard({ ...owner, ...elevation }, 'wallet:sign')).toBe(401)
    expect(await guard({ authorization: 'Bearer user:ann', ...elevation }, 'wallet:sign')).toBe(401)
    await enrollIn(owner)
  })

  it('a reset leaves other users unchanged', async () => {
    const bob = await enrollIn(await signIn('user:bob'))
    await world.server.resetUser('ann')
    expect(await statusOf(bob.headers)).toBe(200)
  })

  it('a reset ends the sessions of a user without a device too, time after time', async () => {
    for (let round = 0; round < 3; round++) {
      const session = await signIn()
      expect(await statusOf(session)).toBe(200)
      expect(await world.server.resetUser('ann')).toBe(false)
      expect(await statusOf(session)).toBe(401)
    }
  })

  it('a reset removes a pending device, whose code then enrolls nobody', async () => {
    const thief = await signIn()
    const { secret } = (await register(thief)).body
    await world.server.resetUser('ann')
    const fresh = await signIn()
    expect((await verify(thief, secret)).status).toBe(401)
    expect((await verify(fresh, secret)).status).toBe(404)
  })

  it('a reset still holds after a restart', async () => {
    const session = await signIn()
    await world.server.endSessions('ann')
    if (_ !== 'memory') await world.restart()
    expect(await statusOf(session)).toBe(401)
  })

  it('a reset on a clock that was a day fast locks nobody out once the clock is set back', async () => {
    world.now += DAY
    await world.server.resetUser('ann')
    world.now -= DAY
    const owner = await signIn()
    expect(await statusOf(owner)).toBe(200)
    await enrollIn(owner)
  })

  it('a reset stops registrations and first codes that are under way, in any order', async () => {
    for (let round = 0; round < 20; round++) {
      const thief = await signIn('user:eve')
      const { secret } = (await register(thief)).body
      await Promise.all([
        verify(thief, secret),
        register(thief),
        world.server.resetUser('eve'),
        register(thief),
        verify(thief, secret),
      ])
      const owner = await signIn('user:eve')
      const { devices } = (await world.call('GET', '/users/mfa', { headers: owner })).body
      expect(devices.filter(({ verified }: { verified: boolean }) => verified)).toEqual([])
    }
  })

  it('a removal lets only the session that made it, or a later sign-in, register the next device', async () => {
    const thief = await signIn()
    const { id, secret, headers: owner } = await enrollIn(await signIn())
    expect((await remove(owner, secret, id)).status).toBe(204)
    expect(await register(thief)).toMatchObject({
      status: 403,
      body: { code: 'reauthentication_required' },
    })
    expect(await statusOf(thief)).toBe(200)
    expect((await register(owner)).status).toBe(200)
    expect((await register(await signIn())).status).toBe(200)
  })

  it('a removal lets no older session enter the code of a younger session’s registration', async () => {
    const thief = await signIn()
    const { id, secret, headers: owner } = await enrollIn(await signIn())
    await remove(owner, secret, id)
    const next = (await register(owner)).body
    expect((await verify(thief, next.secret)).body.code).toBe('reauthentication_required')
    expect((await verify(owner, next.secret)).status).toBe(200)
  })

  it('a removal takes the verification from all sessions of the device', async () => {
    await another({ mfaRequired: true })
    const { id, secret, headers: owner } = await enrollIn(await signIn())
    const other = bearer((await verify(await signIn(), secret)).body.minifiedJwt)
    world.tick()
    expect((await world.call('GET', '/users', { headers: other })).body.scope).toBeUndefined()
    await remove(owner, secret, id)
    for (const session of [owner, other]) {
      expect((await world.call('GET', '/users', { headers: session })).body.scope).toBe(
        'requiresAdditionalAuth',
      )
    }
    await enrollIn(owner)
    expect((await world.call('GET', '/users', { headers: other })).body.scope).toBe('requiresAdditionalAuth')
  })

  it('a removal ends all other sessions if the host wants that', async () => {
    await another({ endSessionsOnRemoval: true })
    const other = await signIn()
    const { id, secret, headers: owner } = await enrollIn(await signIn())
    await remove(owner, secret, id)
    expect([await statusOf(owner), await statusOf(other)]).toEqual([200, 401])
    expect(await statusOf(await signIn())).toBe(200)
  })

  it.each(['', ':mine'])(
    'a removal that ends all other sessions leaves its own session the elevation for the next device (host session: %j)',
    async (hostSession) => {
      const stepUp = { register: 'required' as const }
      await another({ identity: dated, endSessionsOnRemoval: true, stepUp })
      const user = { userId: 'ann', account: 'ann' }
      const minted = await world.server.mintElevation(user, ['credential:link'])
      const vouched = { 'x-dyn-elevated-access-token': minted }
      const first = await signIn(`at:ann:${world.now}${hostSession}`)
      const { id, secret } = (await register({ ...first, ...vouched })).body
      const headers = bearer((await verify(first, secret)).body.minifiedJwt)
      world.tick()
      const { body } = await verify(headers, secret, { requestedScopes: ['credential:link'] })
      const link = { 'x-dyn-elevated-access-token': body.elevatedAccessToken }
      world.tick()
      expect((await remove(headers, secret, id)).status).toBe(204)
      const other = await signIn(`at:ann:${world.now}:other`)
      expect((await register({ ...other, ...link })).status).toBe(401)
      expect((await register({ ...headers, ...link })).status).toBe(200)
    },
  )

  it('a removal by a dated host credential lets that one register, and no older one', async () => {
    await another({ identity: dated })
    const [older, owner] = [`at:ann:${world.now - HOUR}`, `at:ann:${world.now - MINUTE}`].map(bearer)
    if (!older || !owner) throw new Error('two credentials were expected')
    const { id, secret } = (await register(owner)).body
    await verify(owner, secret)
    world.tick()
    await remove(owner, secret, id)
    expect((await register(older)).status).toBe(403)
    expect((await register(await signIn(`at:ann:${world.now - HOUR}`))).status).toBe(403)
    expect((await register(owner)).status).toBe(200)
    // The time of a sign-in alone does not tell one session of the host from another.
    expect((await register(await signIn(owner.authorization.slice(7)))).status).toBe(403)
    world.tick()
    expect((await register(bearer(`at:ann:${world.now}`))).status).toBe(200)
  })

  it('a removal lets the host’s session register through a new session here, and no other session', async () => {
    await another({ identity: dated })
    const [mine, theirs] = [`at:ann:${world.now}:mine`, `at:ann:${world.now}:theirs`]
    const thief = await signIn(theirs)
    const { id, secret, headers } = await enrollIn(await signIn(mine))
    await remove(headers, secret, id)
    for (const of of [thief, await signIn(theirs), bearer(theirs)])
      expect((await register(of)).status).toBe(403)
    for (const of of [headers, await signIn(mine), bearer(mine)])
      expect((await register(of)).status).toBe(200)
  })

  it('the host can end the sessions of one user, one session, or all that began before a moment', async () => {
    const [first, bob] = [await signIn(), await signIn('user:bob')]
    await world.server.endSessions('ann')
    const [second, third] = [await signIn(), await signIn()]
    const { session } = await world.server.authenticate(
      new Request('http://test.local/', { headers: second }),
    )
    await world.server.endSession(session?.id ?? '')
    const seen = async () => Promise.all([first, second, third, bob].map(statusOf))
    expect(await seen()).toEqual([401, 401, 200, 200])
    world.tick()
    await world.server.endAllSessions({ before: world.now })
    expect(await seen()).toEqual([401, 401, 401, 401])
    expect(await statusOf(await signIn('user:bob'))).toBe(200)
    await expect(world.server.endAllSessions({ before: world.now + 1 })).rejects.toMatchObject({
      code: 'bad_request',
    })
    expect(world.events.filter(({ type }) => type === 'sessions_ended')).toEqual([
      { at: expect.any(Number), type: 'sessions_ended', userId: 'ann' },
      { at: expect.any(Number), type: 'sessions_ended', sessionId: session?.id },
      { at: expect.any(Number), type: 'sessions_ended', before: world.now },
    ])
  })

  it.each<[string, () => Promise<void>]>([
    ['one user', () => world.server.endSessions('ann')],
    ['all users', () => world.server.endAllSessions({ before: world.now })],
  ])('ending the sessions of %s grants no MFA token to a code in progress', async (_who, end) => {
    let meanwhile = async () => {}
    await world.close()
    world = createWorld((path) => {
      const store = makeStore(path)
      const late = <Given, Result>(verb: (given: Given) => Promise<Result>) => {
        return async (given: Given) => {
          await meanwhile()
          return verb(given)
        }
      }
      return { ...store, attempt: late(store.attempt), attemptRecovery: late(store.attemptRecovery) }
    })
    const { secret, recoveryCodes } = await enrollIn(await signIn())
    for (const [path, code] of [
      [VERIFY, () => world.codeOf(secret)],
      [RECOVER, () => recoveryCodes[0]],
    ] as const) {
      meanwhile = async () => {}
      const headers = await signIn()
      world.tick()
      meanwhile = end
      const body = { code: code(), createMfaToken: {} }
      const answer = await world.call('POST', path, { headers, body })
      expect(answer, path).toMatchObject({ status: 401, body: { code: 'unauthenticated' } })
    }
  })

  it('ending a user’s sessions ends an older in-process port of the user, and no younger one', async () => {
    const portOf = (authenticatedAt: number) =>
      world.server.backendFor({ userId: 'ann', account: 'ann', authenticatedAt })
    const [older, unknown] = [portOf(world.now), world.server.backendFor({ userId: 'ann', account: 'ann' })]
    world.tick()
    await world.server.endSessions('ann')
    await expect(older.getMfaDevices()).rejects.toMatchObject({ code: 'unauthenticated' })
    expect(await unknown.getMfaDevices()).toEqual([])
    world.tick()
    expect(await portOf(world.now).getMfaDevices()).toEqual([])
  })

  it('ending sessions rejects a host credential dated before it, at sign-in too', async () => {
    await another({ identity: dated })
    const stolen = `at:ann:${world.now}`
    world.tick()
    await world.server.endSessions('ann')
    expect(await statusOf(bearer(stolen))).toBe(401)
    const answer = await world.call('POST', '/externalAuth/signin', { body: { jwt: stolen } })
    expect(answer).toMatchObject({ status: 401, body: { code: 'invalid_external_auth' } })
    world.tick()
    expect(await statusOf(bearer(`at:ann:${world.now}`))).toBe(200)
  })

  it.each<[string, (session: { headers: Headers; id: string }) => Promise<unknown>]>([
    ['the user', ({ headers }) => world.call('POST', '/revoke', { headers })],
    ['the host', ({ id }) => world.server.endSession(id)],
  ])(
    'a session that %s ended stays ended, although a clock was thirty hours ahead for a while',
    async (_who, end) => {
      const headers = await signIn()
      await end({ headers, id: String(decodeJwt(headers.authorization.slice(7)).sid) })
      world.now += 30 * HOUR
      await signIn('user:bob') // sweeps what is over
      world.now -= 30 * HOUR
      expect(await statusOf(headers)).toBe(401)
    },
  )

  it('ending sessions accepts a valid id, user or moment, and rejects anything else with a message', async () => {
    const wrong = { code: 'bad_request', message: expect.stringMatching(/^.{20,}\.$/) }
    for (const id of ['', 'a b', 'x'.repeat(65), 'a\0b', '../x']) {
      await expect(world.server.endSession(id), id).rejects.toMatchObject(wrong)
    }
    for (const userId of ['', 'x'.repeat(256), 'a\0b', 'a\ud800']) {
      await expect(world.server.endSessions(userId)).rejects.toMatchObject(wrong)
      await expect(world.server.resetUser(userId)).rejects.toMatchObject(wrong)
    }
    for (const before of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, world.now + 1]) {
      await expect(world.server.endAllSessions({ before })).rejects.toMatchObject(wrong)
    }
    const session = await signIn()
    await world.server.endAllSessions({ before: world.now - 0.5 })
    expect(await statusOf(session)).toBe(200)
    expect(world.events.filter(({ type }) => type === 'sessions_ended')).toHaveLength(1)
  })

  it('ending one user’s sessions spares the next sign-in in the same millisecond, and what is granted in it', async () => {
    await world.server.endSessions('ann')
    const { headers, secret } = await enrollIn(await signIn())
    await world.server.endSessions('ann')
    const next = await signIn()
    const { body } = await verify(next, secret, { requestedScopes: ['wallet:sign'] })
    expect(await statusOf(headers)).toBe(401)
    const elevation = { 'x-dyn-elevated-access-token': body.elevatedAccessToken }
    expect(await guard({ ...next, ...elevation }, 'wallet:sign')).toBe(200)
    const minted = await world.server.mintElevation({ userId: 'ann', account: 'ann' }, ['wallet:sign'])
    expect(await guard({ ...next, 'x-dyn-elevated-access-token': minted }, 'wallet:sign')).toBe(200)
  })

  it('ending sessions before a moment spares one that began a millisecond after it', async () => {
    world.now += 500
    const session = await signIn()
    await world.server.endAllSessions({ before: world.now - 1 })
    expect(await statusOf(session)).toBe(200)
    world.now += 1
    await world.server.endAllSessions({ before: world.now })
    expect(await statusOf(session)).toBe(401)
  })

  it('ending sessions before a moment locks out no sign-in on a clock that is behind', async () => {
    await world.server.endAllSessions({ before: world.now })
    world.now -= MINUTE
    const session = await signIn()
    expect(await statusOf(session)).toBe(200)
    await enrollIn(session)
  })

  it('ending sessions before a moment ends the elevations from before it too, including those minted by the host', async () => {
    const user = { userId: 'ann', account: 'ann' }
    const minted = await world.server.mintElevation(user, ['wallet:sign'])
    world.tick()
    await world.server.endAllSessions({ before: world.now })
    const later = await world.server.mintElevation(user, ['wallet:sign'])
    for (const session of [await signIn(), bearer('user:ann')]) {
      expect(await guard({ ...session, 'x-dyn-elevated-access-token': minted }, 'wallet:sign')).toBe(401)
      expect(await guard({ ...session, 'x-dyn-elevated-access-token': later }, 'wallet:sign')).toBe(200)
    }
  })

  it('a session that ends while a request’s body arrives is refused', async () => {
    const { headers, secret } = await enrollIn(await signIn())
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        await world.server.endSessions('ann')
        controller.enqueue(new TextEncoder().encode(JSON.stringify({ code: world.codeOf(secret) })))
        controller.close()
      },
    })
    const sending = { method: 'POST', headers, body, duplex: 'half' }
    const request = new Request('http://test.local/api/v0/sdk/test/users/mfa/auth/totp', sending)
    expect((await world.server.fetch(request)).status).toBe(401)
  })

  it('an elevation is valid in the session that won it, and in no other of the user', async () => {
    const { headers, secret } = await enrollIn(await signIn())
    const { body } = await verify(headers, secret, { requestedScopes: ['wallet:sign'] })
    const elevation = { 'x-dyn-elevated-access-token': body.elevatedAccessToken }
    expect(await guard({ ...(await signIn()), ...elevation }, 'wallet:sign')).toBe(401)
    expect(await guard({ ...headers, ...elevation }, 'wallet:sign')).toBe(200)
    expect(await guard({ ...bearer(body.minifiedJwt), ...elevation }, 'wallet:sign')).toBe(200)
    // The host's own credential stands for no session: there the elevation's own has to last.
    expect(await guard({ authorization: 'Bearer user:ann', ...elevation }, 'wallet:sign')).toBe(200)
    await world.call('POST', '/revoke', { headers })
    expect(await guard({ authorization: 'Bearer user:ann', ...elevation }, 'wallet:sign')).toBe(401)
    expect(await guard({ ...(await signIn()), ...elevation }, 'wallet:sign')).toBe(401)
  })

  it('an elevation won in an ended session is refused everywhere, even if it is younger than the moment of the end', async () => {
    const { headers, secret } = await enrollIn(await signIn())
    const moment = world.now
    world.tick()
    const { body } = await verify(headers, secret, { requestedScopes: ['wallet:sign'] })
    await world.server.endAllSessions({ before: moment })
    const elevation = { 'x-dyn-elevated-access-token': body.elevatedAccessToken }
    expect(await guard({ authorization: 'Bearer user:ann', ...elevation }, 'wallet:sign')).toBe(401)
  })

  it('an MFA token of another session, or of one that has ended, removes nothing', async () => {
    const { headers, id, secret } = await enrollIn(await signIn())
    const win = async () => {
      const { mfaToken } = (await verify(headers, secret, { createMfaToken: {} })).body
      world.tick()
      return mfaToken
    }
    const removeBy = (of: Headers, token: string) =>
      world.call('DELETE', `/users/mfa/${id}`, { headers: { ...of, 'x-mfa-auth-token': token } })
    const first = await win()
    expect((await removeBy(await signIn(), first)).status).toBe(403)
    await world.server.endSessions('ann')
    expect((await removeBy(await signIn(), first)).status).toBe(403)
    expect((await removeBy(bearer('user:ann'), first)).status).toBe(403)
    const fresh = await signIn()
    const code = { code: world.codeOf(secret), createMfaToken: {} }
    const second = (await world.call('POST', VERIFY, { headers: fresh, body: code })).body.mfaToken
    await world.call('POST', '/revoke', { headers: fresh })
    expect((await removeBy(bearer('user:ann'), second)).status).toBe(403)
    world.tick()
    Object.assign(headers, await signIn())
    expect((await removeBy(headers, await win())).status).toBe(204)
  })

  it('an elevation of another session removes no device and makes no recovery codes', async () => {
    const { headers, id, secret } = await enrollIn(await signIn())
    const { body } = await verify(headers, secret, {
      requestedScopes: ['credential:unlink', 'credential:update'],
    })
    const other = await signIn()
    const proof = { 'x-dyn-elevated-access-token': body.elevatedAccessToken }
    const asOther = { headers: { ...other, ...proof } }
    expect((await world.call('DELETE', `/users/mfa/${id}`, asOther)).status).toBe(403)
    expect((await world.call('POST', CODES, asOther)).status).toBe(403)
    const checked = await world.call('POST', '/stepUp/check', {
      ...asOther,
      body: { scope: 'credential:unlink' },
    })
    expect(checked.body.isRequired).toBe(true)
    expect(
      (await world.call('DELETE', `/users/mfa/${id}`, { headers: { ...headers, ...proof } })).status,
    ).toBe(204)
  })

  it('an elevation or MFA token removes nothing once all sessions of the user have ended', async () => {
    const ends = [
      () => world.server.endSessions('ann'),
      () => world.server.endAllSessions({ before: world.now }),
    ]
    const { id, secret, headers } = await enrollIn(await signIn())
    let owner = headers
    for (const end of ends) {
      const { mfaToken } = (await verify(owner, secret, { createMfaToken: {} })).body
      world.tick()
      await end()
      owner = await signIn()
      const proof = { ...owner, 'x-mfa-auth-token': mfaToken }
      const removed = await world.call('DELETE', `/users/mfa/${id}`, { headers: proof })
      expect(removed).toMatchObject({ status: 403, body: { code: 'proof_required' } })
    }
  })

  it('an elevation is valid in a session that began right after all others were ended', async () => {
    const { secret } = await enrollIn(await signIn())
    world.now += 500
    await world.server.endAllSessions({ before: world.now })
    const session = await signIn()
    const { body } = await verify(session, secret, { requestedScopes: ['wallet:sign'] })
    const elevation = { 'x-dyn-elevated-access-token': body.elevatedAccessToken }
    expect(await guard({ ...bearer(body.minifiedJwt), ...elevation }, 'wallet:sign')).toBe(200)
  })

  it('an elevation that one in-process port won is valid in another of the user, as when the host makes one per call', async () => {
    const { id, secret } = await enrollIn(await signIn())
    const port = () => world.server.backendFor({ userId: 'ann', account: 'ann' })
    const { elevation } = await port().authenticateTotpMfaDevice({
      code: world.codeOf(secret),
      requestedScopes: ['credential:unlink'],
    })
    await port().deleteMfaDevice({ deviceId: id, elevatedAccessToken: elevation?.token ?? '' })
    expect(await port().getMfaDevices()).toEqual([])
  })

  it('an elevation minted by the host is valid in any session of the user, or only in the one that it names', async () => {
    const user = { userId: 'ann', account: 'ann' }
    const [one, other] = [await signIn(), await signIn()]
    const sid = String(decodeJwt(one.authorization.slice(7)).sid)
    const unbound = await world.server.mintElevation(user, ['wallet:sign'])
    const bound = await world.server.mintElevation(user, ['wallet:sign'], { sessionId: sid })
    const use = (headers: Headers, token: string) =>
      guard({ ...headers, 'x-dyn-elevated-access-token': token }, 'wallet:sign')
    expect(await Promise.all([use(one, unbound), use(other, unbound)])).toEqual([200, 200])
    expect(await Promise.all([use(one, bound), use(other, bound)])).toEqual([200, 401])
    await world.server.endSessions('ann')
    expect(await use(await signIn(), unbound)).toBe(401)
  })

  it('a verification counts for a day, however often the session is refreshed', async () => {
    await another({ mfaRequired: true })
    let { headers } = await enrollIn(await signIn())
    const start = world.now
    let owedAfter = 0
    while (world.now - start < 2 * DAY) {
      const { body } = await world.call('POST', '/refresh', { headers })
      headers = bearer(body.minifiedJwt)
      if (body.user.scope === 'requiresAdditionalAuth') {
        owedAfter = world.now - start
        break
      }
      world.now += HOUR
    }
    expect(owedAfter).toBe(DAY)
    const { session } = await world.server.authenticate(new Request('http://test.local/', { headers }))
    expect(session).toMatchObject({ mfaOwed: true, verifiedAt: expect.any(Number) })
  })

  it('a verification counts as long as the host says, and only in a session that is not idle for too long', async () => {
    await another({ mfaRequired: true, mfaMaxAge: 8 * 3600, mfaIdleTimeout: 3600 })
    const { headers, secret } = await enrollIn(await signIn())
    const owes = async (of: Headers) => (await world.call('GET', '/users', { headers: of })).body.scope
    expect(await owes(headers)).toBeUndefined()
    world.now += HOUR
    expect(await owes(headers)).toBe('requiresAdditionalAuth')
    const { body } = await verify(headers, secret)
    expect(await owes(bearer(body.minifiedJwt))).toBeUndefined()
  })

  it('a verification is owed again after too long without a new token, and no refresh restores it', async () => {
    await another({ mfaRequired: true, mfaIdleTimeout: 3600 })
    const { headers, secret } = await enrollIn(await signIn())
    const refresh = async (of: Headers) =>
      bearer((await world.call('POST', '/refresh', { headers: of })).body.minifiedJwt)
    const owes = async (of: Headers) => (await world.call('GET', '/users', { headers: of })).body.scope
    world.now += HOUR - MINUTE
    const active = await refresh(headers)
    world.now += HOUR - MINUTE
    expect(await owes(active)).toBeUndefined()
    world.now += HOUR
    const idle = await refresh(await refresh(active))
    expect(await owes(idle)).toBe('requiresAdditionalAuth')
    const { session } = await world.server.authenticate(new Request('http://test.local/', { headers: idle }))
    expect(session).toMatchObject({ mfaOwed: true })
    const { body } = await verify(idle, secret)
    expect(await owes(bearer(body.minifiedJwt))).toBeUndefined()
  })

  it('a verification and an idle time-out expire to the millisecond', async () => {
    const owes = async (of: Headers) => {
      const { body } = await world.call('GET', '/users', { headers: of })
      return body.scope === 'requiresAdditionalAuth'
    }
    for (const options of [{ mfaMaxAge: 3600 }, { mfaIdleTimeout: 3600 }]) {
      await another({ mfaRequired: true, ...options })
      const session = await signIn()
      const { minifiedJwt } = (await verify(session, (await register(session)).body.secret)).body
      const verified = bearer(minifiedJwt)
      world.now += HOUR
      expect(await owes(verified), JSON.stringify(options)).toBe(false)
      const { session: read } = await world.server.authenticate(
        new Request('http://test.local/', { headers: verified }),
      )
      expect(read).toMatchObject({ mfaOwed: false, verifiedAt: world.now - HOUR })
      world.now += 1
      expect(await owes(verified), JSON.stringify(options)).toBe(true)
    }
  })

  it('a verification disappears from the session with its device, time and device alike', async () => {
    const { headers, id, secret } = await enrollIn(await signIn())
    const caller = async () =>
      (await world.server.authenticate(new Request('http://test.local/', { headers }))).session
    expect(await caller()).toMatchObject({ verifiedAt: expect.any(Number), verifiedBy: id })
    await remove(headers, secret, id)
    expect(await caller()).toMatchObject({ verifiedAt: null, verifiedBy: null })
    await register(headers)
    expect(await caller()).toMatchObject({ verifiedAt: null, verifiedBy: null })
    const recent = await world.server.checkRecentMfa(new Request('http://test.local/', { headers }), {
      maxAge: 86_400,
    })
    expect(recent).toMatchObject({ status: 401 })
  })

  it('a verification is recent for as many seconds as the guard says, and not a millisecond longer', async () => {
    const session = await signIn()
    const verifiedIn = (await verify(session, (await register(session)).body.secret)).body.minifiedJwt
    const ask = async () => {
      const request = new Request('http://test.local/', { headers: bearer(verifiedIn) })
      return world.server.checkRecentMfa(request, { maxAge: 300 })
    }
    world.now += 300_000
    expect(await ask()).toMatchObject({ userId: 'ann' })
    world.now += 1
    expect(await ask()).toMatchObject({ status: 401 })
  })

  it('a recent verification passes a request, and any other gets an RFC 9470 max_age challenge', async () => {
    const guarded = world.server.requireRecentMfa({ maxAge: 300 })((_request, user) =>
      Response.json({ user: user.userId }),
    )
    const ask = (headers: Headers) => guarded(new Request('http://test.local/', { headers }))
    const { headers } = await enrollIn(await signIn())
    expect(await (await ask(headers)).json()).toEqual({ user: 'ann' })
    const refused = async (of: Headers) => {
      const answer = await ask(of)
      return [answer.status, answer.headers.get('www-authenticate'), await answer.json()]
    }
    const challenge = [
      401,
      'Bearer error="insufficient_user_authentication", error_description="A fresh proof is needed", max_age="300"',
      expect.objectContaining({ code: 'elevation_required', max_age: 300 }),
    ]
    expect(await refused(await signIn())).toEqual(challenge)
    expect(await refused(bearer('user:ann'))).toEqual(challenge)
    world.now += 300_000
    expect(await refused(headers)).toEqual(challenge)
    expect((await ask(bearer('nobody'))).headers.get('www-authenticate')).toBe('Bearer')
    for (const maxAge of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => world.server.requireRecentMfa({ maxAge })).toThrow(/maxAge/)
    }
  })

  it('a verification made while the clock was fast is neither recent nor valid for longer once the clock is right', async () => {
    await another({ mfaRequired: true, stepUp: { register: 'recent-sign-in' } })
    const { recoveryCodes, headers } = await enrollIn(await signIn())
    const isRecent = async (of: Headers) => {
      const answer = await world.server.checkRecentMfa(new Request('http://test.local/', { headers: of }), {
        maxAge: 60,
      })
      return !(answer instanceof Response)
    }
    const owes = async (of: Headers) => (await world.call('GET', '/users', { headers: of })).body.scope
    world.now += 10 * HOUR
    const recovered = await world.call('POST', RECOVER, { headers, body: { code: recoveryCodes[0] } })
    const fast = bearer(recovered.body.minifiedJwt)
    const bob = await signIn('user:bob')
    const carol = await enrollIn(await signIn('user:carol'))
    expect(await isRecent(fast)).toBe(true)
    world.now -= 9 * HOUR
    expect(await isRecent(fast)).toBe(false)
    expect(await owes(fast)).toBe('requiresAdditionalAuth')
    expect(await register(bob)).toMatchObject({
      status: 403,
      body: { code: 'reauthentication_required' },
    })
    expect((await world.call('POST', CODES, { headers: carol.headers })).status).toBe(403)
  })

  it('no session and no credential of the host that owes a verification can acknowledge recovery codes', async () => {
    await another({ mfaRequired: true })
    const { headers } = await enrollIn(await signIn())
    const thief = await signIn()
    const keep = (of: Headers) =>
      world.call('PUT', '/users', { headers: of, body: { mfaBackupCodeAcknowledgement: 'complete' } })
    for (const owing of [thief, bearer('user:ann')])
      expect(await keep(owing)).toMatchObject({ status: 403, body: { code: 'proof_required' } })
    expect((await world.call('GET', CODES, { headers })).body.acknowledged).toBe(false)
    expect((await keep(headers)).status).toBe(200)
  })

  it('registering can require a sign-in at most five minutes ago', async () => {
    await another({ stepUp: { register: 'recent-sign-in' } })
    const session = await signIn()
    world.now += 5 * MINUTE
    expect((await register(session)).status).toBe(200)
    world.now += 1
    const refused = await register(session)
    expect(refused).toMatchObject({ status: 403, body: { code: 'reauthentication_required' } })
    const refreshed = (await world.call('POST', '/refresh', { headers: session })).body.minifiedJwt
    expect((await register(bearer(refreshed))).status).toBe(403)
    expect((await register(bearer('user:ann'))).status).toBe(403)
    await another({ stepUp: { register: 'recent-sign-in' }, identity: dated })
    expect((await register(bearer(`at:ann:${world.now - MINUTE}`))).status).toBe(200)
    expect((await register(await signIn(`at:ann:${world.now - HOUR}`))).status).toBe(403)
  })

  it('the host decides what the first code may grant', async () => {
    await another({ stepUp: { enrollment: 'nothing' } })
    const session = await signIn()
    const { secret } = (await register(session)).body
    const scopes = { requestedScopes: ['wallet:export'] }
    expect((await verify(session, secret, scopes)).body.code).toBe('scope_not_allowed')
    expect((await verify(session, secret, { createMfaToken: {} })).body.code).toBe('mfa_token_disabled')
    expect((await verify(session, secret)).status).toBe(200)
    world.tick()
    expect((await verify(session, secret, scopes)).body.elevatedAccessToken).toBeDefined()
  })

  it('the owner gets in with right codes while a thief with the first factor types wrong ones, hour after hour', async () => {
    const { headers, secret } = await enrollIn(await signIn())
    let isIn = 0
    for (let round = 0; round < 30; round++) {
      const thief = await signIn()
      const answers = []
      for (let code = 0; code < 12; code++) answers.push((await guess(thief, secret)).status)
      expect(answers.at(-1)).toBe(429)
      if ((await verify(headers, secret)).status === 200) isIn++
      world.now += 20 * MINUTE
    }
    expect(isIn).toBe(30)
  })

  it('the owner gets in after a thief has locked the device for all others', async () => {
    const { headers, secret } = await enrollIn(await signIn())
    const thief = await signIn()
    for (let failures = 0; failures < 100; failures++) {
      await guess(thief, secret)
      world.now += HOUR
      for (const session of [headers, thief]) {
        const { body } = await world.call('POST', '/refresh', { headers: session })
        Object.assign(session, bearer(body.minifiedJwt))
      }
    }
    expect((await verify(thief, secret)).body.reason).toBe('device_locked')
    expect((await verify(await signIn(), secret)).body.reason).toBe('device_locked')
    expect((await verify(headers, secret)).status).toBe(200)
  })

  it('the owner’s session has five wrong codes of its own, in a row or at once, which no other session uses up', async () => {
    const { headers, secret } = await enrollIn(await signIn())
    const thief = await signIn()
    for (let code = 0; code < 12; code++) await guess(thief, secret)
    const answers = await Promise.all(Array.from({ length: 40 }, () => guess(headers, secret)))
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(5)
    expect((await verify(headers, secret)).status).toBe(429)
    const { retryAfter } = (await verify(headers, secret)).body.payload
    world.now += retryAfter * 1000
    expect((await verify(headers, secret)).status).toBe(200)
    // A right code gives all five back.
    for (let code = 0; code < 12; code++) await guess(thief, secret)
    for (let code = 0; code < 4; code++) expect((await guess(headers, secret)).status).toBe(400)
    world.tick()
    expect((await verify(headers, secret)).status).toBe(200)
  })

  it('the owner’s session has its own codes again once a fast clock is right', async () => {
    const { headers, secret } = await enrollIn(await signIn())
    world.now += 6 * HOUR
    const thief = await signIn()
    for (let code = 0; code < 12; code++) await guess(thief, secret)
    for (let code = 0; code < 5; code++) await guess(headers, secret)
    world.now -= 6 * HOUR
    for (let code = 0; code < 12; code++) await guess(await signIn(), secret)
    expect((await verify(headers, secret)).status).toBe(200)
  })

  it('a code that was used is refused on the owner’s reserve too, and costs none of it', async () => {
    const { headers, secret } = await enrollIn(await signIn())
    expect((await verify(headers, secret)).status).toBe(200)
    const thief = await signIn()
    for (let code = 0; code < 12; code++) await guess(thief, secret)
    for (let time = 0; time < 8; time++) {
      expect((await verify(headers, secret)).body.reason).toBe('code_reused')
    }
    world.tick()
    const bursts = await Promise.all(Array.from({ length: 20 }, () => verify(headers, secret)))
    expect(bursts.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  it('the owner gets in by a recovery code too, while a thief types wrong ones', async () => {
    const { headers, recoveryCodes } = await enrollIn(await signIn())
    const thief = await signIn()
    const recover = (of: Headers, code: string) =>
      world.call('POST', RECOVER, { headers: of, body: { code } })
    for (let time = 0; time < 12; time++) await recover(thief, recoveryCodes[0].replace(/[^-]/g, '0'))
    expect((await recover(thief, recoveryCodes[0])).status).toBe(429)
    expect((await recover(headers, recoveryCodes[0])).status).toBe(200)
  })

  it('no wait is longer than the longest one, whatever the clock did', async () => {
    const { secret } = await world.enroll('ann')
    const send = (code: string) => world.call('POST', VERIFY, { as: 'ann', body: { code } })
    world.now += DAY
    for (let code = 0; code < 5; code++) await send(wrongFor(secret))
    expect((await send(wrongFor(secret))).status).toBe(429)
    world.now -= DAY
    expect((await send(world.codeOf(secret))).status).toBe(200)
  })

  it('the wrong code that starts a wait is answered with the end of the wait', async () => {
    const { secret } = await world.enroll('ann')
    const send = () => world.call('POST', VERIFY, { as: 'ann', body: { code: wrongFor(secret) } })
    for (let code = 0; code < 4; code++) {
      const { status, headers } = await send()
      expect([status, headers.get('retry-after')]).toEqual([400, null])
    }
    const fifth = await send()
    expect(fifth).toMatchObject({
      status: 400,
      body: { code: 'mfa_invalid_code', payload: { retryAfter: 30 } },
    })
    expect(fifth.headers.get('retry-after')).toBe('30')
    expect((await send()).headers.get('retry-after')).toBe('30')
  })

  it('recovery codes renewed without a proof still grant nothing when an old sign-in is presented again', async () => {
    await another({ identity: dated })
    const at = world.now
    world.tick()
    const { headers } = await enrollIn(await signIn(`at:ann:${at}`))
    const { recoveryCodes } = (await world.call('POST', CODES, { headers })).body
    world.tick()
    const recover = (of: Headers, index: number) =>
      world.call('POST', RECOVER, {
        headers: of,
        body: { code: recoveryCodes[index], requestedScopes: ['wallet:export'] },
      })
    expect((await recover(await signIn(`at:ann:${at}`), 0)).status).toBe(400)
    expect((await recover(bearer(`at:ann:${at}`), 0)).status).toBe(400)
    for (const [index, of] of [await signIn(`at:ann:${at}`), bearer(`at:ann:${at}`)].entries()) {
      const body = { code: recoveryCodes[index + 1] }
      expect((await world.call('POST', RECOVER, { headers: of, body })).status).toBe(400)
    }
    expect((await recover(await signIn(`at:ann:${world.now}`), 0)).status).toBe(200)
  })

  it('an audit event names the address and the session, also of a refused caller, and no credential', async () => {
    await another({ clientAddress: () => '192.0.2.7' })
    const { headers } = await enrollIn(await signIn())
    const sessionId = decodeJwt(headers.authorization.slice(7)).sid
    const enrolled = world.events.find(({ type }) => type === 'enrolled')
    expect(enrolled).toMatchObject({ address: '192.0.2.7', sessionId })
    world.events.length = 0
    await world.call('POST', '/externalAuth/signin', { body: { jwt: 'forged-credential' } })
    await world.call('GET', '/users', { headers: bearer('forged-credential') })
    await world.call('GET', '/users')
    await world.server.endSessions('ann')
    await world.call('GET', '/users', { headers })
    const common = { at: world.now, address: '192.0.2.7' }
    expect(world.events).toEqual([
      { ...common, type: 'sign_in_failed' },
      { ...common, type: 'credential_refused', reason: 'unknown' },
      { ...common, type: 'credential_refused', reason: 'missing' },
      { at: world.now, type: 'sessions_ended', userId: 'ann' },
      { ...common, type: 'credential_refused', reason: 'ended', userId: 'ann', sessionId },
    ])
    expect(JSON.stringify(world.events)).not.toContain('forged')
  })

  it('a call leaves an event with its address even if the host has no usable id for its user, or fails', async () => {
    const identity: Identity = (credential) => {
      if (credential === 'failing') throw new TypeError('no database')
      return { userId: credential.repeat(100), account: 'ann' }
    }
    await another({ identity, clientAddress: () => '192.0.2.7' })
    for (const jwt of ['unusable', 'failing']) {
      await world.call('POST', '/externalAuth/signin', { body: { jwt } })
      await world.call('GET', '/users', { headers: bearer(jwt) })
      await guard(bearer(jwt), 'wallet:sign')
    }
    const common = { at: world.now, address: '192.0.2.7' }
    const failed = { ...common, type: 'failed', reason: 'TypeError' }
    const refused = { ...common, type: 'credential_refused', reason: 'unknown' }
    expect(world.events).toEqual([
      { ...common, type: 'sign_in_failed' },
      refused,
      refused,
      ...[failed, failed, failed],
    ])
  })

  it('an ended session gets 401 behind a flooded address too, and the time to retry', async () => {
    await another({ clientAddress: () => '192.0.2.7', addressLimit: { calls: 3, windowSeconds: 60 } })
    const expired = await signIn()
    world.now += 13 * HOUR
    const ended = await signIn()
    await world.server.endSessions('ann')
    for (let call = 0; call < 5; call++) await world.call('GET', '/users')
    for (const session of [expired, ended]) {
      const answer = await world.call('GET', '/users', { headers: session })
      expect([answer.status, answer.body.code]).toEqual([401, 'unauthenticated'])
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    }
    expect((await world.call('GET', '/users', { headers: bearer('unknown') })).status).toBe(429)
    const flood = await world.call('POST', '/externalAuth/signin', { body: { jwt: 'forged' } })
    expect(flood.status).toBe(429)
  })
})

it('refusals are reported up to 600 a minute, and then by their number', async () => {
  const world = createWorld(() => memoryStore())
  for (let call = 0; call < 650; call++) await world.call('GET', '/users')
  expect(world.events).toHaveLength(600)
  world.now += MINUTE
  await world.call('GET', '/users')
  expect(world.events.slice(600)).toEqual([
    { at: world.now, type: 'refusals_not_told', count: 50 },
    { at: world.now, type: 'credential_refused', reason: 'missing' },
  ])
  await world.close()
})
