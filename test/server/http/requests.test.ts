/** What the bodies and paths of requests may be: one step too far is refused, and the last one before it is not. */
import { decodeJwt } from 'jose'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { TotpFlowError } from '../../../src/contract/errors.ts'
import { keyUri } from '../../../src/server/codes/totp.ts'
import { memoryStore } from '../../../src/server/index.ts'
import { createWorld, type World } from '../../support/world.ts'

const VERIFY = '/users/mfa/auth/totp'
const SIGN_IN = '/externalAuth/signin'

let world: World
beforeEach(() => {
  const manyScopes = Array.from({ length: 21 }, (_, index) => [`invoice:pay-${index}`, { singleUse: true }])
  world = createWorld(() => memoryStore(), { scopes: Object.fromEntries(manyScopes) })
})
afterEach(() => world.close())

const scopes = (count: number) => Array.from({ length: count }, (_, index) => `invoice:pay-${index}`)
const kept = { mfaBackupCodeAcknowledgement: 'complete' }

const refused: [string, string, string, object, string, string][] = [
  ['no scope', 'POST', VERIFY, { code: '123456', requestedScopes: [] }, 'bad_request', 'requestedScopes'],
  [
    '21 scopes',
    'POST',
    VERIFY,
    { code: '123456', requestedScopes: scopes(21) },
    'bad_request',
    'requestedScopes',
  ],
  [
    'a scope twice',
    'POST',
    VERIFY,
    { code: '123456', requestedScopes: ['a:b', 'a:b'] },
    'bad_request',
    'requestedScopes',
  ],
  [
    'a wish for an MFA token with more in it',
    'POST',
    VERIFY,
    { code: '123456', createMfaToken: { seconds: 9 } },
    'bad_request',
    'createMfaToken',
  ],
  ['an id of 129 characters', 'POST', VERIFY, { code: '123456', id: 'x'.repeat(129) }, 'bad_request', 'id'],
  ['a wrong code and a wrong id', 'POST', VERIFY, { code: '1', id: 5 }, 'bad_request', 'code, id'],
  ['a wrong code alone', 'POST', VERIFY, { code: '1' }, 'malformed_code', 'six digits'],
  ['more than the acknowledgement', 'PUT', '/users', { ...kept, admin: true }, 'bad_request', 'the body'],
  [
    'another acknowledgement',
    'PUT',
    '/users',
    { mfaBackupCodeAcknowledgement: 'pending' },
    'bad_request',
    'mfaBackupCodeAcknowledgement',
  ],
  ['nothing to change', 'PUT', '/users', {}, 'bad_request', 'mfaBackupCodeAcknowledgement'],
  [
    'more than a scope',
    'POST',
    '/stepUp/check',
    { scope: 'wallet:sign', id: 'x' },
    'bad_request',
    'the body',
  ],
  ['a scope of nobody', 'POST', '/stepUp/check', { scope: 'a:b' }, 'scope_not_allowed', 'permission'],
  ['no credential', 'POST', SIGN_IN, { jwt: '' }, 'bad_request', 'jwt'],
  ['a credential of 8,193 characters', 'POST', SIGN_IN, { jwt: 'x'.repeat(8193) }, 'bad_request', 'jwt'],
]
it.each(refused)('%s is refused, with its code and its field', async (_, method, path, body, code, words) => {
  const answer = await world.call(method, path, { as: 'ann', body })
  expect([answer.status, answer.body.code]).toEqual([400, code])
  expect(answer.body.error).toContain(words)
})

it('the largest allowed values are accepted', async () => {
  const { secret } = await world.enroll('ann')
  const body = { code: world.codeOf(secret), requestedScopes: scopes(20) }
  expect((await world.call('POST', VERIFY, { as: 'ann', body })).status).toBe(200)
  const id = 'x'.repeat(128)
  const named = await world.call('POST', VERIFY, { as: 'ann', body: { code: '123456', id } })
  expect([named.status, named.body.code]).toEqual([404, 'device_replaced'])
  const longest = await world.call('POST', SIGN_IN, { body: { jwt: 'x'.repeat(8192) } })
  expect([longest.status, longest.body.code]).toEqual([401, 'invalid_external_auth'])
})

