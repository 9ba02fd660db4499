import { expect, it, vi } from 'vitest'
import { isGuessable, newMasterKey } from '../../src/server/crypto/secrets.ts'
import { createTotpServer, memoryStore, type TotpServerOptions } from '../../src/server/index.ts'
import { DEFAULT_LIMITS } from '../../src/server/node/connection-limits.ts'
import { listen } from '../../src/server/node/index.ts'
import { postgresStore } from '../../src/server/store/postgres.ts'
import { sqliteStore } from '../../src/server/store/sqlite.ts'
import { createVerifier } from '../../src/server/tokens/verifier.ts'
import { createWorld, ENVIRONMENT, MASTER_KEY } from '../support/world.ts'

const verifying = { jwksUrl: 'https://id.example/', issuer: 'Test', environmentId: 'x' }
const VERIFY = '/users/mfa/auth/totp'

/** Takes what a host in JavaScript could give as well. */
const start = (given: object) => () =>
  createTotpServer({
    store: memoryStore(),
    issuer: 'Test',
    masterKey: MASTER_KEY,
    identity: () => null,
    ...given,
  })

it('the host’s scopes are added to those that the server needs itself', async () => {
  const world = createWorld(() => memoryStore(), { scopes: { 'invoice:pay': { singleUse: true } } })
  const { secret } = await world.enroll('ann')
  for (const scope of ['invoice:pay', 'credential:unlink', 'wallet:export']) {
    const body = { code: world.codeOf(secret), requestedScopes: [scope] }
    expect((await world.call('POST', VERIFY, { as: 'ann', body })).status, scope).toBe(200)
    world.tick()
  }
  await world.close()
})

it('a scope may be 64 characters long and no longer, in the policy and in a request', async () => {
  const longest = `invoice:${'y'.repeat(56)}`
  const tooLong = `${longest}y`
  expect(start({ scopes: { [tooLong]: { singleUse: true } } })).toThrow(tooLong)
  const world = createWorld(() => memoryStore(), { scopes: { [longest]: { singleUse: true } } })
  const { secret } = await world.enroll('ann')
  const ask = (scope: string) =>
    world.call('POST', VERIFY, {
      as: 'ann',
      body: { code: world.codeOf(secret), requestedScopes: [scope] },
    })
  expect((await ask(tooLong)).body.code).toBe('bad_request')
  expect((await ask(longest)).status).toBe(200)
  await world.close()
})

it('a scope set to false is not allowed', async () => {
  const world = createWorld(() => memoryStore(), { scopes: { 'wallet:export': false } })
  const { secret } = await world.enroll('ann')
  const body = { code: world.codeOf(secret), requestedScopes: ['wallet:export'] }
  expect((await world.call('POST', VERIFY, { as: 'ann', body })).body.code).toBe('scope_not_allowed')
  await world.close()
})

it('a scope that the server needs cannot be disabled, and an invalid one is refused at startup', () => {
  expect(start({ scopes: { 'credential:unlink': false } })).toThrow('credential:unlink')
  expect(start({ scopes: { 'Pay invoices': { singleUse: true } } })).toThrow('Pay invoices')
})

it('guarding with an unknown scope throws where the guard is made', async () => {
  const server = start({})()
  expect(() => server.requireElevation('wallet:exprt')).toThrow('wallet:exprt')
  await expect(server.checkElevation(new Request('http://test.local/'), 'wallet:exprt')).rejects.toThrow(
    'wallet:exprt',
  )
})

const { find: _, ...withoutFind } = memoryStore()
const key = (bytes: Uint8Array | string) => Buffer.from(bytes).toString('base64')

