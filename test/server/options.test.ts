import { describe, expect, it } from 'vitest'
import { createTotpServer, memoryStore, type TotpServerOptions } from '../../src/server/index.ts'
import { createWorld, ENVIRONMENT } from '../support/world.ts'

const VERIFY = '/users/mfa/auth/totp'

const start = (given: Partial<TotpServerOptions>) => () =>
  createTotpServer({
    store: memoryStore(),
    issuer: 'Test',
    masterKey: Buffer.alloc(32, 7).toString('base64'),
    identity: () => null,
    ...given,
  })

describe('scopes', () => {
  it('of the host stand beside those that the server needs itself', async () => {
    const world = createWorld(() => memoryStore(), { scopes: { 'invoice:pay': { singleUse: true } } })
    const { secret } = await world.enroll('ann')
    for (const scope of ['invoice:pay', 'credential:unlink', 'wallet:export']) {
      const body = { code: world.codeOf(secret), requestedScopes: [scope] }
      expect((await world.call('POST', VERIFY, { as: 'ann', body })).status, scope).toBe(200)
      world.tick()
    }
    await world.close()
  })

  it('are taken away by false', async () => {
    const world = createWorld(() => memoryStore(), { scopes: { 'wallet:export': false } })
    const { secret } = await world.enroll('ann')
    const body = { code: world.codeOf(secret), requestedScopes: ['wallet:export'] }
    expect((await world.call('POST', VERIFY, { as: 'ann', body })).body.code).toBe('scope_not_allowed')
    await world.close()
  })

  it('that the server needs itself, or that are none, are refused at the start', () => {
    expect(start({ scopes: { 'credential:unlink': false } })).toThrow('credential:unlink')
    expect(start({ scopes: { 'Pay invoices': { singleUse: true } } })).toThrow('Pay invoices')
  })

  it('that nobody can win guard nothing: the mistake is told where it was made', async () => {
    const server = start({})()
    expect(() => server.requireElevation('wallet:exprt')).toThrow('wallet:exprt')
    await expect(server.checkElevation(new Request('http://test.local/'), 'wallet:exprt')).rejects.toThrow(
      'wallet:exprt',
    )
  })
})

it.each<[string, Partial<TotpServerOptions>]>([
  ['an issuer without a name', { issuer: ' ' }],
  ['an issuer that fits in no QR code', { issuer: '漢'.repeat(100) }],
  ['no identity', { identity: undefined as never }],
  ['an environment that no path can hold', { environmentId: 'a/b' }],
  ['a base path without its slash', { basePath: 'api' }],
  ['a base path with a slash too many', { basePath: '/api/' }],
  ['a base path that no request has', { basePath: '/a/../b' }],
  ['an origin with a path', { corsOrigins: ['https://app.example.com/'] }],
  ['any origin', { corsOrigins: ['*'] }],
  ['origins that are no list', { corsOrigins: 'https://app.example.com' as never }],
])('%s is refused at the start', (_, given) => {
  expect(start(given)).toThrow(Object.keys(given)[0])
})

it.each<[string, Partial<TotpServerOptions>]>([
  ['no base path', { basePath: '' }],
  ['an origin of an app', { corsOrigins: ['capacitor://localhost', 'http://localhost:8100'] }],
  ['an environment with a dot', { environmentId: 'my.env' }],
])('%s is fine', (_, given) => {
  expect(start(given)).not.toThrow()
})

it('a guarded handler keeps the headers of its own beside those for other origins', async () => {
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

it('who hangs up in the middle of a body is no failure of ours', async () => {
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
