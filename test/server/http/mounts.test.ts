/** The service inside other people's servers: below any path, behind what reads bodies, next to their session cookies. */
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { httpBackend } from '../../../src/client/http-backend.ts'
import type { Scope } from '../../../src/contract/scopes.ts'
import { memoryStore } from '../../../src/server/index.ts'
import {
  requireElevation as expressGuard,
  requireRecentMfa as expressRecent,
  expressRequest,
} from '../../../src/server/integrations/express.ts'
import {
  requireElevation as honoGuard,
  requireRecentMfa as honoRecent,
} from '../../../src/server/integrations/hono.ts'
import { toNodeHandler } from '../../../src/server/node/index.ts'
import { createWorld, ENVIRONMENT, type World } from '../../support/world.ts'

let world: World
beforeEach(() => {
  world = createWorld(() => memoryStore())
})
afterEach(() => world.close())

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
const backendAt = (baseUrl: string, send?: typeof fetch) =>
  httpBackend({
    baseUrl,
    environmentId: ENVIRONMENT,
    getAccessToken: () => 'user:ann',
    ...(send && { fetch: send }),
  })
/** Enrolls, which takes a GET, a POST with a body, and one more of each. */
async function enrollAt(baseUrl: string, send?: typeof fetch) {
  const backend = backendAt(baseUrl, send)
  const { id, secret } = await backend.registerTotpMfaDevice()
  await backend.authenticateTotpMfaDevice({ code: world.codeOf(secret), deviceId: id })
  await backend.acknowledgeRecoveryCodes?.()
  return backend.getMfaDevices()
}
const handler = () => toNodeHandler(world.server.fetch)

describe('mounted in Express', () => {
  it.each<[string, string, (app: express.Express) => unknown]>([
    ['with app.all', '/api/v0', (app) => app.all('/api/v0/*path', handler())],
    ['with app.use at its base path', '/api/v0', (app) => app.use('/api/v0', handler())],
    ['with app.use above its base path', '/api/v0', (app) => app.use('/api', handler())],
    ['with app.use for all paths', '/api/v0', (app) => app.use(handler())],
    ['below another prefix', '/auth/api/v0', (app) => app.use('/auth', handler())],
    ['in the place of its base path', '/mfa', (app) => app.use('/mfa', handler())],
    [
      'in a router of a router',
      '/api/v0',
      (app) => app.use('/api', express.Router().use('/v0', express.Router().use(handler()))),
    ],
    [
      'in a router below another prefix',
      '/a/b',
      (app) => app.use('/a', express.Router().use('/b', handler())),
    ],
  ])('the service works %s', async (_how, path, mount) => {
    const app = express()
    mount(app)
    expect(await enrollAt(`${await serve(app)}${path}`)).toMatchObject([{ verified: true }])
  })

  it.each<[string, string]>([
    ['at its base path', '/api/v0'],
    ['in the place of its base path', '/mfa'],
    ['for all paths', '/'],
  ])('keys and health checks are found below the path, mounted %s', async (_how, path) => {
    const origin = await serve(express().use(path, handler()))
    for (const name of ['/.well-known/jwks.json', '/healthz', '/readyz'])
      expect((await fetch(`${origin}${path.replace(/\/$/, '')}${name}`)).status).toBe(200)
  })

  it('keys and health checks are found only at the root and below the base path of an unmounted handler', async () => {
    const statusAt = async (path: string) =>
      (await world.server.fetch(new Request(`http://test.local${path}`))).status
    for (const name of ['/.well-known/jwks.json', '/healthz', '/readyz']) {
      expect(
        await Promise.all([statusAt(name), statusAt(`/api/v0${name}`), statusAt(`/xyz/ab${name}`)]),
      ).toEqual([200, 200, 404])
    }
  })

  it('a prefix that no framework removes is not served', async () => {
    const answer = await world.server.fetch(
      new Request(`http://test.local/other/sdk/${ENVIRONMENT}/settings`, { method: 'GET' }),
    )
    expect([answer.status, (await answer.json()).error]).toEqual([
      404,
      'There is nothing at this address. The API of this server is at /api/v0/sdk/test.',
    ])
  })
})

