import type { RequestListener } from 'node:http'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createElevatedFetch, type ElevatedFetchOptions } from '../../src/client/elevated-fetch.ts'
import { httpBackend } from '../../src/client/http-backend.ts'
import { TotpFlowError } from '../../src/contract/errors.ts'
import type { Scope } from '../../src/contract/scopes.ts'
import { ELEVATED_TOKEN_HEADER } from '../../src/contract/wire/routes.ts'
import { createTotpFlow } from '../../src/flow/create-totp-flow.ts'
import type { TotpFlow } from '../../src/flow/totp-flow.ts'
import { memoryStore } from '../../src/server/index.ts'
import { type RecordingServer, recordingServer, send } from '../support/bad-answers.ts'
import { createWorld, type World } from '../support/world.ts'

let world: World
let flow: TotpFlow
let secret: string
let sent: Request[]
let served: number
let elevatedFetch: typeof fetch

beforeEach(async () => {
  world = createWorld(() => memoryStore())
  ;({ secret } = await world.enroll('ada'))
  flow = createTotpFlow({
    backend: world.server.backendFor({ userId: 'ada', account: 'ada@example.com' }),
    clock: { now: () => world.now, setTimeout, clearTimeout: (id) => clearTimeout(Number(id)) },
  })
  sent = []
  served = 0
  const guard = (scope: 'wallet:export' | 'wallet:sign') =>
    world.server.requireElevation(scope)(async (request) => {
      served += 1
      return new Response(await request.text())
    })
  const routes: Record<string, (request: Request) => Promise<Response>> = {
    '/export': guard('wallet:export'), // single-use by policy
    '/sign': guard('wallet:sign'),
    '/open': async () => new Response('open'),
  }
  elevatedFetch = createElevatedFetch(flow, {
    origins: ['http://test.local'],
    fetch: async (input, init) => {
      const request = new Request(input, init)
      sent.push(request)
      return (await routes[new URL(request.url).pathname]?.(request)) ?? new Response(null, { status: 404 })
    },
  })
})
afterEach(async () => {
  flow.stop()
  await world.close()
})

const post = (path: string, more: RequestInit = {}) =>
  elevatedFetch(`http://test.local${path}`, {
    method: 'POST',
    headers: { authorization: 'Bearer user:ada' },
    body: `to ${path}`,
    ...more,
  })
const prompted = () => flow.waitFor(({ state }) => state === 'awaitingCode')
const typeCode = async () => {
  await prompted()
  flow.submitCode(world.codeOf(secret))
  world.tick()
}
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'answered',
    (error: unknown) => (error instanceof TotpFlowError ? error.code : error),
  )

it('an elevated fetch does not change a request that needs no proof', async () => {
  expect(await (await post('/open')).text()).toBe('open')
  expect(sent).toHaveLength(1)
  expect((await flow.settled()).state).toBe('idle')
})

it('an elevated fetch prompts once and sends the request a second time, with its body', async () => {
  const answer = post('/export')
  await typeCode()
  expect(await (await answer).text()).toBe('to /export')
  expect(sent).toHaveLength(2)
  expect(served).toBe(1)
})

it('an elevated fetch prompts again for the next request if the elevation is single-use', async () => {
  const first = post('/export')
  await typeCode()
  await first
  const second = post('/export')
  await typeCode()
  expect((await second).status).toBe(200)
})

it('an elevated fetch prompts once for parallel requests that one elevation covers', async () => {
  let questions = 0
  flow.actor.subscribe((snapshot) => {
    if (snapshot.matches('verifying')) questions += 1
  })
  const answers = [post('/sign'), post('/sign'), post('/sign')]
  await typeCode()
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200])
  expect(questions).toBe(1)
  expect(sent).toHaveLength(6)
})

it('an elevated fetch lets the user correct a wrong code', async () => {
  const answer = post('/export')
  await prompted()
  flow.submitCode('000000')
  await flow.waitFor(({ error }) => error?.code === 'invalid_code')
  await typeCode()
  expect((await answer).status).toBe(200)
})

it('cancelling the prompt rejects an elevated fetch with a typed error', async () => {
  const answer = codeOf(post('/export'))
  await prompted()
  flow.cancel()
  expect(await answer).toBe('cancelled')
  expect(served).toBe(0)
})