/** The option that is named, what is wrong with it, and what was given, as TypeScript would let through or not. */
const wrong: [string, string, object][] = [
  ['store', 'none', { store: undefined }],
  ['store', 'one without a verb', { store: withoutFind }],
  ['store', 'a URL', { store: 'postgres://db.internal/totp' }],
  ['issuer', 'one without a name', { issuer: ' ' }],
  ['issuer', 'one that fits in no QR code', { issuer: '漢'.repeat(100) }],
  ['issuer', 'one with a line break', { issuer: 'Bank\r\nset-cookie: a=b' }],
  ['issuer', 'one with a NUL', { issuer: 'Bank\0' }],
  ['issuer', 'one with half a character', { issuer: 'Bank\udc00' }],
  ['issuer', 'a number', { issuer: 5 }],
  ['masterKey', 'none', { masterKey: undefined }],
  ['masterKey', 'bytes', { masterKey: Buffer.from(MASTER_KEY, 'base64') }],
  ['master key', 'nothing but white space', { masterKey: ' \n' }],
  ['master key', 'one too short', { masterKey: key(new Uint8Array(16)) }],
  ['master key', 'one too long', { masterKey: key(new Uint8Array(33)) }],
  ['master key', 'zeros', { masterKey: key(new Uint8Array(32)) }],
  ['master key', 'ones', { masterKey: key(new Uint8Array(32).fill(0xff)) }],
  ['master key', 'one byte again and again', { masterKey: key(new Uint8Array(32).fill(7)) }],
  ['master key', 'zeros as the second key', { masterKey: `${MASTER_KEY},${key(new Uint8Array(32))}` }],
  ['identity', 'none', { identity: undefined }],
  ['identity', 'what is no function', { identity: { issuer: 'x' } }],
  ['environmentId', 'one that no path can hold', { environmentId: 'a/b' }],
  ['environmentId', 'an empty one', { environmentId: '' }],
  ['environmentId', 'a number', { environmentId: 5 }],
  ['basePath', 'one without its slash', { basePath: 'api' }],
  ['basePath', 'one with a slash too many', { basePath: '/api/' }],
  ['basePath', 'one that no request has', { basePath: '/a/../b' }],
  ['basePath', 'null', { basePath: null }],
  ['corsOrigins', 'one with a path', { corsOrigins: ['https://app.example.com/'] }],
  ['corsOrigins', 'any', { corsOrigins: ['*'] }],
  ['corsOrigins', 'any, by a word', { corsOrigins: '*' }],
  ['corsOrigins', 'any of a domain', { corsOrigins: ['https://*.example.com'] }],
  ['corsOrigins', 'what is no list', { corsOrigins: 'https://app.example.com' }],
  ['corsOrigins', 'what is no text', { corsOrigins: [/example/] }],
  ['mfaRequired', 'a word', { mfaRequired: 'yes' }],
  ['mfaRequired', 'a number', { mfaRequired: 1 }],
  ['mfaRequired', 'null', { mfaRequired: null }],
  ...['2027-01-31', '2027-01-31T00:00:00', '2027-13-31T00:00:00Z', 'tomorrow', 1_800_000_000_000, null].map(
    (graceUntil): [string, string, object] => [
      'mfaRequired',
      String(graceUntil),
      { mfaRequired: { graceUntil } },
    ],
  ),
  ['mfaRequired', 'an empty object', { mfaRequired: {} }],
  ['mfaRequire', 'a misspelled name', { mfaRequire: true }],
  ...[0, -1, 1.5, 30 * 86_400 + 1, Number.POSITIVE_INFINITY, '3600', null].flatMap(
    (value): [string, string, object][] => [
      ['mfaMaxAge', String(value), { mfaMaxAge: value }],
      ['mfaIdleTimeout', String(value), { mfaIdleTimeout: value }],
    ],
  ),
  ['endSessionsOnRemoval', 'a word', { endSessionsOnRemoval: 'yes' }],
  ['stepUp.enrollment', 'a word that is none', { stepUp: { enrollment: 'all' } }],
  ['toString', 'a name that every object has', { toString: () => '' }],
  ['algorithm', 'one that it does not sign with', { algorithm: 'RS256' }],
  ['algorithm', 'none', { algorithm: 'none' }],
  ['stepUp', 'a word', { stepUp: 'required' }],
  ['stepUp.register', 'true', { stepUp: { register: true } }],
  ['stepUp.delete', 'the word of the command line', { stepUp: { delete: 'elevation-only' } }],
  ['stepUp.remove', 'a name that is none', { stepUp: { remove: 'elevation' } }],
  ['addressLimit', 'a number', { addressLimit: 120 }],
  ['addressLimit', 'a list', { addressLimit: [120, 60] }],
  ['addressLimit.calls', 'none', { addressLimit: { windowSeconds: 60 } }],
  ...[Number.NaN, Number.POSITIVE_INFINITY, -1, 0, 1.5, '120', null, 1_000_001].flatMap(
    (value): [string, string, object][] => [
      ['addressLimit.calls', String(value), { addressLimit: { calls: value, windowSeconds: 60 } }],
      ['addressLimit.windowSeconds', String(value), { addressLimit: { calls: 10, windowSeconds: value } }],
    ],
  ),
  ['addressLimit.windowSeconds', 'more than a day', { addressLimit: { calls: 10, windowSeconds: 86_401 } }],
  [
    'addressLimit.seconds',
    'a name that is none',
    { addressLimit: { calls: 10, windowSeconds: 60, seconds: 1 } },
  ],
  ['clientAddress', 'the name of a header', { clientAddress: 'x-forwarded-for' }],
  ['clock', 'one that tells no number', { clock: () => Number.NaN }],
  ['clock', 'one that tells a date', { clock: () => new Date() }],
  ['clock', 'one that tells fractions', { clock: () => 1_800_000_000_000.5 }],
  ['clock', 'what is no function', { clock: Date.now() }],
  ['onEvent', 'what is no function', { onEvent: console }],
  ['onError', 'what is no function', { onError: console }],
  ['scopes', 'a list', { scopes: ['invoice:pay'] }],
  ['scopes', 'null', { scopes: null }],
  ['scopes', 'a map', { scopes: new Map([['wallet:export', false]]) }],
  ['stepUp', 'what it would say by its class alone', { stepUp: Object.create({ register: 'required' }) }],
  ['invoice:pay', 'true', { scopes: { 'invoice:pay': true } }],
  ['invoice:pay', 'null', { scopes: { 'invoice:pay': null } }],
  ['invoice:pay', 'undefined', { scopes: { 'invoice:pay': undefined } }],
  ['invoice:pay.singleUse', 'a rule that does not say', { scopes: { 'invoice:pay': {} } }],
  ['invoice:pay.singleUse', 'a word', { scopes: { 'invoice:pay': { singleUse: 'once' } } }],
  [
    'invoice:pay.minutes',
    'a name that is none',
    { scopes: { 'invoice:pay': { singleUse: true, minutes: 5 } } },
  ],
  ...[31 * 365 * 86_400, 86_401, 0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '300'].map(
    (seconds): [string, string, object] => [
      'invoice:pay.seconds',
      String(seconds),
      { scopes: { 'invoice:pay': { singleUse: true, seconds } } },
    ],
  ),
]