describe('behind what reads bodies', () => {
  const asIs = { type: '*/*' }
  const parsers: [string, express.RequestHandler[]][] = [
    ['express.json()', [express.json()]],
    ['express.json() and express.urlencoded()', [express.json(), express.urlencoded({ extended: true })]],
    ['express.json() for every type', [express.json(asIs)]],
    ['express.raw()', [express.raw(asIs)]],
    ['express.text()', [express.text(asIs)]],
  ]
  it.each(parsers)(
    'the service works behind %s, at the root and below a prefix',
    async (_name, middleware) => {
      for (const prefix of ['/', '/api/v0']) {
        await world.close()
        world = createWorld(() => memoryStore())
        const app = express()
          .use(...middleware)
          .use(prefix, handler())
        expect(await enrollAt(`${await serve(app)}/api/v0`)).toMatchObject([{ verified: true }])
      }
    },
  )

  it('a body parsed by another framework is read from the request, before a host’s own handler, too', async () => {
    const echo = toNodeHandler(async (request) => new Response(await request.text()))
    const url = await serve((request: IncomingMessage & { body?: unknown }, response) => {
      request.resume().once('end', () => {
        request.body = { code: '123456' }
        echo(request, response)
      })
    })
    const answer = await fetch(url, { method: 'POST', body: 'anything' })
    expect(await answer.text()).toBe('{"code":"123456"}')
  })

  it('a form that a parser has read is still a form, not JSON', async () => {
    const app = express()
      .use(express.urlencoded({ extended: true }))
      .use(handler())
    const url = `${await serve(app)}/api/v0/sdk/${ENVIRONMENT}/users/mfa/auth/totp`
    const headers = { authorization: 'Bearer user:ann' }
    const answer = await fetch(url, {
      method: 'POST',
      headers,
      body: new URLSearchParams({ code: '123456' }),
    })
    expect([answer.status, (await answer.json()).error]).toEqual([400, 'The body must be JSON.'])
  })

  it.each([
    ['too large', '{"code":"'.padEnd(20_000, '1').concat('"}'), 413, 'too_large'],
    ['of another shape', '{"code":"123456","__proto__":{"x":1}}', 400, 'bad_request'],
    ['a list', '[]', 400, 'bad_request'],
  ])('a parsed body that is %s is rejected like an unread one', async (_what, body, status, code) => {
    const app = express().use(express.json()).use(handler())
    const url = `${await serve(app)}/api/v0/sdk/${ENVIRONMENT}/users/mfa/auth/totp`
    const headers = { authorization: 'Bearer user:ann', 'content-type': 'application/json' }
    const answer = await fetch(url, { method: 'POST', headers, body })
    expect([answer.status, (await answer.json()).code]).toEqual([status, code])
  })

  it('a body that was consumed and not kept is the host’s mistake, named in the answer and to onError', async () => {
    const app = express()
      .use((request, _response, next) => void request.resume().once('end', next))
      .use(handler())
    const baseUrl = `${await serve(app)}/api/v0`
    expect(await backendAt(baseUrl).getMfaDevices()).toEqual([]) // what needs no body works
    const answer = await fetch(`${baseUrl}/sdk/${ENVIRONMENT}/users/mfa/auth/totp`, {
      method: 'POST',
      headers: { authorization: 'Bearer user:ann' },
      body: '{"code":"123456"}',
    })
    const sentence = expect.stringMatching(/read the body .* before totp-flow did.*request\.body.*Mount/)
    expect([answer.status, await answer.json()]).toEqual([500, { code: 'server', error: sentence }])
    expect(world.errors).toMatchObject([
      { error: { message: sentence }, context: { request: { method: 'POST' } } },
    ])
  })

  it('a web request with a consumed body is reported in the same way', async () => {
    const app = new Hono().all('/api/v0/*', async (c) => {
      await c.req.text()
      return world.server.fetch(c.req.raw)
    })
    const answer = await app.request(`/api/v0/sdk/${ENVIRONMENT}/users/mfa/auth/totp`, {
      method: 'POST',
      headers: { authorization: 'Bearer user:ann' },
      body: '{"code":"123456"}',
    })
    expect([answer.status, (await answer.json()).error]).toEqual([
      500,
      expect.stringMatching(/read the body/),
    ])
  })

  it('a client that hangs up in the middle of a body is not called the host’s mistake', async () => {
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error('hung up')) })
    const init = { method: 'POST', headers: { authorization: 'Bearer user:ann' }, body, duplex: 'half' }
    const url = `http://test.local/api/v0/sdk/${ENVIRONMENT}/users/mfa/auth/totp`
    expect((await world.server.fetch(new Request(url, init as RequestInit))).status).toBe(400)
    expect(world.errors).toEqual([])
  })
})

