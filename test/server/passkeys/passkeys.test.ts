import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { TotpServerOptions } from '../../../src/server/index.ts'
import { browserWith, passkeysOfTests, personWith } from '../../support/passkeys.ts'
import { createWorld, MASTER_KEY, stores, type World } from '../../support/world.ts'

const MINUTE = 60_000
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const elevated = (token: string) => ({ 'x-dyn-elevated-access-token': token })

describe.each(stores)('on %s', (_, makeStore) => {
  let world: World
  const start = (options: Partial<TotpServerOptions> = {}) => {
    options.passkeys ??= passkeysOfTests({ limit: 3 })
    world = createWorld(makeStore, options)
  }
  beforeEach(() => start())
  afterEach(() => world.close())
  const again = async (options: Partial<TotpServerOptions>) => {
    await world.close()
    start(options)
  }

  const person = (as = 'ada', browser = browserWith()) => personWith(world, as, browser)
  const signIn = async (as = 'ada') => {
    const { body } = await world.call('POST', '/externalAuth/signin', { body: { jwt: `user:${as}` } })
    return bearer(body.minifiedJwt)
  }
  const guarded = (scope: `${string}:${string}`, headers: Record<string, string>, as = 'ada') =>
    world.server
      .requireElevation(scope)(() => new Response('done'))(
        new Request('http://test.local/', { headers: { authorization: `Bearer user:${as}`, ...headers } }),
      )
      .then(({ status }) => status)
  const byCode = async (secret: string, scope: string, as = 'ada') => {
    world.tick()
    const body = { code: world.codeOf(secret), requestedScopes: [scope] }
    return elevated((await world.call('POST', '/users/mfa/auth/totp', { as, body })).body.elevatedAccessToken)
  }
  const gate = async (headers: Record<string, string>) =>
    (await world.call('GET', '/users/mfa', { headers })).body.gate
  const refusal = ({ status, body }: { status: number; body: { code: string } }) => [status, body.code]

  it('a first passkey requires no proof, verifies the session, and is listed without its key', async () => {
    const ada = person()
    const session = await signIn()
    const added = await ada.register({ alias: '  Blue phone ' }, session)
    expect(added).toMatchObject({ status: 200, body: { user: { id: 'ada' }, deviceId: expect.any(String) } })
    const [passkey, ...others] = await ada.list()
    expect(others).toEqual([])
    expect(passkey).toEqual({
      id: added.body.deviceId,
      credentialId: expect.any(String),
      alias: 'Blue phone',
      createdAt: new Date(world.now).toISOString(),
      backedUp: true,
    })
    const { body } = await world.call('GET', '/users/mfa/methods', { as: 'ada' })
    expect(body).toEqual({ devices: [], passkeys: [passkey], userHasVerifiedMfaMethods: true })
    expect(await world.server.authenticate(requestWith(bearer(added.body.minifiedJwt)))).toMatchObject({
      session: { verifiedAt: world.now, verifiedBy: passkey.id },
    })
  })

  it('a passkey grants the requested scopes, in elevations that are single-use or not as the policy says', async () => {
    const ada = person()
    const { body: added } = await ada.register()
    world.tick()
    const { status, body } = await ada.authenticate({ requestedScopes: ['wallet:export'] })
    expect(status).toBe(200)
    expect(body.deviceId).toBe(added.deviceId)
    const won = elevated(body.elevatedAccessToken)
    expect(await guarded('wallet:sign', won)).toBe(401)
    expect([await guarded('wallet:export', won), await guarded('wallet:export', won)]).toEqual([200, 401])
    const signs = await ada.elevated('wallet:sign')
    expect([await guarded('wallet:sign', signs), await guarded('wallet:sign', signs)]).toEqual([200, 200])
    const [passkey] = await ada.list()
    expect(passkey.lastUsedAt).toBe(new Date(world.now).toISOString())
    const told = world.events.map(({ type }) => type).filter((type) => type !== 'refused')
    expect(told).toEqual(['passkey_added', 'passkey_verified', 'elevation_spent', 'passkey_verified'])
  })

  it('a scope that is not allowed is rejected before the challenge is consumed', async () => {
    const ada = person()
    await ada.register()
    const { body: options } = await ada.call('GET', '/users/passkeys/authenticate')
    const response = ada.browser.get(options)
    const ask = (requestedScopes: string[]) =>
      ada.call('POST', '/users/mfa/auth/passkey', { ...response, requestedScopes })
    expect(refusal(await ask(['world:rule']))).toEqual([400, 'scope_not_allowed'])
    expect((await ask(['wallet:export'])).status).toBe(200)
  })

  it('a challenge is good for one use, for five minutes, for its user, its session and its purpose', async () => {
    const ada = person()
    const bob = person('bob')
    await ada.register()
    await bob.register()
    const options = async (kind: string, as = 'ada', headers = {}) =>
      (await world.call('GET', `/users/passkeys/${kind}`, { as, headers })).body
    const verify = (response: unknown, as = 'ada', headers = {}) =>
      world
        .call('POST', '/users/mfa/auth/passkey', { as, headers, body: response })
        .then(({ status }) => status)

    const once = ada.browser.get(await options('authenticate'))
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => verify(once)))
    expect(outcomes.toSorted()).toEqual([200, ...Array.from({ length: 19 }, () => 403)])

    const late = ada.browser.get(await options('authenticate'))
    world.now += 5 * MINUTE
    expect(await verify(late)).toBe(403)
    const early = ada.browser.get(await options('authenticate'))
    world.now += 5 * MINUTE - 1
    expect(await verify(early)).toBe(200)

    const credential = { allowCredentials: [{ id: (await ada.list())[0].credentialId, type: 'public-key' }] }
    const ofBob = { ...(await options('authenticate', 'bob')), ...credential }
    expect(await verify(ada.browser.get(ofBob))).toBe(403)
    const ofSession = await options('authenticate', 'ada', await signIn())
    expect(await verify(ada.browser.get(ofSession), 'ada', await signIn())).toBe(403)
    const ofRegistration = { ...(await options('register')), ...credential, rpId: ofBob.rpId }
    expect(await verify(ada.browser.get(ofRegistration))).toBe(403)
    const { challenge } = await options('authenticate')
    const made = browserWith().create({ ...(await options('register')), challenge })
    const proof = await ada.elevated('credential:link')
    expect((await ada.call('POST', '/users/passkeys/register', made, proof)).status).toBe(403)
    expect(await ada.list()).toHaveLength(1)
  })

  it('a challenge is one challenge however it is spelled', async () => {
    const ada = person()
    await ada.register()
    const proofs = [await ada.elevated('credential:link'), await ada.elevated('credential:link')]
    const { body: options } = await ada.call('GET', '/users/passkeys/register')
    const register = async (challenge: string) => {
      const made = browserWith().create(options)
      const said = JSON.parse(Buffer.from(made.response.clientDataJSON, 'base64url').toString())
      const clientDataJSON = Buffer.from(JSON.stringify({ ...said, challenge })).toString('base64url')
      const response = { ...made, response: { ...made.response, clientDataJSON } }
      return (await ada.call('POST', '/users/passkeys/register', response, proofs.shift())).status
    }
    expect(await register(options.challenge)).toBe(200)
    expect(await register(`${options.challenge}=`)).toBe(403)
  })

  it('passkeys work while the master key is unavailable, like session tokens', async () => {
    let key = () => MASTER_KEY
    await again({ masterKey: () => key() })
    const ada = person()
    expect((await ada.register()).status).toBe(200)
    key = () => {
      throw new Error('the key service is out')
    }
    expect((await ada.authenticate({ requestedScopes: ['wallet:export'] })).status).toBe(200)
    const challenge = Buffer.from('aaaaaaaa.AAAA.BBBB').toString('base64url')
    const forged = ada.browser.get({ challenge, rpId: 'example.com' })
    expect((await ada.call('POST', '/users/mfa/auth/passkey', forged)).status).toBe(403)
    expect(world.errors).toEqual([])
  })

  it('a challenge requested with scopes is valid for these scopes only', async () => {
    const ada = person()
    await ada.register()
    const verify = async (scopes: string, requestedScopes?: string[]) => {
      const path = `/users/passkeys/authenticate?requestedScopes=${encodeURIComponent(scopes)}`
      const { body: options } = await ada.call('GET', path)
      const response = ada.browser.get(options)
      return (await ada.call('POST', '/users/mfa/auth/passkey', { ...response, requestedScopes })).status
    }
    expect(await verify('wallet:export', ['wallet:sign'])).toBe(403)
    expect(await verify('wallet:export')).toBe(403)
    expect(await verify('wallet:export', ['wallet:export', 'wallet:sign'])).toBe(403)
    expect(await verify('wallet:sign wallet:export', ['wallet:export', 'wallet:sign'])).toBe(200)
    const unknown = await ada.call('GET', '/users/passkeys/authenticate?requestedScopes=world:rule')
    expect(refusal(unknown)).toEqual([400, 'scope_not_allowed'])
  })

  it('another passkey requires a proof by an existing factor', async () => {
    const phone = person()
    const laptop = person()
    await phone.register()
    expect(refusal(await laptop.register())).toEqual([401, 'elevation_required'])
    expect(refusal(await laptop.register({}, await phone.elevated('wallet:export')))).toEqual([
      401,
      'elevation_required',
    ])
    const proof = await phone.elevated('credential:link')
    expect((await laptop.register({ alias: 'Laptop' }, proof)).status).toBe(200)
    expect(refusal(await person().register({}, proof))).toEqual([401, 'elevation_required'])
    expect(await phone.list()).toHaveLength(2)
    expect((await laptop.authenticate()).status).toBe(200)
  })

  it('a user with an app adds a passkey by a code, and a user with a passkey adds an app by the passkey', async () => {
    const { secret } = await world.enroll('ada')
    const ada = person()
    expect(refusal(await ada.register())).toEqual([401, 'elevation_required'])
    expect((await ada.register({}, await byCode(secret, 'credential:link'))).status).toBe(200)
    const bob = person('bob')
    await bob.register()
    const refused = await bob.call('GET', '/users/mfa/register/totp')
    expect(refusal(refused)).toEqual([401, 'elevation_required'])
    const proof = await bob.elevated('credential:link')
    expect((await bob.call('GET', '/users/mfa/register/totp', undefined, proof)).status).toBe(200)
  })

  it('an app that was being set up before the first passkey is not set up without proof after it', async () => {
    const ada = person()
    const { body: begun } = await ada.call('GET', '/users/mfa/register/totp')
    await ada.register()
    const code = await ada.call('POST', '/users/mfa/auth/totp', { code: world.codeOf(begun.secret) })
    expect(refusal(code)).toEqual([404, 'no_device'])
    expect((await ada.call('GET', '/users/mfa')).body.devices).toEqual([])
  })

  it('no user has more passkeys than the limit, and no challenge is made for one more', async () => {
    const ada = person()
    await ada.register()
    for (let added = 1; added < 3; added += 1)
      await person().register({}, await ada.elevated('credential:link'))
    expect(refusal(await ada.call('GET', '/users/passkeys/register'))).toEqual([409, 'passkey_limit'])
    expect((await person('bob').call('GET', '/users/passkeys/register')).status).toBe(200)
    expect(await ada.list()).toHaveLength(3)
  })

  it('a credential that another user has is refused', async () => {
    const ada = person()
    await ada.register()
    const thief = person('eve', ada.browser)
    const { body } = await thief.call('GET', '/users/passkeys/authenticate')
    const { credentialId } = (await ada.list())[0]
    const response = ada.browser.get({
      ...body,
      allowCredentials: [{ id: credentialId, type: 'public-key' }],
    })
    expect(refusal(await thief.call('POST', '/users/mfa/auth/passkey', response))).toEqual([
      403,
      'invalid_passkey',
    ])
  })

  it('a page of another origin is granted nothing, nor is an authenticator that did not verify its user', async () => {
    const ada = person()
    await ada.register()
    const elsewhere = browserWith({}, 'https://evil.example.com')
    expect(refusal(await person('bob', elsewhere).register())).toEqual([403, 'invalid_passkey'])
    const unverified = { options: { uv: false, up: true } }
    const lax = browserWith({
      userMakeCredentialInteraction: () => unverified,
      userGetAssertionInteraction: () => unverified,
    })
    expect(refusal(await person('bob', lax).register())).toEqual([403, 'invalid_passkey'])
    expect(await person('bob').list()).toEqual([])
  })

  it('an authenticator whose counter does not grow counts as a copy: it is rejected, reported in the audit log, and kept', async () => {
    const ada = person('ada', browserWith({ signCounterIncrement: 1 }))
    await ada.register()
    const options = async () => (await ada.call('GET', '/users/passkeys/authenticate')).body
    const older = ada.browser.get(await options())
    const newer = ada.browser.get(await options())
    const verify = (response: unknown) => ada.call('POST', '/users/mfa/auth/passkey', response)
    expect((await verify(newer)).status).toBe(200)
    expect(refusal(await verify(older))).toEqual([403, 'invalid_passkey'])
    const [{ id }] = await ada.list()
    expect(world.events).toContainEqual(
      expect.objectContaining({ type: 'passkey_cloned', userId: 'ada', passkeyId: id }),
    )
    expect((await ada.authenticate()).status).toBe(200)
  })

  it('removing a passkey consumes a proof, and ends the passkey’s elevations', async () => {
    const ada = person()
    const { body: added } = await ada.register()
    const session = bearer(added.minifiedJwt)
    const remove = (headers = {}) =>
      ada.call('DELETE', '/users/passkeys', { passkeyId: added.deviceId }, headers)
    expect(refusal(await remove())).toEqual([403, 'proof_required'])
    expect(refusal(await remove(await ada.elevated('credential:link')))).toEqual([403, 'proof_required'])
    const won = await ada.elevated('wallet:sign')
    const proof = await ada.elevated('credential:unlink')
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => remove(proof)))
    expect(outcomes.filter(({ status }) => status === 204)).toHaveLength(1)
    expect(await ada.list()).toEqual([])
    expect(await guarded('wallet:sign', won)).toBe(401)
    expect(await world.server.authenticate(requestWith(session))).toMatchObject({
      session: { verifiedAt: null, verifiedBy: null },
    })
    expect(refusal(await remove(proof))).toEqual([404, 'no_passkey'])
    expect(world.events).toContainEqual(
      expect.objectContaining({ type: 'passkey_removed', userId: 'ada', passkeyId: added.deviceId }),
    )
  })

  it('after the last passkey was removed, of the earlier sessions only the one that removed it can add a factor', async () => {
    const ada = person()
    const owner = await signIn()
    const thief = await signIn()
    const { body } = await ada.register({}, owner)
    const session = bearer(body.minifiedJwt)
    const { body: won } = await ada.authenticate({ requestedScopes: ['credential:unlink'] }, session)
    const proof = { ...session, ...elevated(won.elevatedAccessToken) }
    await ada.call('DELETE', '/users/passkeys', { passkeyId: body.deviceId }, proof)
    expect(refusal(await person().register({}, thief))).toEqual([403, 'reauthentication_required'])
    expect((await person().register({}, session)).status).toBe(200)
  })

  it('a passkey is a proof for changing the app, and the app a proof for changing a passkey', async () => {
    const { id, secret } = await world.enroll('ada')
    const ada = person()
    const { body } = await ada.register({}, await byCode(secret, 'credential:link'))
    const codes = await ada.call(
      'POST',
      '/users/mfa/recovery',
      undefined,
      await ada.elevated('credential:update'),
    )
    expect(codes.body.recoveryCodes).toHaveLength(10)
    const remove = await byCode(secret, 'credential:unlink')
    expect((await ada.call('DELETE', '/users/passkeys', { passkeyId: body.deviceId }, remove)).status).toBe(
      204,
    )
    const other = person()
    await other.register({}, await byCode(secret, 'credential:link'))
    const proof = await other.elevated('credential:unlink')
    expect((await other.call('DELETE', `/users/mfa/${id}`, undefined, proof)).status).toBe(204)
    expect((await other.authenticate()).status).toBe(200)
  })

  it('an elevation of a removed passkey cannot undo later changes', async () => {
    const phone = person()
    const laptop = person()
    const { body } = await phone.register()
    await laptop.register({}, await phone.elevated('credential:link'))
    const [link, unlink] = [
      await phone.elevated('credential:link'),
      await phone.elevated('credential:unlink'),
    ]
    const removal = await laptop.elevated('credential:unlink')
    await laptop.call('DELETE', '/users/passkeys', { passkeyId: body.deviceId }, removal)
    const [{ id }] = await laptop.list()
    expect(refusal(await laptop.call('DELETE', '/users/passkeys', { passkeyId: id }, unlink))).toEqual([
      403,
      'proof_required',
    ])
    expect(refusal(await person().register({}, link))).toEqual([401, 'elevation_required'])
  })

  it('a passkey is renamed by its user alone, to one line of a hundred characters at most', async () => {
    const ada = person()
    const { body } = await ada.register({ alias: 'Phone' })
    const rename = (alias?: string, as = 'ada') =>
      world.call('PUT', '/users/passkeys', { as, body: { id: body.deviceId, alias } })
    expect((await rename(' Old phone ')).body).toMatchObject({ id: body.deviceId, alias: 'Old phone' })
    expect(refusal(await rename('Mine', 'eve'))).toEqual([404, 'no_passkey'])
    for (const bad of ['x'.repeat(101), 'two\nlines', 'bell\u0007', 'a\u2028b', '\u202Egnp', '\ud800'])
      expect(refusal(await rename(bad))).toEqual([400, 'bad_request'])
    expect(await ada.list()).toMatchObject([{ alias: 'Old phone' }])
    expect(refusal(await rename())).toEqual([400, 'bad_request'])
    expect((await rename('')).body).not.toHaveProperty('alias')
  })

  it('a user who owes a factor cannot rename a passkey, with any credential, and no passkey name makes the server fail', async () => {
    await again({ mfaRequired: true })
    const ada = person()
    const { body: added } = await ada.register()
    const rename = (headers: Record<string, string>, id = added.deviceId) =>
      ada.call('PUT', '/users/passkeys', { id, alias: 'Other' }, headers)
    for (const headers of [{}, await signIn()])
      expect(refusal(await rename(headers))).toEqual([403, 'proof_required'])
    const own = bearer((await ada.authenticate()).body.minifiedJwt)
    for (const id of ['\0', 'a\0b', '\ud800', ''])
      expect(refusal(await rename(own, id))).toEqual([404, 'no_passkey'])
    expect((await rename(own)).status).toBe(200)
    expect(world.errors).toEqual([])
  })

  it('where a factor is required, a passkey opens the gate, and a user who has one is prompted for it instead of an app', async () => {
    await again({ mfaRequired: true })
    const ada = person()
    const before = await signIn()
    expect(await gate(before)).toBe('enrollmentOwed')
    const { body } = await ada.register({}, before)
    expect(body.user).not.toHaveProperty('scope')
    expect(await gate(bearer(body.minifiedJwt))).toBe('open')
    const session = await signIn()
    expect(await gate(session)).toBe('codeOwed')
    const rename = () => ada.call('PUT', '/users/passkeys', { id: body.deviceId, alias: 'x' }, session)
    expect(refusal(await rename())).toEqual([403, 'proof_required'])
    const { body: answered } = await ada.authenticate({}, session)
    expect(await gate(bearer(answered.minifiedJwt))).toBe('open')
    world.now += 25 * 60 * MINUTE
    expect(await gate(await signIn())).toBe('codeOwed')
  })

  it('a user who has a passkey gets no grace period for setting up an app', async () => {
    await again({ mfaRequired: { graceUntil: '2026-02-01T00:00:00Z' } })
    expect(await gate(await signIn())).toBe('enrollmentOwed')
    await person().register()
    expect(await gate(await signIn())).toBe('codeOwed')
  })

  it('the policy for a first factor also applies to passkeys', async () => {
    await again({ stepUp: { register: 'required' } })
    const ada = person()
    expect(refusal(await ada.register())).toEqual([401, 'elevation_required'])
    const token = await world.server.mintElevation({ userId: 'ada', account: 'ada' }, ['credential:link'])
    expect((await ada.register({}, elevated(token))).status).toBe(200)
    await again({ stepUp: { register: 'recent-sign-in' } })
    const session = await signIn('bob')
    world.now += 6 * MINUTE
    expect(refusal(await person('bob').register({}, session))).toEqual([403, 'reauthentication_required'])
    expect((await person('bob').register({}, await signIn('bob'))).status).toBe(200)
  })

  it('where the host mints the elevation for registering, elevations of a removed factor register nothing in another session', async () => {
    await again({ stepUp: { register: 'required' } })
    const mint = () => world.server.mintElevation({ userId: 'ada', account: 'ada' }, ['credential:link'])
    const ada = person()
    const { body } = await ada.register({}, elevated(await mint()))
    const thief = await signIn()
    const { body: stolen } = await ada.authenticate({ requestedScopes: ['credential:link'] }, thief)
    world.tick()
    const proof = await ada.elevated('credential:unlink')
    await ada.call('DELETE', '/users/passkeys', { passkeyId: body.deviceId }, proof)
    const theirs = { ...bearer(stolen.minifiedJwt), ...elevated(stolen.elevatedAccessToken) }
    expect(refusal(await person().register({}, theirs))).toEqual([403, 'reauthentication_required'])
    expect(refusal(await ada.call('GET', '/users/mfa/register/totp', undefined, theirs))).toEqual([
      403,
      'reauthentication_required',
    ])
    expect((await person().register({}, elevated(await mint()))).status).toBe(200)
  })

  it('a passkey grants an MFA token on request, which removes a factor once', async () => {
    const ada = person()
    const { body: added } = await ada.register({ createMfaToken: {} })
    const { body } = await ada.authenticate({ createMfaToken: { singleUse: true } })
    const remove = (token: string) =>
      ada.call('DELETE', '/users/passkeys', { passkeyId: added.deviceId }, { 'x-mfa-auth-token': token })
    expect(refusal(await remove('nonsense'))).toEqual([403, 'proof_required'])
    expect((await remove(body.mfaToken)).status).toBe(204)
    await person().register()
    expect(refusal(await remove(added.mfaToken))).toEqual([404, 'no_passkey'])
  })

  it('a first passkey gets no MFA token if an enrollment grants nothing', async () => {
    await again({ stepUp: { enrollment: 'nothing' } })
    expect(refusal(await person().register({ createMfaToken: {} }))).toEqual([400, 'mfa_token_disabled'])
    expect((await person().register()).status).toBe(200)
  })

  it('the step-up check lists the passkeys that could confirm the scope', async () => {
    const ada = person()
    const { body } = await ada.register()
    const check = (headers = {}) => ada.call('POST', '/stepUp/check', { scope: 'wallet:sign' }, headers)
    expect((await check()).body).toEqual({
      isRequired: true,
      credentials: [{ id: body.deviceId, format: 'passkey', type: 'passkey' }],
      defaultCredentialId: body.deviceId,
    })
    expect((await check(await ada.elevated('wallet:sign'))).body.isRequired).toBe(false)
  })

  it('the step-up check lists credentials in the order in which they were added, whichever was used last', async () => {
    const [first, second] = [person(), person()]
    const added = [(await first.register()).body.deviceId]
    world.tick()
    added.push((await second.register({}, await first.elevated('credential:link'))).body.deviceId)
    for (const used of [first, second, first]) {
      await used.authenticate()
      const { body } = await first.call('POST', '/stepUp/check', { scope: 'wallet:sign' })
      expect(body.credentials.map(({ id }: { id: string }) => id)).toEqual(added)
    }
  })

  it('a reset removes passkeys, and a user who is renamed keeps them', async () => {
    const ada = person()
    await ada.register()
    expect(await world.server.renameUser('ada', 'anna')).toBe(true)
    expect(await ada.list()).toEqual([])
    const anna = person('anna', ada.browser)
    world.tick()
    expect((await anna.authenticate()).status).toBe(200)
    expect(await world.server.resetUser('anna')).toBe(true)
    expect(await anna.list()).toEqual([])
    expect(await world.server.resetUser('anna')).toBe(false)
  })

  it('a server without passkeys has none of their routes, and ignores those that were added before', async () => {
    const options: Partial<TotpServerOptions> = { passkeys: passkeysOfTests(), mfaRequired: true }
    await again(options)
    const ada = person()
    await ada.register()
    delete options.passkeys
    await world.restart()
    expect(await gate(await signIn())).toBe('enrollmentOwed')
    expect((await ada.call('GET', '/users/mfa/methods')).body).toMatchObject({ passkeys: [] })
    expect((await ada.call('GET', '/users/mfa/register/totp')).status).toBe(200)
    for (const path of ['', '/register', '/authenticate'])
      expect(refusal(await ada.call('GET', `/users/passkeys${path}`))).toEqual([404, 'not_covered'])
    for (const path of ['/users/passkeys/register', '/users/mfa/auth/passkey'])
      expect(refusal(await ada.call('POST', path, {}))).toEqual([404, 'not_covered'])
    const { body: settings } = await world.call('GET', '/settings')
    expect(settings.security.mfa.methods).toEqual([{ type: 'totp', enabled: true }])
  })
})

const requestWith = (headers: Record<string, string>) => new Request('http://test.local/', { headers })