it('aborting the request rejects an elevated fetch with a typed error, and closes the prompt', async () => {
  const controller = new AbortController()
  const answer = codeOf(post('/export', { signal: controller.signal }))
  await prompted()
  controller.abort()
  expect(await answer).toBe('aborted')
  expect((await flow.settled()).state).toBe('idle')
})

it('stopping the flow rejects an elevated fetch with a typed error', async () => {
  const answer = codeOf(post('/export'))
  await prompted()
  flow.stop()
  expect(await answer).toBe('aborted')
})

it('an elevated fetch rejects with a typed error when the user has no authenticator', async () => {
  const other = createTotpFlow({
    backend: world.server.backendFor({ userId: 'bob', account: 'bob@example.com' }),
  })
  const ask = createElevatedFetch(other, {
    origins: ['http://test.local'],
    fetch: async () =>
      new Response(null, {
        status: 401,
        headers: {
          'www-authenticate': 'Bearer error="insufficient_user_authentication", scope="wallet:export"',
        },
      }),
  })
  expect(await codeOf(ask('http://test.local/export'))).toBe('no_device')
  other.stop()
})

it.each([
  ['names no known scope', ', scope="openid profile"'],
  ['asks for nothing', ''],
  ['asks for no age that can be read', ', max_age="soon"'],
])('an elevated fetch returns a challenge that %s', async (_what, parameters) => {
  const ask = createElevatedFetch(flow, {
    origins: ['http://test.local'],
    fetch: async () =>
      new Response(null, {
        status: 401,
        headers: { 'www-authenticate': `Bearer error="insufficient_user_authentication"${parameters}` },
      }),
  })
  expect((await ask('http://test.local/export')).status).toBe(401)
})

it('an elevated fetch prompts again, once, if the server rejects the token that it held', async () => {
  const first = post('/sign')
  await typeCode()
  expect((await first).status).toBe(200)
  await world.server.rotateSigningKey({ revokeOld: true })
  const second = post('/sign')
  await typeCode()
  expect((await second).status).toBe(200)
})

it('an elevated fetch retries a request with the token that another request won meanwhile', async () => {
  const first = post('/sign')
  await typeCode()
  await first
  await world.server.rotateSigningKey({ revokeOld: true })
  const answers = [post('/sign'), post('/sign'), post('/sign')]
  await typeCode()
  for (const answer of answers) expect((await answer).status).toBe(200)
  expect(flow.getView().showsCodeField).toBe(false)
})

const CHALLENGE = 'Bearer error="insufficient_user_authentication", scope="wallet:export"'

/** A service that challenges as the test says until it is sent a token, and what it was sent. */
function challenging(header = CHALLENGE, more: { status?: number; url?: string } = {}) {
  const calls: Request[] = []
  const answer: typeof fetch = async (input, init) => {
    const request = input instanceof Request ? input : new Request(input, init)
    calls.push(request)
    if (request.headers.has(ELEVATED_TOKEN_HEADER)) return new Response('done')
    const { status = 401, url } = more
    const response = new Response(null, { status, headers: { 'www-authenticate': header } })
    return url === undefined ? response : Object.defineProperty(response, 'url', { value: url })
  }
  const tokens = () => calls.map(({ headers }) => headers.get(ELEVATED_TOKEN_HEADER))
  return { calls, tokens, fetch: answer }
}

/** A flow over a service at that address. */
function flowOver(baseUrl?: string): TotpFlow {
  const backend = world.server.backendFor({ userId: 'ada', account: 'ada@example.com' })
  return createTotpFlow({ backend: { ...backend, ...(baseUrl !== undefined && { baseUrl }) } })
}

