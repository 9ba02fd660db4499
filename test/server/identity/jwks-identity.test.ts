import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import { inspect } from 'node:util'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { causeCode } from '../../../src/server/audit/cause-code.ts'
import { type JwksIdentityOptions, jwksIdentity } from '../../../src/server/identity/jwks-identity.ts'
import { createTotpServer, memoryStore } from '../../../src/server/index.ts'
import { MASTER_KEY } from '../../support/world.ts'

const NOW = 1_800_000_000
const claims = { iss: 'https://id.example', aud: 'app', sub: 'ann', iat: NOW - 10, exp: NOW + 600 }

/** A method of sign-in, as Supabase has it in `amr`. */
const at = (method: string, seconds: number) => ({ method, timestamp: NOW + seconds })

async function serve(listener: RequestListener) {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return { url: `http://127.0.0.1:${port}/jwks.json`, close: () => server.close() }
}

let keys: Record<string, CryptoKey>
let provider: Awaited<ReturnType<typeof serve>>
const algorithms = [
  ...['EdDSA', 'Ed25519', 'ES256', 'ES384', 'ES512'],
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
]
beforeAll(async () => {
  keys = {}
  const jwks: object[] = []
  for (const alg of algorithms) {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
    keys[alg] = privateKey
    jwks.push({ ...(await exportJWK(publicKey)), kid: alg, alg })
  }
  provider = await serve((_, response) => response.end(JSON.stringify({ keys: jwks })))
})
afterAll(() => provider.close())
afterEach(() => vi.restoreAllMocks())

const sign = (payload: object, header: object = {}, alg = 'ES256') =>
  new SignJWT({ ...claims, ...payload })
    .setProtectedHeader({ alg, kid: alg, ...header })
    .sign(keys[alg] ?? expect.unreachable())

const identityWith = (options: Partial<JwksIdentityOptions> = {}) =>
  jwksIdentity({
    jwksUrl: provider.url,
    issuer: claims.iss,
    audience: 'app',
    clock: () => NOW * 1000,
    ...options,
  })
const look = async (payload: object, header: object = {}, options: Partial<JwksIdentityOptions> = {}) =>
  identityWith(options)(await sign(payload, header))

it.each(algorithms)('an ID token signed with %s is taken', async (alg) => {
  expect(await identityWith()(await sign({}, {}, alg))).toMatchObject({ userId: 'ann' })
})

it.each<[string, object, object]>([
  ['a user', {}, { userId: 'ann', account: 'ann', authenticatedAt: (NOW - 10) * 1000 }],
  ['the account', { email: 'ann@example.com' }, { account: 'ann@example.com' }],
  ['when the user signed in', { auth_time: NOW - 500 }, { authenticatedAt: (NOW - 500) * 1000 }],
  ['the session', { sid: 's1' }, { sessionId: 's1' }],
])('an ID token tells %s', async (_, payload, user) => {
  expect(await look(payload)).toMatchObject(user)
})

it.each<[string, object, number]>([
  ['the first method of amr', { amr: [at('totp', -20), at('password', -900)] }, NOW - 900],
  ['auth_time before any method of amr', { auth_time: NOW - 50, amr: [at('password', -900)] }, NOW - 50],
  ['iat, if amr has names alone', { amr: ['pwd', 'otp'] }, NOW - 10],
  ['iat, if amr is empty', { amr: [] }, NOW - 10],
])('the user signed in at %s', async (_, payload, seconds) => {
  expect(await look(payload)).toMatchObject({ authenticatedAt: seconds * 1000 })
})

it.each(['session_id', 'origin_jti'])('the session can be named by the claim %s', async (sessionClaim) => {
  const user = await look({ sid: 'other', [sessionClaim]: 's1' }, {}, { sessionClaim })
  expect(user).toMatchObject({ sessionId: 's1' })
  expect(await look({ sid: 'other' }, {}, { sessionClaim })).not.toHaveProperty('sessionId')
})

it('a token with neither sign-in time nor session id yields neither', async () => {
  const user = await look({ iat: undefined, sid: '' })
  expect(user).toEqual({ userId: 'ann', account: 'ann' })
})

