import { createServer, type RequestListener } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { memoryStore } from '../../../src/server/index.ts'
import {
  requireElevation as expressGuard,
  requireRecentMfa as expressRecent,
} from '../../../src/server/integrations/express.ts'
import {
  requireElevation as honoGuard,
  requireRecentMfa as honoRecent,
} from '../../../src/server/integrations/hono.ts'
import { listen, toNodeHandler } from '../../../src/server/node/index.ts'
import { createWorld, ENVIRONMENT, type World } from '../../support/world.ts'

let world: World
const closing: (() => void)[] = []
beforeEach(() => {
  world = createWorld(() => memoryStore())
})
afterEach(async () => {
  vi.restoreAllMocks()
  for (const close of closing.splice(0)) close()
  await world.close()
})

async function elevation(scope: string): Promise<{ headers: Record<string, string>; token: string }> {
  const { secret } = await world.enroll('ann')
  const body = { code: world.codeOf(secret), requestedScopes: [scope] }
  const answer = await world.call('POST', '/users/mfa/auth/totp', { as: 'ann', body })
  const token: string = answer.body.elevatedAccessToken
  return { headers: { authorization: 'Bearer user:ann', 'x-dyn-elevated-access-token': token }, token }
}

/** The same protected route in each framework, as a fetch function. */
const frameworks: [string, () => Promise<(headers: Record<string, string>) => Promise<Response>>][] = [
  [
    'a fetch handler',
    async () => {
      const handle = world.server.requireElevation('wallet:export')((_, user) =>
        Response.json({ for: user.userId }),
      )
      return (headers) => handle(new Request('http://test.local/export', { method: 'POST', headers }))
    },
  ],
  [
    'Hono',
    async () => {
      const app = new Hono()
      app.post('/export', honoGuard(world.server, 'wallet:export'), (c) =>
        c.json({ for: c.get('totpUser').userId }),
      )
      return async (headers) => app.request('/export', { method: 'POST', headers })
    },
  ],
  [
    'Express',
    async () => {
      const app = express()
      app.post('/export', expressGuard(world.server, 'wallet:export'), (request, response) => {
        response.end(JSON.stringify({ for: request.totpUser?.userId }))
      })
      const listener = createServer(app).listen(0, '127.0.0.1')
      closing.push(() => listener.close())
      await new Promise((resolve) => listener.once('listening', resolve))
      const { port } = listener.address() as AddressInfo
      return (headers) => fetch(`http://127.0.0.1:${port}/export`, { method: 'POST', headers })
    },
  ],
]

describe.each(frameworks)('guarded in %s', (_, mount) => {
  it('a protected route challenges, lets a proven user in, and lets 20 parallel uses of one proof in once', async () => {
    const call = await mount()
    const refused = await call({ authorization: 'Bearer user:ann' })
    expect(refused.status).toBe(401)
    expect(refused.headers.get('www-authenticate')).toContain('scope="wallet:export"')
    expect((await call({})).headers.get('www-authenticate')).toBe('Bearer')
    const { headers } = await elevation('wallet:export')
    const answers = await Promise.all(Array.from({ length: 20 }, () => call(headers)))
    const letIn = answers.filter(({ status }) => status === 200)
    expect(letIn).toHaveLength(1)
    expect(await letIn[0]?.json()).toEqual({ for: 'ann' })
    expect((await call({ ...headers, authorization: 'Bearer user:bob' })).status).toBe(401)
  })
})

/** Behind a proxy that names who called. */
const behindProxy: [string, () => Promise<(caller: string) => Promise<Response>>][] = [
  [
    'Hono, by what the host makes of the request',
    async () => {
      const app = new Hono()
      app.use(
        honoGuard(world.server, 'wallet:export', { clientAddress: (c) => c.req.header('x-forwarded-for') }),
      )
      return async (caller) => app.request('/', { headers: knocking(caller) })
    },
  ],
  [
    'Express, by its trust proxy',
    async () => {
      const app = express().set('trust proxy', 'loopback')
      app.use(expressGuard(world.server, 'wallet:export'))
      const listener = createServer(app).listen(0, '127.0.0.1')
      closing.push(() => listener.close())
      await new Promise((resolve) => listener.once('listening', resolve))
      const { port } = listener.address() as AddressInfo
      return (caller) => fetch(`http://127.0.0.1:${port}/`, { headers: knocking(caller) })
    },
  ],
]
const knocking = (caller: string) => ({ authorization: 'Bearer forged', 'x-forwarded-for': caller })

it.each(behindProxy)('clients behind a proxy are distinguished in %s', async (_, mount) => {
  await world.close()
  world = createWorld(() => memoryStore(), { addressLimit: { calls: 2, windowSeconds: 60 } })
  const knock = await mount()
  const statuses = []
  for (const caller of ['192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.2']) {
    statuses.push((await knock(caller)).status)
  }
  expect(statuses).toEqual([401, 401, 429, 401])
})