describe('a challenge', () => {
  const challenged = (...args: Parameters<typeof challenging>) => {
    const service = challenging(...args)
    const ask = createElevatedFetch(flow, { origins: ['http://test.local'], fetch: service.fetch })
    return { calls: service.calls, answer: ask('http://test.local/export') }
  }

  it.each([
    'Bearer error="insufficient_user_authentication", scope="wallet:export wallet:sign"',
    'Bearer error="insufficient_user_authentication", scope = wallet:export',
    'Bearer error="insufficient_user_authentication", Scope="wallet:export"',
    'Bearer x-scope="a:b", error="insufficient_user_authentication", error_description="needs scope=a:b", scope="wallet:export"',
    'Basic realm="a, b", Negotiate YII==, DPoP error=insufficient_user_authentication ,,scope="wallet\\:export"',
    'Bearer error="insufficient_user_authentication", scope="wallet:export", scope="a:b", error="x"',
    'Bearer error="invalid_token", scope="a:b", Bearer scope="wallet:export", error="insufficient_user_authentication"',
  ])('a challenge prompts for its first scope: %s', async (header) => {
    const { answer } = challenged(header)
    expect((await prompted()).requestedScopes[0]).toBe('wallet:export')
    await typeCode()
    expect(await (await answer).text()).toBe('done')
  })

  it('a challenge with 403 opens a prompt, as one with 401 does', async () => {
    const { answer } = challenged(CHALLENGE, { status: 403 })
    await typeCode()
    expect(await (await answer).text()).toBe('done')
  })

  it.each<[string, string, { status?: number; url?: string }]>([
    ['of another origin, which a redirect led to', CHALLENGE, { url: 'http://elsewhere.local/steal' }],
    ['with a status that refuses nothing', CHALLENGE, { status: 200 }],
    ['with the status of another refusal', CHALLENGE, { status: 400 }],
    ['for something else', 'Bearer error="insufficient_scope", scope="wallet:export"', {}],
    [
      'whose words stand in a text',
      'Basic realm="insufficient_user_authentication", scope="wallet:export"',
      {},
    ],
    [
      'whose scope is another challenge’s',
      'Bearer error="insufficient_user_authentication", DPoP scope="wallet:export"',
      {},
    ],
    ['that is cut off', 'Bearer scope="wallet:export", error="insufficient_user_authentication', {}],
    ['that is longer than an honest one', `${CHALLENGE}, x="${'x'.repeat(8192)}"`, {}],
  ])('a challenge %s opens no prompt, and receives no token', async (_, header, more) => {
    const { calls, answer } = challenged(header, more)
    expect((await answer).status).toBe(more.status ?? 401)
    expect(calls).toHaveLength(1)
    expect(flow.getView().showsCodeField).toBe(false)
  })

  it('a challenge prompts once: if the server rejects the fresh token too, its response is returned', async () => {
    let calls = 0
    const ask = createElevatedFetch(flow, {
      origins: ['http://test.local'],
      fetch: async () => {
        calls += 1
        return new Response(null, { status: 401, headers: { 'www-authenticate': CHALLENGE } })
      },
    })
    const answer = ask('http://test.local/export')
    await typeCode()
    expect((await answer).status).toBe(401)
    expect(calls).toBe(2)
    expect(flow.getView().showsCodeField).toBe(false)
  })
})

describe('the origins that may prompt', () => {
  const ask = async (of: TotpFlow, url: string, options: Partial<ElevatedFetchOptions> = {}) => {
    const service = challenging()
    await of.settled()
    const answer = createElevatedFetch(of, { fetch: service.fetch, ...options })(url)
    answer.catch(() => {})
    await Promise.race([answer, of.waitFor(({ showsCodeField }) => showsCodeField)])
    const isPrompted = of.getView().showsCodeField
    if (isPrompted) of.cancel()
    else expect((await answer).headers.get('www-authenticate')).toBe(CHALLENGE)
    expect(service.tokens()).toEqual([null])
    return isPrompted
  }
  const origins = ['https://api.example.com', 'http://localhost:8080']

  it.each([
    'https://api.example.com/export',
    'https://API.example.com:443/export?to=me#part',
    'http://localhost:8080/',
  ])('a listed origin may prompt: %s', async (url) => {
    expect(await ask(flow, url, { origins })).toBe(true)
  })

  it.each([
    'http://api.example.com/export',
    'https://api.example.com:8443/export',
    'https://api.example.com./export',
    'https://wallet.api.example.com/export',
    'https://example.com/export',
    'https://api.example.com.evil.example/export',
    'https://evil.example/?https://api.example.com/',
    'http://localhost/',
    'http://127.0.0.1:8080/',
    'blob:https://api.example.com/3f1c',
    'data:text/plain,x',
  ])('an unlisted origin may not prompt, and its response is returned unchanged: %s', async (url) => {
    expect(await ask(flow, url, { origins })).toBe(false)
  })

  it('the page’s own origin and the service’s may prompt by default', async () => {
    const own = flowOver('https://id.example.com/api/v0')
    vi.stubGlobal('location', new URL('https://app.example.com/settings'))
    onTestFinished(() => void vi.unstubAllGlobals())
    onTestFinished(() => own.stop())
    expect(await ask(own, 'https://app.example.com/export')).toBe(true)
    expect(await ask(own, 'https://id.example.com/export')).toBe(true)
    expect(await ask(own, 'https://evil.example/export')).toBe(false)
    expect(await ask(own, 'https://app.example.com/export', { origins })).toBe(false)
  })

  it.each([undefined, '/api/v0', 'nonsense:'])(
    'no origin may prompt by default without a page, if the service is at %s',
    async (baseUrl) => {
      const own = flowOver(baseUrl)
      onTestFinished(() => own.stop())
      expect(await ask(own, 'http://test.local/export')).toBe(false)
    },
  )

  it('a page without an origin lets no other URL without an origin prompt', async () => {
    vi.stubGlobal('location', new URL('file:///home/ada/page.html'))
    onTestFinished(() => void vi.unstubAllGlobals())
    expect(await ask(flow, 'data:text/plain,x')).toBe(false)
    expect(await ask(flow, 'https://evil.example/')).toBe(false)
  })

  it.each([
    '*',
    'null',
    '',
    'api.example.com',
    'https://*.example.com',
    'https://api.example.com/',
    'https://api.example.com/v1',
    'https://me@api.example.com',
    'file:///',
    'data:,x',
  ])('an invalid origin is rejected at construction: %j', (origin) => {
    expect(() => createElevatedFetch(flow, { origins: [origin] })).toThrow(TypeError)
  })

  it('a flow takes its base URL from its httpBackend', () => {
    const baseUrl = 'https://id.example.com/api/v0'
    const backend = httpBackend({ baseUrl, environmentId: 'e', getAccessToken: () => null })
    const own = createTotpFlow({ backend })
    expect(own.baseUrl).toBe(baseUrl)
    own.stop()
  })
})