it.each(wrong)('the wrong %s is refused in a sentence at the start: %s', (name, _what, given) => {
  expect(start(given)).toThrow(TypeError)
  expect(start(given)).toThrow(name)
  expect(start(given)).toThrow(/^[^\n]{20,300}(\.|openssl rand -base64 32)$/)
})

it('the wrong master key is not repeated in the sentence that refuses it', () => {
  const text = key('correct horse battery staple 12')
  expect(start({ masterKey: text })).toThrow(/31/)
  expect(start({ masterKey: text })).not.toThrow(text)
  expect(start({ masterKey: text })).not.toThrow('horse')
})

it.each([
  ['a word again and again', key('secret99'.repeat(4))],
  ['text', key('correct horse battery staple 123')],
  ['hexadecimal text', key('9f86d081884c7d659a2feaa0c55ad015')],
  ['counted bytes', key(Uint8Array.from({ length: 32 }, (_, index) => index))],
  ['half of it zeros', key(new Uint8Array(32).fill(9, 16))],
])('a master key that is %s works, with a warning that it is guessable', (_, masterKey) => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  expect(start({ masterKey })).not.toThrow()
  expect(warn.mock.calls).toEqual([[expect.stringContaining('which others can guess')]])
  expect(String(warn.mock.calls)).not.toContain(masterKey)
  expect(isGuessable(masterKey)).toBe(true)
  expect(isGuessable(`${newMasterKey()},${masterKey}`)).toBe(true)
  expect(isGuessable(newMasterKey())).toBe(false)
})

it('a guessable master key behind a random one causes a warning to remove it', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  expect(start({ masterKey: `${newMasterKey()},${key('secret99'.repeat(4))}` })).not.toThrow()
  expect(warn.mock.calls).toEqual([
    [expect.stringMatching(/key after the first .* others can guess.* remove that key/)],
  ])
})

it('a master key of one byte repeated is refused, except behind a random one, to rotate away from it', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  const old = key('A'.repeat(32))
  expect(start({ masterKey: old })).toThrow('put a random one in front of it')
  expect(start({ masterKey: `${old},${newMasterKey()}` })).toThrow('repeats a single byte')
  expect(start({ masterKey: `${newMasterKey()},${old}` })).not.toThrow()
  expect(warn).toHaveBeenCalledTimes(1)
})