it('strangers who call a plain Node server count by the address of their connection, not by what they claim', async () => {
  await world.close()
  world = createWorld(() => memoryStore(), { addressLimit: { calls: 2, windowSeconds: 60 } })
  const guard = expressGuard(world.server, 'wallet:export')
  const listener = createServer((request, response) => guard(request, response, () => response.end()))
  listener.listen(0, '127.0.0.1')
  closing.push(() => listener.close())
  await new Promise((resolve) => listener.once('listening', resolve))
  const url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/`
  const statuses = []
  for (const claimed of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) {
    statuses.push((await fetch(url, { headers: knocking(claimed) })).status)
  }
  expect(statuses).toEqual([401, 401, 429])
})

it('an error that a guarded handler throws reaches the host on standard error, and the process lives', async () => {
  const { headers } = await elevation('wallet:sign')
  const bug = new Error('a bug of the host')
  const guarded = world.server.requireElevation('wallet:sign')(() => {
    throw bug
  })
  await expect(guarded(new Request('http://test.local/', { headers }))).rejects.toBe(bug)
  const told = vi.spyOn(console, 'error').mockImplementation(() => {})
  const listening = await listen({ fetch: guarded, port: 0, hostname: '127.0.0.1' })
  const answer = await fetch(listening.url, { headers })
  expect({ status: answer.status, code: (await answer.json()).code }).toEqual({ status: 500, code: 'server' })
  expect(told).toHaveBeenCalledWith(bug)
  await listening.close()
  const listener = createServer(toNodeHandler(guarded)).listen(0, '127.0.0.1')
  closing.push(() => listener.close())
  await new Promise((resolve) => listener.once('listening', resolve))
  const { port } = listener.address() as AddressInfo
  expect((await fetch(`http://127.0.0.1:${port}/`, { headers })).status).toBe(500)
  expect(told).toHaveBeenCalledTimes(2)
})

it('no cache keeps the answer to a handler’s error, and no browser guesses its type', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  const fails = () => {
    throw new Error('a bug of the host')
  }
  const listening = await listen({ fetch: fails, port: 0 })
  closing.push(() => listening.close())
  const { headers } = await fetch(listening.url)
  expect(headers.get('cache-control')).toBe('no-store')
  expect(headers.get('x-content-type-options')).toBe('nosniff')
})

it.each<[string, () => RequestListener]>([
  [
    'Hono',
    () => {
      const app = new Hono()
      app.get('/email', honoRecent(world.server, { maxAge: 300 }), (c) => c.text(c.get('totpUser').userId))
      return toNodeHandler(app.fetch)
    },
  ],
  [
    'Express',
    () => {
      const app = express()
      app.get('/email', expressRecent(world.server, { maxAge: 300 }), (request, response) => {
        response.end(request.totpUser?.userId)
      })
      return app
    },
  ],
])(
  '%s lets a session in for as long as its verification is recent, and challenges it by max_age after',
  async (_, app) => {
    const listener = createServer(app()).listen(0, '127.0.0.1')
    closing.push(() => listener.close())
    await new Promise((resolve) => listener.once('listening', resolve))
    const { secret } = await world.enroll('ann')
    const signedIn = await world.call('POST', '/externalAuth/signin', { body: { jwt: 'user:ann' } })
    const ask = (token: string) =>
      fetch(`http://127.0.0.1:${(listener.address() as AddressInfo).port}/email`, {
        headers: { authorization: `Bearer ${token}` },
      })
    expect((await ask(signedIn.body.minifiedJwt)).headers.get('www-authenticate')).toContain('max_age="300"')
    const verified = await world.call('POST', '/users/mfa/auth/totp', {
      headers: { authorization: `Bearer ${signedIn.body.minifiedJwt}` },
      body: { code: world.codeOf(secret) },
    })
    expect(await (await ask(verified.body.minifiedJwt)).text()).toBe('ann')
    world.now += 301_000
    const late = await ask(verified.body.minifiedJwt)
    expect([late.status, (await late.json()).max_age]).toEqual([401, 300])
  },
)