describe('the scopes that may prompt', () => {
  const ask = (named: string, scopes?: Scope[]) => {
    const header = `Bearer error="insufficient_user_authentication", scope="${named}"`
    const { fetch, calls } = challenging(header)
    const options = { origins: ['http://test.local'], fetch, ...(scopes && { scopes }) }
    return { answer: createElevatedFetch(flow, options)('http://test.local/'), calls }
  }

  it('a challenge may ask for listed scopes, one or several at a time', async () => {
    for (const named of ['wallet:export', 'wallet:sign wallet:export']) {
      const { answer } = ask(named, ['wallet:sign', 'wallet:export'])
      await typeCode()
      expect(await (await answer).text()).toBe('done')
    }
  })

  it.each(['wallet:delete', 'wallet:export wallet:delete', 'wallet:export openid', 'toString wallet:export'])(
    'a challenge for an unlisted scope opens no prompt, even together with a listed one: %s',
    async (named) => {
      const { answer, calls } = ask(named, ['wallet:export'])
      expect((await answer).status).toBe(401)
      expect(calls).toHaveLength(1)
      expect(flow.getView().showsCodeField).toBe(false)
    },
  )

  it('a challenge may ask for any scope by default, and for none if the list is empty', async () => {
    const { answer } = ask('wallet:delete openid')
    expect((await prompted()).requestedScopes).toEqual(['wallet:delete'])
    flow.cancel()
    await expect(answer).rejects.toMatchObject({ code: 'cancelled' })
    expect((await ask('wallet:delete', []).answer).status).toBe(401)
  })

  it('an invalid scope is rejected at construction', () => {
    expect(() => createElevatedFetch(flow, { scopes: ['wallet:*' as Scope] })).toThrow(TypeError)
  })

  it.each<object>([
    { scope: ['wallet:sign'] },
    { origin: ['http://test.local'] },
    { toString: () => '' },
    { scopes: null },
    { scopes: '' },
    { origins: null },
    { origins: '' },
  ])('an option that is misspelled or lists nothing is rejected at construction: %j', (options) => {
    expect(() => createElevatedFetch(flow, options as never)).toThrow(TypeError)
  })
})