describe('mounted in Hono', () => {
  it.each<[string, string, (app: Hono) => unknown]>([
    ['with app.all', '/api/v0', (app) => app.all('/api/v0/*', (c) => world.server.fetch(c.req.raw))],
    ['with app.mount at its base path', '/api/v0', (app) => app.mount('/api/v0', world.server.fetch)],
    ['with app.mount below another prefix', '/auth/api/v0', (app) => app.mount('/auth', world.server.fetch)],
    ['with app.mount in the place of its base path', '/mfa', (app) => app.mount('/mfa', world.server.fetch)],
    [
      'in an app of an app',
      '/api/v0',
      (app) =>
        app.route(
          '/api',
          new Hono().all('/v0/*', (c) => world.server.fetch(c.req.raw)),
        ),
    ],
  ])('the service works %s', async (_how, path, mount) => {
    const app = new Hono()
    mount(app)
    const send: typeof fetch = async (input, init) => app.request(new Request(input, init))
    expect(await enrollAt(`http://test.local${path}`, send)).toMatchObject([{ verified: true }])
  })
})

it('the service works as Next’s route handlers, which get a context as well', async () => {
  const route: (request: Request, context: { params: Promise<object> }) => Promise<Response> =
    world.server.fetch
  const send: typeof fetch = (input, init) =>
    route(new Request(input, init), { params: Promise.resolve({ path: ['sdk'] }) })
  expect(await enrollAt('http://test.local/api/v0', send)).toMatchObject([{ verified: true }])
})

describe('Express’s own session', () => {
  it('a cookieIdentity sees the session of the host’s middleware, behind the service and behind a guard', async () => {
    await world.close()
    world = createWorld(() => memoryStore(), {
      identity: undefined,
      cookieIdentity(request) {
        const session: unknown = Object(expressRequest(request)).session
        return session === 'of-ann' ? { userId: 'ann', account: 'ann', sessionId: session } : null
      },
    })
    const app = express()
    app.use((request, _response, next) => {
      Object.assign(request, { session: request.headers.cookie === 'sid=1' ? 'of-ann' : undefined })
      next()
    })
    app.use(express.json())
    app.use('/api/v0', handler())
    app.post('/pay', expressGuard(world.server, 'wallet:export'))
    const url = await serve(app)
    const ask = (path: string, cookie: string, init: RequestInit = {}) =>
      fetch(`${url}${path}`, {
        ...init,
        headers: { cookie, 'x-totp-flow': '1', 'content-type': 'application/json' },
      })
    const verify = `/api/v0/sdk/${ENVIRONMENT}/users/mfa/auth/totp`
    const tryCode = { method: 'POST', body: '{"code":"123456"}' }
    expect((await (await ask(verify, 'sid=1', tryCode)).json()).code).toBe('no_device')
    expect((await (await ask(verify, 'sid=2', tryCode)).json()).code).toBe('unauthenticated')
    expect((await (await ask('/pay', 'sid=1', { method: 'POST' })).json()).code).toBe('elevation_required')
    expect((await (await ask('/pay', 'sid=2', { method: 'POST' })).json()).code).toBe('unauthenticated')
  })

  it('a request that did not come through Express has no Express request', () => {
    expect(expressRequest(new Request('http://test.local/'))).toBeUndefined()
  })
})

describe('a guard', () => {
  const guards: [string, (scope: Scope) => unknown][] = [
    ['a fetch handler', (scope) => world.server.requireElevation(scope)],
    ['Hono', (scope) => honoGuard(world.server, scope)],
    ['Hono with an address', (scope) => honoGuard(world.server, scope, { clientAddress: () => '192.0.2.1' })],
    ['Express', (scope) => expressGuard(world.server, scope)],
  ]
  it.each(guards)('a guard of %s rejects, when it is made, a scope that cannot be granted', (_name, make) => {
    for (const scope of ['invoice:pay', 'nonsense', 'Wallet:Export', ''] as Scope[]) {
      expect(() => make(scope), scope).toThrow(`Nobody can obtain ${scope}`)
    }
    expect(() => make('wallet:export')).not.toThrow()
  })

  it.each<[string, (maxAge: number) => unknown]>([
    ['a fetch handler', (maxAge) => world.server.requireRecentMfa({ maxAge })],
    ['Hono', (maxAge) => honoRecent(world.server, { maxAge })],
    ['Express', (maxAge) => expressRecent(world.server, { maxAge })],
  ])('a guard of %s rejects, when it is made, an invalid age', (_name, make) => {
    for (const age of [0, -1, 0.5, Number.NaN]) expect(() => make(age), String(age)).toThrow(/maxAge/)
  })

  it('a guard rejects a misspelled option when it is made', () => {
    const options = { consumed: false } as object
    expect(() => expressGuard(world.server, 'wallet:export', options)).toThrow(/consumed/)
    expect(() => honoGuard(world.server, 'wallet:export', options)).toThrow(/consumed/)
  })
})