it('the service can be mounted in Express, next to the host’s routes', async () => {
  const app = express()
  app.all('/api/v0/*path', toNodeHandler(world.server.fetch))
  app.use(express.json())
  app.get('/', (_, response) => response.end('the host'))
  const listener = createServer(app).listen(0, '127.0.0.1')
  closing.push(() => listener.close())
  await new Promise((resolve) => listener.once('listening', resolve))
  const url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`
  expect(await (await fetch(url)).text()).toBe('the host')
  const { secret } = await world.enroll('ann')
  const verified = await fetch(`${url}/api/v0/sdk/${ENVIRONMENT}/users/mfa/auth/totp`, {
    method: 'POST',
    headers: { authorization: 'Bearer user:ann', 'content-type': 'application/json' },
    body: JSON.stringify({ code: world.codeOf(secret) }),
  })
  expect(verified.status).toBe(200)
})

it('a guard that only checks consumes nothing, and sees what was consumed', async () => {
  const { headers } = await elevation('wallet:export')
  const request = () => new Request('http://test.local/', { headers })
  const look = () => world.server.checkElevation(request(), 'wallet:export', { consume: false })
  expect(await look()).toEqual({ userId: 'ann', account: 'ann@example.com' })
  expect(await look()).toEqual({ userId: 'ann', account: 'ann@example.com' })
  await world.server.checkElevation(request(), 'wallet:export')
  expect(await look()).toMatchObject({ status: 401 })
})

describe('a guarded action and other origins', () => {
  const PAGE = 'https://app.example'
  const HANDLERS: [string, () => Response][] = [
    ['answers', () => Response.json({ done: true })],
    ['redirects', () => Response.redirect('https://app.example/done')],
  ]
  it.each(HANDLERS)(
    'a listed origin can call a guarded action, preflight and all, where it %s',
    async (_, handler) => {
      const open = createWorld(() => memoryStore(), { corsOrigins: [PAGE] })
      const handle = vi.fn(handler)
      const action = open.server.requireElevation('wallet:export')(handle)
      const ask = (method: string, headers: Record<string, string>) =>
        action(new Request('http://test.local/export', { method, headers: { origin: PAGE, ...headers } }))

      const allowed = await ask('OPTIONS', {
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,x-dyn-elevated-access-token',
      })
      expect(allowed.status).toBe(204)
      expect(allowed.headers.get('access-control-allow-headers')).toContain('x-dyn-elevated-access-token')

      const refused = await ask('POST', { authorization: 'Bearer user:ann' })
      expect(refused.status).toBe(401)
      expect(refused.headers.get('access-control-allow-origin')).toBe(PAGE)
      expect(refused.headers.get('access-control-expose-headers')).toContain('www-authenticate')
      expect(handle).not.toHaveBeenCalled()

      const { secret } = await open.enroll('ann')
      const body = { code: open.codeOf(secret), requestedScopes: ['wallet:export'] }
      const proven = await open.call('POST', '/users/mfa/auth/totp', { as: 'ann', body })
      const answered = await ask('POST', {
        authorization: 'Bearer user:ann',
        'x-dyn-elevated-access-token': proven.body.elevatedAccessToken,
      })
      expect(answered.status).toBe(handler().status)
      expect(answered.headers.get('access-control-allow-origin')).toBe(PAGE)
      expect(answered.headers.get('location')).toBe(handler().headers.get('location'))
      expect(await answered.text()).toBe(await handler().text())
      await open.close()
    },
  )

  it('an unlisted origin cannot read a guarded action, and a guard without a list leaves that to the host', async () => {
    const asked = new Request('http://test.local/export', {
      method: 'OPTIONS',
      headers: { origin: 'https://other.example', 'access-control-request-method': 'POST' },
    })
    const open = createWorld(() => memoryStore(), { corsOrigins: [PAGE] })
    for (const { server } of [open, world]) {
      const answer = await server.requireElevation('wallet:export')(() => new Response())(asked)
      expect(answer.status).toBe(401)
      expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    }
    await open.close()
  })
})

it('a guard over HTTP/2, whose method and path are among the headers, challenges and lets a proven user in', async () => {
  const guard = expressGuard(world.server, 'wallet:export')
  const http2 = createHttp2Server((request, response) => {
    const guarded = Object.assign(request, { totpUser: undefined })
    guard(guarded as never, response as never, (error) => response.end(error ? 'failed' : 'exported'))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => http2.once('listening', resolve))
  const client = connectHttp2(`http://127.0.0.1:${(http2.address() as AddressInfo).port}`)
  closing.push(
    () => http2.close(),
    () => client.destroy(),
  )
  const ask = (headers: Record<string, string>) =>
    new Promise<[unknown, string]>((resolve) => {
      const request = client.request({ ':method': 'POST', ':path': '/export', ...headers })
      let status: unknown
      let text = ''
      request.on('response', (answer) => {
        status = answer[':status']
      })
      request.on('data', (chunk) => {
        text += chunk
      })
      request.on('end', () => resolve([status, text]))
      request.end()
    })
  expect((await ask({}))[0]).toBe(401)
  const { headers } = await elevation('wallet:export')
  expect(await ask(headers)).toEqual([200, 'exported'])
})