it('a code is found in a message of a thousand characters, and in none that is longer', async () => {
  const { secret } = await world.enroll('ann')
  const send = (length: number) =>
    world.call('POST', VERIFY, { as: 'ann', body: { code: `${world.codeOf(secret)} `.padEnd(length, 'x') } })
  expect((await send(1001)).body.code).toBe('malformed_code')
  expect((await send(1000)).status).toBe(200)
})

it('a credential is looked at in any spelling of Bearer, and not beyond 8,192 characters', async () => {
  const ask = async (authorization: string) => {
    world.events.length = 0
    const { status } = await world.call('GET', '/users', { headers: { authorization } })
    return [status, ...world.events.map((event) => 'reason' in event && event.reason)]
  }
  for (const word of ['Bearer', 'bearer', 'BEARER']) expect(await ask(`${word} user:ann`)).toEqual([200])
  expect(await ask(`Bearer ${'x'.repeat(8192)}`)).toEqual([401, 'unknown'])
  expect(await ask(`Bearer ${'x'.repeat(8193)}`)).toEqual([401, 'missing'])
  for (const other of ['user:ann', 'Basic user:ann', 'Bearer user:ann x', 'x Bearer user:ann'])
    expect(await ask(other)).toEqual([401, 'missing'])
})

it('an error quotes at most 32 characters of a path segment, and calls a longer one an id', async () => {
  const told = async (part: string) => (await world.call('GET', `/${part}`)).body.error
  expect(await told('a'.repeat(32))).toContain(`GET /${'a'.repeat(32)}.`)
  expect(await told('a'.repeat(33))).toContain('GET /:id.')
})

it.each([
  ['wallet:export', true],
  ['wallet:delete', true],
  ['wallet:sign', false],
  ['wallet:delegate', false],
  ['wallet:restore', false],
  ['credential:link', true],
  ['credential:update', true],
  ['credential:unlink', true],
  ['user:update', false],
  ['user:delete', true],
] as const)(
  'the scope %s is single-use by default: %s, and lasts as long as Dynamic’s',
  async (scope, isOnce) => {
    const token = await world.server.mintElevation({ userId: 'ann', account: 'ann' }, [scope])
    const { singleUse, exp = 0, iat = 0 } = decodeJwt(token)
    expect([singleUse, exp - iat]).toEqual([isOnce, isOnce ? 300 : 600])
  },
)

it.each(['credential:link', 'credential:unlink', 'credential:update'])(
  'the scope %s cannot be disabled',
  (scope) => {
    expect(() => createWorld(() => memoryStore(), { scopes: { [scope]: false } })).toThrow(scope)
  },
)

it('the deprecated MFA token lasts five minutes for single use, and ten otherwise', async () => {
  for (const [createMfaToken, seconds] of [
    [{ singleUse: true }, 300],
    [{ singleUse: false }, 600],
    [{}, 600],
  ] as const) {
    for (const [late, status] of [
      [-1, 200],
      [0, 403],
    ] as const) {
      const user = `u${seconds}${status}${Object.keys(createMfaToken).length}`
      const { secret } = await world.enroll(user)
      const body = { code: world.codeOf(secret), createMfaToken }
      const { mfaToken } = (await world.call('POST', VERIFY, { as: user, body })).body
      world.now += seconds * 1000 + late
      const headers = { 'x-mfa-auth-token': mfaToken }
      expect((await world.call('POST', '/users/mfa/recovery', { as: user, headers })).status).toBe(status)
    }
  }
})

it('a valid elevation counts next to an invalid MFA token, and is the one consumed if both are valid', async () => {
  const { secret } = await world.enroll('ann')
  const body = {
    code: world.codeOf(secret),
    requestedScopes: ['credential:update'],
    createMfaToken: { singleUse: true },
  }
  const { elevatedAccessToken, mfaToken } = (await world.call('POST', VERIFY, { as: 'ann', body })).body
  const elevation = { 'x-dyn-elevated-access-token': elevatedAccessToken }
  const make = async (headers: Record<string, string>) =>
    (await world.call('POST', '/users/mfa/recovery', { as: 'ann', headers })).status
  expect(await make({ ...elevation, 'x-mfa-auth-token': mfaToken })).toBe(200)
  expect(await make(elevation)).toBe(403)
  expect(await make({ 'x-mfa-auth-token': mfaToken })).toBe(200)
  world.tick()
  const next = { ...body, code: world.codeOf(secret) }
  const won = (await world.call('POST', VERIFY, { as: 'ann', body: next })).body.elevatedAccessToken
  expect(await make({ 'x-dyn-elevated-access-token': won, 'x-mfa-auth-token': 'none' })).toBe(200)
})