it.each<[string, object, object]>([
  ['typ JWT', {}, { typ: 'JWT' }],
  ['typ jwt', {}, { typ: 'jwt' }],
  ['typ application/jwt', {}, { typ: 'application/JWT' }],
  ['itself as the authorized party', { azp: 'app' }, {}],
  ['several audiences, and itself as the authorized party', { aud: ['app', 'api'], azp: 'app' }, {}],
  ['one audience in a list', { aud: ['app'] }, {}],
  ['a clock that is 5 s ahead', { iat: NOW + 5, nbf: NOW + 5 }, {}],
  ['an end 4 s ago', { exp: NOW - 4 }, {}],
  ['the claim by which Keycloak names an ID token', { typ: 'ID' }, { typ: 'JWT' }],
  ['the claim by which Cognito names an ID token', { token_use: 'id' }, {}],
])('a token with %s is taken', async (_, payload, header) => {
  expect(await look(payload, header)).toMatchObject({ userId: 'ann' })
})

it.each<[string, object, object]>([
  ['a logout token', {}, { typ: 'logout+jwt' }],
  ['an access token', {}, { typ: 'at+jwt' }],
  ['an access token by its whole media type', {}, { typ: 'application/at+jwt' }],
  ['an access token in capitals', {}, { typ: 'AT+JWT' }],
  ['a security event token', {}, { typ: 'secevent+jwt' }],
  ['a proof of possession', {}, { typ: 'dpop+jwt' }],
  ['a session token of such a server', {}, { typ: 'session+jwt' }],
  ['a token of an empty type', {}, { typ: '' }],
  [
    'a logout token that says so in its claims alone',
    { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } },
    {},
  ],
  ['a token with an event of any kind', { events: null }, { typ: 'JWT' }],
  ['a token that is bound to a key', { cnf: { jkt: 'x' } }, {}],
  ['an access token of Keycloak', { typ: 'Bearer', azp: 'app' }, { typ: 'JWT' }],
  ['a refresh token of Keycloak', { typ: 'Refresh' }, { typ: 'JWT' }],
  ['an access token of Cognito', { token_use: 'access' }, {}],
  ['a token of a kind that is no text', { token_use: ['id'] }, {}],
  ['a token for another client', { azp: 'other' }, {}],
  ['a token for several audiences that names no client', { aud: ['app', 'api'] }, {}],
  ['a token whose client is no text', { azp: ['app'] }, {}],
  ['a token of the future', { iat: NOW + 6 }, {}],
  ['a token that is not valid yet', { nbf: NOW + 6 }, {}],
  ['a token that ended', { exp: NOW - 6 }, {}],
  ['a sign-in that is still to come', { auth_time: NOW + 6 }, {}],
  ['a sign-in that is no time', { auth_time: 'now' }, {}],
  ['a token made at no time', { iat: 'now' }, {}],
  ['a token of another issuer', { iss: 'https://evil.example' }, {}],
  ['a token for another audience', { aud: 'other' }, {}],
  ['a token that never ends', { exp: undefined }, {}],
  ['a token of nobody', { sub: '' }, {}],
  ['a method of sign-in that is still to come', { amr: [at('password', 6)] }, {}],
  ['a method of sign-in at no time', { amr: [{ method: 'password', timestamp: 'now' }] }, {}],
])('%s is refused', async (_, payload, header) => {
  expect(await look(payload, header)).toBeNull()
})

it('the host can list the types of token, and then no other and no missing type is accepted', async () => {
  const types = ['at+jwt', 'application/x+jwt']
  expect(await look({}, { typ: 'at+jwt' }, { types })).not.toBeNull()
  expect(await look({}, { typ: 'X+jwt' }, { types })).not.toBeNull()
  expect(await look({}, { typ: 'JWT' }, { types })).toBeNull()
  expect(await look({}, {}, { types })).toBeNull()
})

it('the host can take a kind of token that a claim names, by that claim or by the types of token', async () => {
  const access = { typ: 'Bearer', azp: 'app' }
  expect(await look(access, {}, { requiredValues: { typ: 'Bearer' } })).not.toBeNull()
  expect(await look(access, { typ: 'JWT' }, { types: ['JWT'] })).not.toBeNull()
  expect(await look({ ...access, token_use: 'access' }, {}, { requiredValues: { typ: 'Bearer' } })).toBeNull()
})