it('options that are not an object are refused', () => {
  for (const options of [undefined, null, 'x', []])
    expect(() => createTotpServer(options as never)).toThrow('The options must be an object.')
})

it.each<[string, Partial<TotpServerOptions>]>([
  ['no base path', { basePath: '' }],
  ['an origin of an app', { corsOrigins: ['capacitor://localhost', 'http://localhost:8100'] }],
  ['an environment with a dot', { environmentId: 'my.env' }],
  ['a scope for a day', { scopes: { 'invoice:pay': { singleUse: true, seconds: 86_400 } } }],
  ['a verification for thirty days', { mfaMaxAge: 30 * 86_400, mfaIdleTimeout: 30 * 86_400 }],
  ['a verification for a second', { mfaMaxAge: 1, mfaIdleTimeout: 1 }],
  ['a limit for a day', { addressLimit: { calls: 1, windowSeconds: 86_400 } }],
  ['what is undefined', { corsOrigins: undefined, stepUp: { register: undefined } } as object],
  ['random keys', { masterKey: Array.from({ length: 1000 }, newMasterKey).join() }],
])('%s is accepted as an option', (_, given) => {
  expect(start(given)).not.toThrow()
})

it('invalid master keys from a function are rejected when they are read', async () => {
  for (const masterKey of [() => key(new Uint8Array(32)), () => undefined as never, () => '']) {
    const server = start({ masterKey })()
    await expect(server.ready()).rejects.toThrow(/master ?key/i)
  }
})

it.each<[string, () => unknown]>([
  ['path', () => sqliteStore({} as never)],
  ['path', () => sqliteStore({ path: '' })],
  ['path', () => sqliteStore({ path: 'a\0b' })],
  ['path', () => sqliteStore({ path: 5 } as never)],
  ['readOnly', () => sqliteStore({ path: ':memory:', readOnly: 'no' } as never)],
  ['file', () => sqliteStore({ file: ':memory:' } as never)],
  ['url', () => postgresStore({} as never)],
  ['url', () => postgresStore({ url: 'mysql://localhost/x' })],
  ['url', () => postgresStore({ url: 'postgres://ann:secret@localhost:99999/x' })],
  ['url', () => postgresStore({ url: 'postgres://ann:secret@localhost:port/x' })],
  ['url', () => postgresStore({ url: 'postgres://ann:secret@[localhost/x' })],
  ['maxConnections', () => postgresStore({ url: 'postgres://localhost/x', maxConnections: 0 })],
  ['maxConnections', () => postgresStore({ url: 'postgres://localhost/x', maxConnections: Number.NaN })],
  ['connectTimeout', () => postgresStore({ url: 'postgres://localhost/x', connectTimeout: -1 })],
  ['statementTimeout', () => postgresStore({ url: 'postgres://localhost/x', statementTimeout: 0.5 })],
  ['ssl', () => postgresStore({ url: 'postgres://localhost/x', ssl: true } as never)],
  ['jwksUrl', () => createVerifier({ jwksUrl: 'http://id.example/', issuer: 'Test', environmentId: 'x' })],
  ...[
    'https://ann@id.example/',
    'https://:secret@id.example/',
    'http://127.0.0.1.evil.example/',
    'http://localhost.evil.example/',
    'http://10.0.0.1/',
    'ftp://localhost/',
    'file:///jwks.json',
  ].map((jwksUrl): [string, () => unknown] => ['jwksUrl', () => createVerifier({ ...verifying, jwksUrl })]),
  ['issuer', () => createVerifier({ jwksUrl: 'https://id.example/', issuer: '', environmentId: 'x' })],
  ['environmentId', () => createVerifier({ jwksUrl: 'https://id.example/', issuer: 'Test' } as never)],
  ['consumeToken', () => createVerifier({ ...verifying, consumeToken: true } as never)],
  ['clock', () => createVerifier({ ...verifying, clock: () => Number.NaN })],
])('the wrong %s of a store or verifier is refused where it is given: %s', (name, make) => {
  expect(make).toThrow(TypeError)
  expect(make).toThrow(name)
  expect(make).not.toThrow('secret')
})