it('a typed error of a guarded handler is its answer, with its code and status', async () => {
  const { secret } = await world.enroll('ann')
  const body = { code: world.codeOf(secret), requestedScopes: ['wallet:sign'] }
  const { elevatedAccessToken } = (await world.call('POST', VERIFY, { as: 'ann', body })).body
  const headers = { authorization: 'Bearer user:ann', 'x-dyn-elevated-access-token': elevatedAccessToken }
  for (const code of ['bad_request', 'elevation_required'] as const) {
    const guarded = world.server.requireElevation('wallet:sign')(() => {
      throw new TotpFlowError(code)
    })
    const answer = await guarded(new Request('http://test.local/', { headers }))
    expect([answer.status, (await answer.json()).code]).toEqual([new TotpFlowError(code).status, code])
    expect(answer.headers.has('www-authenticate')).toBe(code === 'elevation_required')
  }
})

it('the step-up check for registering counts elevations of the previous device, as registering does', async () => {
  const { id, secret } = await world.enroll('ann')
  const body = {
    code: world.codeOf(secret),
    requestedScopes: ['credential:link'],
    createMfaToken: { singleUse: true },
  }
  const { elevatedAccessToken, mfaToken } = (await world.call('POST', VERIFY, { as: 'ann', body })).body
  await world.call('DELETE', `/users/mfa/${id}`, { as: 'ann', headers: { 'x-mfa-auth-token': mfaToken } })
  await world.call('GET', '/users/mfa/register/totp', { as: 'ann' })
  const checked = await world.call('POST', '/stepUp/check', {
    as: 'ann',
    headers: { 'x-dyn-elevated-access-token': elevatedAccessToken },
    body: { scope: 'credential:link' },
  })
  expect(checked.body).toEqual({ isRequired: false, credentials: [] })
})

it('an enrollment grants the requested scopes and MFA token, unless the host says otherwise', async () => {
  const { secret } = (await world.call('GET', '/users/mfa/register/totp', { as: 'ann' })).body
  const body = { code: world.codeOf(secret), requestedScopes: ['wallet:sign'], createMfaToken: {} }
  expect(await world.call('POST', VERIFY, { as: 'ann', body })).toMatchObject({
    status: 200,
    body: { elevatedAccessToken: expect.any(String), mfaToken: expect.any(String) },
  })
})

it('recovery codes can be renewed without a proof for less than five minutes after the enrollment', async () => {
  for (const [late, status] of [
    [-1, 200],
    [0, 403],
  ] as const) {
    const jwt = `user:at${status}`
    let headers = {
      authorization: `Bearer ${(await world.call('POST', SIGN_IN, { body: { jwt } })).body.jwt}`,
    }
    const { secret } = (await world.call('GET', '/users/mfa/register/totp', { headers })).body
    const { body } = await world.call('POST', VERIFY, { headers, body: { code: world.codeOf(secret) } })
    headers = { authorization: `Bearer ${body.jwt}` }
    world.now += 5 * 60_000 + late
    expect((await world.call('POST', '/users/mfa/recovery', { headers })).status).toBe(status)
  }
})

it('a user’s recovery codes are pending until they are acknowledged, and absent before the enrollment', async () => {
  const told = async () =>
    (await world.call('GET', '/users', { as: 'ann' })).body.mfaBackupCodeAcknowledgement
  expect(await told()).toBeUndefined()
  await world.enroll('ann')
  expect(await told()).toBe('pending')
  expect((await world.call('PUT', '/users', { as: 'ann', body: kept })).status).toBe(200)
  expect(await told()).toBe('complete')
})

it('an account is shown whole in 600 characters of a URI, and is cut between characters beyond', () => {
  const shown = (account: string) => {
    const uri = keyUri({ issuer: 'Test', account, secret: 'JBSWY3DP' })
    return decodeURIComponent(uri.slice('otpauth://totp/Test:'.length, uri.indexOf('?')))
  }
  expect(shown('a'.repeat(600))).toBe('a'.repeat(600))
  expect(shown('a'.repeat(601))).toBe('a'.repeat(600))
  expect(shown(`${'a'.repeat(598)}é`)).toBe('a'.repeat(598))
  expect(shown('漢'.repeat(100))).toBe('漢'.repeat(66))
})