it('the host can list the claims that a token must have', async () => {
  const requiredClaims = ['nonce', 'auth_time']
  expect(await look({ nonce: 'n', auth_time: NOW }, {}, { requiredClaims })).not.toBeNull()
  expect(await look({ nonce: 'n' }, {}, { requiredClaims })).toBeNull()
})

it.each<[string, object, boolean]>([
  ['this client', { client_id: 'app' }, true],
  ['another client', { client_id: 'other' }, false],
  ['no client', {}, false],
  ['a list of clients', { client_id: ['app'] }, false],
  ['this client, and for an audience besides', { client_id: 'app', aud: 'app' }, false],
])('a token for %s, with client_id in place of aud, is accepted or rejected', async (_, payload, isTaken) => {
  const user = await look({ aud: undefined, ...payload }, {}, { audienceClaim: 'client_id' })
  expect(user !== null).toBe(isTaken)
})

it('the host can say which value a claim must have', async () => {
  const requiredValues = { token_use: 'access', is_anonymous: false }
  const payload = { token_use: 'access', is_anonymous: false }
  expect(await look(payload, {}, { requiredValues })).not.toBeNull()
  for (const wrong of [{ token_use: 'id' }, { is_anonymous: true }, { is_anonymous: 'false' }])
    expect(await look({ ...payload, ...wrong }, {}, { requiredValues })).toBeNull()
  expect(await look({ token_use: 'access' }, {}, { requiredValues })).toBeNull()
})

it('the host can list the clients whose tokens are accepted', async () => {
  const options = { authorizedParties: ['phone'] }
  expect(await look({ azp: 'phone', aud: ['app', 'api'] }, {}, options)).not.toBeNull()
  expect(await look({ azp: 'app' }, {}, options)).toBeNull()
})

it('the host can limit the age of a token, and the error of a clock', async () => {
  const options = { maxTokenAgeSeconds: 60, clockToleranceSeconds: 0 }
  expect(await look({ iat: NOW - 60 }, {}, options)).not.toBeNull()
  expect(await look({ iat: NOW - 61 }, {}, options)).toBeNull()
  expect(await look({ iat: undefined }, {}, options)).toBeNull()
  expect(await look({ iat: NOW + 1 }, {}, options)).toBeNull()
})

it.each<[number, string | undefined]>([
  [200, 'x'.repeat(200)],
  [201, undefined],
])('a session id of %i letters is kept if the store can hold it', async (length, sessionId) => {
  expect((await look({ sid: 'x'.repeat(length) }))?.sessionId).toBe(sessionId)
})

it('a provider’s new key is found five seconds after the last fetch, and made-up key ids cost one fetch', async () => {
  const published: object[] = []
  let looks = 0
  const rotating = await serve((_, response) => {
    looks++
    response.end(JSON.stringify({ keys: published }))
  })
  const identity = identityWith({ jwksUrl: rotating.url })
  const token = await sign({}, {}, 'ES256')
  const started = Date.now()
  const at = (milliseconds: number) => vi.spyOn(Date, 'now').mockReturnValue(started + milliseconds)
  at(0)
  expect(await identity(token)).toBeNull()
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  published.push({ ...(await exportJWK(publicKey)), kid: 'next', alg: 'ES256' })
  const next = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'next' }).sign(privateKey)
  const before = looks
  at(4000)
  for (let index = 0; index < 5; index++) expect(await identity(next)).toBeNull()
  expect(looks).toBe(before)
  at(6000)
  expect(await identity(next)).toMatchObject({ userId: 'ann' })
  expect(looks).toBe(before + 1)
  rotating.close()
})

it.each(['not a token', '', 'a.b.c', 'eyJhbGciOiJub25lIn0.e30.'])(
  'the credential %j signs nobody in',
  async (credential) => {
    expect(await identityWith()(credential)).toBeNull()
  },
)