it('a PostgreSQL URL that names a missing file is accepted as a URL', async () => {
  const url = 'postgres://localhost/x?sslmode=verify-full&sslrootcert=/nowhere'
  await postgresStore({ url }).close()
})

it.each<[string, object]>([
  ['port', { port: Number.NaN }],
  ['port', { port: 65_536 }],
  ['port', { port: '4380' }],
  ['port', { port: undefined }],
  ['host', { host: '127.0.0.1' }],
  ['hostname', { hostname: null }],
  ['fetch', { fetch: undefined }],
  ...[true, 1, '127.0.0.1', 'all', ['*'], ['10.0.0.0/8'], ['proxy.internal'], [5]].map(
    (trustProxy): [string, object] => ['trustProxy', { trustProxy }],
  ),
  ['limits', { limits: null }],
  ['limits.maxConnections', { limits: { maxConnections: 100 } }],
  ...Object.keys(DEFAULT_LIMITS).flatMap((name) =>
    [
      ...(name === 'refusedBodyMs' ? [] : [0]),
      -1,
      0.5,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      '1000',
      null,
    ].map((value): [string, object] => [`limits.${name}`, { limits: { [name]: value } }]),
  ),
])('listen refuses the wrong %s: %j', async (name, given) => {
  const listening = listen({ fetch: () => new Response(), port: 0, ...given })
  await expect(listening).rejects.toThrow(TypeError)
  await expect(listening).rejects.toThrow(name)
})

it('a guard, an elevation and a rotation reject unknown and invalid options', async () => {
  const server = start({})()
  for (const options of [
    { consume: 0 },
    { consume: null },
    { consume: 'false' },
    { consumes: true },
    'look',
  ]) {
    expect(() => server.requireElevation('wallet:export', options as never)).toThrow(TypeError)
    const looked = server.checkElevation(new Request('http://test.local/'), 'wallet:export', options as never)
    await expect(looked).rejects.toThrow(TypeError)
  }
  const user = { userId: 'ann', account: 'ann' }
  for (const options of [{ sessionID: 'x' }, { sessionId: '' }, { sessionId: null }, { sessionId: 5 }])
    await expect(server.mintElevation(user, ['wallet:export'], options as never)).rejects.toThrow(TypeError)
  for (const options of [{ revoke: true }, { revokeOld: 'false' }, { atOnce: 1 }])
    await expect(server.rotateSigningKey(options as never)).rejects.toThrow(TypeError)
})

it.each([
  'http://localhost:80/',
  'http://app.localhost/',
  'http://127.9.8.7/',
  'http://[::1]:1/',
  'https://x/',
])('the keys of a verifier may come from %s', (jwksUrl) => {
  expect(() => createVerifier({ ...verifying, jwksUrl })).not.toThrow()
})

it('a guarded handler keeps its own headers next to those for other origins', async () => {
  const world = createWorld(() => memoryStore(), { corsOrigins: ['https://app.example.com'] })
  const { secret } = await world.enroll('ann')
  const body = { code: world.codeOf(secret), requestedScopes: ['wallet:sign'] }
  const { elevatedAccessToken } = (await world.call('POST', VERIFY, { as: 'ann', body })).body
  const guarded = world.server.requireElevation('wallet:sign')(
    () => new Response('', { headers: { vary: 'cookie', 'access-control-expose-headers': 'x-total' } }),
  )
  const { headers } = await guarded(
    new Request('http://test.local/', {
      headers: {
        authorization: 'Bearer user:ann',
        origin: 'https://app.example.com',
        'x-dyn-elevated-access-token': elevatedAccessToken,
      },
    }),
  )
  expect(headers.get('vary')).toBe('cookie, origin')
  expect(headers.get('access-control-expose-headers')).toContain('x-total')
  await world.close()
})

it('a client that hangs up in the middle of a body is not a failure of the server', async () => {
  const world = createWorld(() => memoryStore())
  const body = new ReadableStream({
    pull(controller) {
      controller.error(new Error('ECONNRESET'))
    },
  })
  const answer = await world.server.fetch(
    new Request(`http://test.local/api/v0/sdk/${ENVIRONMENT}/externalAuth/signin`, {
      method: 'POST',
      body,
      duplex: 'half',
    } as RequestInit),
  )
  expect(answer.status).toBe(400)
  expect(world.events).toEqual([])
  await world.close()
})
