/** What the host hears when something on its side fails, and what it does not hear. */
import { inspect } from 'node:util'
import { afterEach, expect, it, vi } from 'vitest'
import { type Identity, memoryStore, type TotpServerOptions } from '../../../src/server/index.ts'
import { createWorld, type World } from '../../support/world.ts'

let world: World | undefined
afterEach(async () => {
  vi.restoreAllMocks()
  await world?.close()
})
const worldWith = (options: Partial<TotpServerOptions>) => {
  world = createWorld(() => memoryStore(), options)
  return world
}
const throwing = (thrown: unknown) => () => {
  throw thrown
}
/** All that a log could show of the errors so far. */
const logged = ({ errors }: World) => inspect(errors, { depth: 20, showHidden: true })

it('an identity that throws is reported with its cause, the method and the path, and the caller gets a server error', async () => {
  const cause = new Error('connect ECONNREFUSED')
  const { call, errors } = worldWith({ identity: throwing(new Error('db down', { cause })) })
  const answer = await call('GET', '/users', { as: 'ann' })
  expect([answer.status, answer.body.code]).toEqual([500, 'server'])
  expect(JSON.stringify(answer.body)).not.toContain('db down')
  expect(errors).toMatchObject([
    {
      error: { message: 'db down', cause: { message: 'connect ECONNREFUSED' } },
      context: { request: { method: 'GET', path: '/api/v0/sdk/test/users' } },
    },
  ])
  expect(errors[0]?.error.stack).toContain('report.test.ts')
})

it.each(['AbortError', 'TimeoutError'])(
  'an identity or a cookieIdentity whose own call ended with %s is a server error that is an event, and no fault of the caller',
  async (name) => {
    const identity = () => Promise.reject(new DOMException('late', name))
    const { call, events, errors } = worldWith({ identity, cookieIdentity: identity })
    const headers = { 'x-totp-flow': '1', 'sec-fetch-site': 'same-origin', cookie: 'a=b' }
    for (const credential of [{ as: 'ann' }, { headers }])
      expect(await call('GET', '/users/mfa', credential)).toMatchObject({
        status: 500,
        body: { code: 'server' },
      })
    expect(events).toMatchObject(Array(2).fill({ type: 'failed', reason: expect.stringMatching(`^${name}`) }))
    expect(errors).toHaveLength(2)
  },
)

it('an identity that throws at a sign-in is reported, too', async () => {
  const { call, errors } = worldWith({ identity: () => Promise.reject(new Error('db down')) })
  expect((await call('POST', '/externalAuth/signin', { body: { jwt: 'x' } })).status).toBe(500)
  expect(errors).toMatchObject([{ error: { message: 'db down' }, context: { request: { method: 'POST' } } }])
})

it('without an onError the error goes to the console', async () => {
  const told = vi.spyOn(console, 'error').mockImplementation(() => {})
  const { call } = worldWith({ identity: throwing(new Error('db down')), onError: undefined })
  await call('GET', '/users', { as: 'ann' })
  expect(told.mock.calls).toEqual([
    ['totp-flow: GET /api/v0/sdk/test/users failed.', expect.objectContaining({ message: 'db down' })],
  ])
})

it.each([
  ['throws', throwing(new Error('log is full'))],
  ['rejects', () => Promise.reject(new Error('log is full'))],
])('an onEvent that %s is reported with the event, and the call succeeds', async (_how, onEvent) => {
  const { call, errors } = worldWith({ onEvent: onEvent as () => void })
  expect((await call('GET', '/users/mfa/register/totp', { as: 'ann' })).status).toBe(200)
  await vi.waitFor(() =>
    expect(errors).toMatchObject([{ error: { message: 'log is full' }, context: { event: 'registered' } }]),
  )
})

it('a store that fails behind a backend in process is an event, and reported with its cause and without the code', async () => {
  const standing = () => Promise.reject(new Error('disk I/O error at hunter22'))
  world = createWorld(() => ({ ...memoryStore(), standing }))
  const backend = world.server.backendFor({ userId: 'ann', account: 'ann' })
  await expect(backend.authenticateTotpMfaDevice({ code: 'hunter22' })).rejects.toThrow('disk I/O error')
  expect(world.errors).toMatchObject([
    { error: { message: 'disk I/O error at [hidden]' }, context: { call: 'authenticateTotpMfaDevice' } },
  ])
  expect(world.events).toMatchObject([{ type: 'failed', reason: 'Error' }])
})

it('what the caller of a backend in process did wrong is not reported', async () => {
  const { server, errors } = worldWith({})
  const backend = server.backendFor({ userId: 'ann', account: 'ann' })
  await expect(backend.authenticateTotpMfaDevice({ code: '123456' })).rejects.toMatchObject({
    code: 'no_device',
  })
  expect(errors).toEqual([])
})