it.each([301, 302, 307, 308])('keys are not read from where a %i leads', async (status) => {
  let followed = 0
  const other = await serve((_, response) => {
    followed++
    response.end('{"keys":[]}')
  })
  const redirecting = await serve((_, response) => response.writeHead(status, { location: other.url }).end())
  const identity = identityWith({ jwksUrl: redirecting.url })
  await expect(identity(await sign({}))).rejects.toMatchObject({ code: 'server' })
  expect(followed).toBe(0)
  other.close()
  redirecting.close()
})

it.each([
  'http://id.example/jwks.json',
  'http://10.0.0.1/jwks.json',
  'http://127.0.0.1.evil.example/jwks.json',
  'http://localhost.evil.example/jwks.json',
  'http://[::2]/jwks.json',
  'https://ann:secret@id.example/jwks.json',
  'ftp://localhost/jwks.json',
  'file:///etc/jwks.json',
  'data:application/json,{"keys":[]}',
  'id.example/jwks.json',
  '',
])('keys are not read from %j', (jwksUrl) => {
  expect(() => identityWith({ jwksUrl })).toThrow(TypeError)
  expect(() => identityWith({ jwksUrl })).toThrow('jwksUrl takes an https: URL')
})

it.each([
  'https://id.example/jwks.json',
  'http://localhost:8080/jwks.json',
  'http://id.localhost/jwks.json',
  'http://127.8.8.8/jwks.json',
  'http://[::1]:80/jwks.json',
  'HTTP://LOCALHOST/jwks.json',
])('keys may be read from %j', (jwksUrl) => {
  expect(() => identityWith({ jwksUrl })).not.toThrow()
})

it.each<[string, object]>([
  ['issuer', { issuer: '' }],
  ['audience', { audience: ['app'] }],
  ['audience', { audience: undefined }],
  ['accountClaim', { accountClaim: 5 }],
  ['types', { types: 'at+jwt' }],
  ['types', { types: [] }],
  ['requiredClaims', { requiredClaims: [''] }],
  ['requiredValues', { requiredValues: ['token_use'] }],
  ['requiredValues', { requiredValues: { token_use: 1 } }],
  ['audienceClaim', { audienceClaim: '' }],
  ['sessionClaim', { sessionClaim: null }],
  ['authorizedParties', { authorizedParties: [null] }],
  ['clockToleranceSeconds', { clockToleranceSeconds: Number.NaN }],
  ['clockToleranceSeconds', { clockToleranceSeconds: '5 minutes' }],
  ['maxTokenAgeSeconds', { maxTokenAgeSeconds: 0 }],
  ['clock', { clock: () => Number.NaN }],
  ['jwksUri', { jwksUri: 'https://id.example/jwks.json' }],
])('the wrong %s is refused where it is given: %o', (name, options) => {
  expect(() => identityWith(options)).toThrow(TypeError)
  expect(() => identityWith(options)).toThrow(name)
})

it.each<[string, string, (response: ServerResponse) => unknown]>([
  ['is away', 'http://127.0.0.1:9/jwks.json', () => {}],
  ['answers with an error', '', (response) => response.writeHead(500).end()],
  ['answers with a page', '', (response) => response.end('<html>')],
])(
  'a sign-in while the provider %s is answered with 503 and Retry-After, and the log names the provider',
  async (_, url, respond) => {
    const broken = await serve((_request, response) => respond(response))
    const errors: Error[] = []
    const server = createTotpServer({
      store: memoryStore(),
      issuer: 'Test',
      masterKey: MASTER_KEY,
      identity: identityWith({ jwksUrl: url || broken.url }),
      onError: (error) => errors.push(error),
    })
    const response = await server.fetch(
      new Request('http://totp.test/api/v0/sdk/default/externalAuth/signin', {
        method: 'POST',
        body: JSON.stringify({ jwt: await sign({}) }),
      }),
    )
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2'])
    await expect.poll(() => errors.length).toBe(1)
    expect(inspect(errors[0])).toContain(
      'The keys of the identity provider could not be read from http://127.0.0.1:',
    )
    expect(causeCode(errors[0])).toBe('JWKS_UNREACHABLE')
    broken.close()
  },
)