describe('a token and redirects', () => {
  const servers: RecordingServer[] = []
  const serve = async (answer: RequestListener) => {
    const server = await recordingServer(answer)
    servers.push(server)
    return server
  }
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close()
  })
  const redirect = (status: number, location: string): RequestListener => send(status, '', { location })
  const ofToken = (served: RequestListener, unproven = send(401, '', { 'www-authenticate': CHALLENGE })) =>
    ((request, response) =>
      (request.headers[ELEVATED_TOKEN_HEADER] ? served : unproven)(
        request,
        response,
      )) satisfies RequestListener
  const request = { method: 'POST', headers: { authorization: 'Bearer t' }, body: 'the body' }

  it.each([301, 302, 303, 307, 308])(
    'a %i to another origin is not followed with a token, and is returned',
    async (status) => {
      const other = await serve(send(200, 'stolen'))
      const { origin } = await serve(ofToken(redirect(status, `${other.origin}/steal`)))
      const answer = createElevatedFetch(flow, { origins: [origin] })(`${origin}/export`, request)
      await typeCode()
      expect((await answer).status).toBe(status)
      expect(other.received).toEqual([])
    },
  )

  it('a redirect never takes a token to another origin, even to a listed one', async () => {
    const other = await serve(ofToken(send(200, 'stolen')))
    const { origin } = await serve(redirect(307, `${other.origin}/export`))
    const origins = [origin, other.origin]
    expect((await createElevatedFetch(flow, { origins })(`${origin}/export`, request)).status).toBe(401)
    expect(other.received).toHaveLength(1)
    expect(other.received[0]).not.toHaveProperty(ELEVATED_TOKEN_HEADER)
    expect(flow.getView().showsCodeField).toBe(false)
  })

  it('a redirect to another origin is not followed if the host put its own token into the request', async () => {
    const other = await serve(send(200, 'stolen'))
    const { origin } = await serve(redirect(307, `${other.origin}/steal`))
    const headers = { [ELEVATED_TOKEN_HEADER]: 'of the host' }
    const answer = await createElevatedFetch(flow, { origins: [origin] })(`${origin}/export`, { headers })
    expect(answer.status).toBe(307)
    expect(other.received).toEqual([])
  })

  it('a redirect without a token is followed as usual', async () => {
    const other = await serve(send(200, 'open'))
    const { origin } = await serve(redirect(307, `${other.origin}/open`))
    const answer = await createElevatedFetch(flow, { origins: [origin] })(`${origin}/`, request)
    expect(await answer.text()).toBe('open')
  })

  it.each(['GET', 'POST'])(
    'a %s with a token goes directly to its redirect’s target within one origin, with its body',
    async (method) => {
      const moved = ofToken((asked, response) => void asked.pipe(response))
      const server = await serve((asked, response) =>
        (asked.url === '/export/' ? moved : redirect(307, '/export/'))(asked, response),
      )
      const { body, ...rest } = request
      const init = { ...rest, method, ...(method === 'POST' && { body }) }
      const answer = createElevatedFetch(flow, { origins: [server.origin] })(`${server.origin}/export`, init)
      await typeCode()
      expect(await (await answer).text()).toBe(method === 'POST' ? 'the body' : '')
      const withToken = server.received.filter((headers) => ELEVATED_TOKEN_HEADER in headers)
      expect(withToken).toHaveLength(1)
      expect(withToken[0]).toMatchObject({ authorization: 'Bearer t' })
      expect(server.received).toHaveLength(3)
    },
  )

  it.each(['HEAD', 'PUT'])(
    'a redirected %s keeps the host’s options within one origin, and can be aborted',
    async (method) => {
      const service = challenging()
      const ask = createElevatedFetch(flow, {
        origins: ['http://test.local'],
        async fetch(input, init) {
          const response = await service.fetch(input, init)
          const url = 'http://test.local/moved'
          return Object.defineProperties(response, { redirected: { value: true }, url: { value: url } })
        },
      })
      const controller = new AbortController()
      const init: RequestInit = {
        method,
        headers: { authorization: 'Bearer t' },
        credentials: 'include',
        cache: 'no-store',
        mode: 'same-origin',
        referrerPolicy: 'no-referrer',
        keepalive: true,
        signal: controller.signal,
      }
      const answer = ask('http://test.local/', init)
      await typeCode()
      await answer
      const sentAs = ({ method, credentials, cache, mode, referrerPolicy, keepalive }: Request) => {
        return { method, credentials, cache, mode, referrerPolicy, keepalive }
      }
      const [first, moved] = service.calls
      if (!first || !moved) throw new Error('two requests were expected')
      expect(sentAs(moved)).toEqual(sentAs(first))
      expect(sentAs(moved)).toMatchObject({ method, credentials: 'include', referrerPolicy: 'no-referrer' })
      expect(moved.url).toBe('http://test.local/moved')
      expect(moved.headers.get('authorization')).toBe('Bearer t')
      controller.abort()
      expect(moved.signal.aborted).toBe(true)
    },
  )

  it.each(['error', 'manual'] as const)(
    'an elevated fetch keeps the host’s redirect mode if it is %s',
    async (mode) => {
      const { calls, fetch } = challenging()
      const ask = createElevatedFetch(flow, { origins: ['http://test.local'], fetch })
      const answer = ask('http://test.local/', { redirect: mode })
      await typeCode()
      await answer
      expect(calls.map(({ redirect }) => redirect)).toEqual([mode, mode])
    },
  )

  it('an elevated fetch keeps the host’s referrer policy', async () => {
    const { calls, fetch } = challenging()
    const ask = createElevatedFetch(flow, { origins: ['http://test.local'], fetch })
    const answer = ask('http://test.local/', { referrerPolicy: 'no-referrer' })
    await typeCode()
    await answer
    expect(calls.map(({ referrerPolicy }) => referrerPolicy)).toEqual(['no-referrer', 'no-referrer'])
  })
})