it('a failed call in process is named on the console', async () => {
  const told = vi.spyOn(console, 'error').mockImplementation(() => {})
  const standing = () => Promise.reject(new Error('disk I/O error'))
  world = createWorld(() => ({ ...memoryStore(), standing }), { onError: undefined })
  await expect(world.server.backendFor({ userId: 'ann', account: 'ann' }).getMfaDevices()).rejects.toThrow()
  expect(told.mock.calls).toEqual([
    ['totp-flow: getMfaDevices failed.', expect.objectContaining({ message: 'disk I/O error' })],
  ])
})

it('an onError that throws or rejects changes no answer', async () => {
  for (const onError of [throwing(new Error('x')), () => Promise.reject(new Error('x'))]) {
    const { call, close } = worldWith({
      identity: throwing(new Error('db down')),
      onError: onError as () => void,
    })
    expect((await call('GET', '/users', { as: 'ann' })).status).toBe(500)
    await close()
  }
  world = undefined
})

it('a store that fails is reported with its cause behind a call, a guard and a sweep', async () => {
  const failing = { ...memoryStore(), standing: () => Promise.reject(new Error('disk I/O error')) }
  world = createWorld(() => ({ ...failing, sweep: () => Promise.reject(new Error('sweep failed')) }))
  await world.call('GET', '/users', { as: 'ann' })
  const headers = { authorization: 'Bearer user:ann' }
  await world.server.requireElevation('wallet:export')(() => new Response())(
    new Request('http://test.local/pay?token=hunter2', { method: 'POST', headers }),
  )
  world.now += 120_000
  await world.call('GET', '/users', { as: 'ann' })
  const told = world.errors.map(({ error, context }) => [error.message, context.request?.path])
  expect(told).toContainEqual(['disk I/O error', '/api/v0/sdk/test/users'])
  expect(told).toContainEqual(['disk I/O error', '/pay'])
  expect(told).toContainEqual(['sweep failed', undefined])
  expect(logged(world)).not.toContain('hunter2')
})

it('no token, code, cookie or password that an error quotes is reported, in its message, name, code, stack or causes', async () => {
  const identity: Identity = (credential) => {
    const quoted = `no session ${credential}, eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln, Bearer abc.def, 123 456, abcde-fghij-klm23, ?secret=JBSWY3DPEHPK3PXP, postgres://u:hunter2@db/x`
    const deepest = new AggregateError([new Error(quoted)], quoted)
    throw Object.assign(new Error(quoted, { cause: new Error(quoted, { cause: deepest }) }), {
      name: `Error ${credential}`,
      code: credential,
      detail: quoted,
    })
  }
  const { call } = worldWith({ identity })
  const headers = {
    authorization: 'Bearer opaque-credential',
    cookie: 'a=1; sid=s%3Acookie-of-ann; other=plain-cookie',
    'x-dyn-elevated-access-token': 'opaque-elevation',
  }
  await call('GET', '/users', { headers })
  await call('POST', '/externalAuth/signin', { body: { jwt: 'opaque-of-body' } })
  const text = logged(world as World)
  expect(text).toContain('no session [hidden]')
  for (const secret of [
    ...['opaque-credential', 'opaque-of-body', 'opaque-elevation', 'cookie-of-ann', 'plain-cookie'],
    ...['eyJ', 'abc.def', '123 456', 'abcde-fghij', 'JBSWY', 'hunter2'],
  ])
    expect(text, secret).not.toContain(secret)
})

it.each([
  ['a text', 'no such session: opaque-credential'],
  ['nothing', undefined],
  ['an object', { token: 'opaque-credential' }],
  [
    'an object that throws at any touch',
    new Proxy(new Error('x'), {
      get: throwing(new Error('touched')),
    }),
  ],
])('a host’s function may throw %s, and is reported without a secret', async (_what, thrown) => {
  const { call, errors } = worldWith({ identity: throwing(thrown) })
  expect(
    (await call('GET', '/users', { headers: { authorization: 'Bearer opaque-credential' } })).status,
  ).toBe(500)
  expect(errors).toHaveLength(1)
  expect(errors[0]?.error).toBeInstanceOf(Error)
  expect(logged(world as World)).not.toContain('opaque-credential')
})

it('an error caused by the caller is not reported', async () => {
  const { call, enroll, errors } = worldWith({})
  await enroll('ann')
  await call('GET', '/users')
  await call('POST', '/users/mfa/auth/totp', { as: 'ann', body: { code: '000000' } })
  await call('POST', '/users/mfa/auth/totp', { as: 'ann', raw: '{' })
  await call('GET', '/nowhere', { as: 'ann' })
  expect(errors).toEqual([])
})