it('a rejected token that the host put into the request is replaced by the one that was won', async () => {
  const tokens: (string | null)[] = []
  const ask = createElevatedFetch(flow, {
    origins: ['http://test.local'],
    fetch: async (input, init) => {
      const token = new Request(input, init).headers.get(ELEVATED_TOKEN_HEADER)
      tokens.push(token)
      if (token !== 'old') return new Response('done')
      return new Response(null, { status: 401, headers: { 'www-authenticate': CHALLENGE } })
    },
  })
  const answer = ask(new URL('http://test.local/'), { headers: { [ELEVATED_TOKEN_HEADER]: 'old' } })
  await typeCode()
  expect(await (await answer).text()).toBe('done')
  expect(tokens).toEqual(['old', expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/)])
})

it.each<[string, () => string | null | Promise<string | null>]>([
  ['is null', () => null],
  [
    'throws',
    () => {
      throw new Error('no session')
    },
  ],
  ['rejects', () => Promise.reject(new Error('no session'))],
])('an elevated fetch sends a request as it is if the session’s token %s', async (_, getAccessToken) => {
  const { fetch, calls } = challenging()
  const backend = world.server.backendFor({ userId: 'ada', account: 'ada@example.com' })
  const holding = createTotpFlow({ backend: { ...backend, getAccessToken } })
  onTestFinished(() => holding.stop())
  const ask = createElevatedFetch(holding, { origins: ['http://test.local'], fetch })
  const answer = ask('http://test.local/', { headers: { authorization: 'Bearer mine' } })
  await holding.waitFor(({ showsCodeField }) => showsCodeField)
  holding.submitCode(world.codeOf(secret))
  expect(await (await answer).text()).toBe('done')
  expect(calls.map(({ headers }) => headers.get('authorization'))).toEqual(['Bearer mine', 'Bearer mine'])
})

it.each(['answered', 'cancelled'])(
  'an elevated fetch no longer listens to the flow once it is %s',
  async (end) => {
    const listeners = () => Reflect.get(flow.actor, 'observers').size
    const before = listeners()
    const { fetch } = challenging()
    const ask = createElevatedFetch(flow, { origins: ['http://test.local'], fetch })
    const answer = codeOf(ask('http://test.local/'))
    await prompted()
    expect(listeners()).toBeGreaterThan(before)
    if (end === 'cancelled') flow.cancel()
    else await typeCode()
    expect(await answer).toBe(end)
    expect(listeners()).toBe(before)
  },
)

it('an elevated fetch rejects with a typed error if the backend gives out no token', async () => {
  const backend = world.server.backendFor({ userId: 'ada', account: 'ada@example.com' })
  const keeping = createTotpFlow({
    backend: {
      ...backend,
      async authenticateTotpMfaDevice(params, options) {
        const { elevation, ...rest } = await backend.authenticateTotpMfaDevice(params, options)
        const { token: _, ...kept } = elevation ?? { scopes: [], expiresAt: 0, singleUse: false }
        return { ...rest, elevation: { ...kept, expiresAt: Date.now() + 60_000, issuedAt: Date.now() } }
      },
    },
  })
  onTestFinished(() => keeping.stop())
  const { fetch, calls } = challenging()
  const answer = codeOf(
    createElevatedFetch(keeping, { origins: ['http://test.local'], fetch })('http://test.local/'),
  )
  await keeping.waitFor(({ showsCodeField }) => showsCodeField)
  keeping.submitCode(world.codeOf(secret))
  expect(await answer).toBe('elevation_required')
  expect(calls).toHaveLength(1)
})
