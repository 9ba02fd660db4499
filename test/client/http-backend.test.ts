import type { RequestListener } from 'node:http'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createElevatedFetch } from '../../src/client/elevated-fetch.ts'
import { httpBackend } from '../../src/client/http-backend.ts'
import type { TokenOptions } from '../../src/client/http-wire.ts'
import {
  authenticateTotpMfaDevice,
  createTotpClient,
  deleteMfaDevice,
  getMfaDevices,
  registerTotpMfaDevice,
} from '../../src/client/sdk.ts'
import type { TotpBackend } from '../../src/contract/backend.ts'
import { TotpFlowError } from '../../src/contract/errors.ts'
import { Sealed } from '../../src/contract/sealed.ts'
import { createTotpFlow } from '../../src/flow/create-totp-flow.ts'
import { memoryStore, type TotpServerOptions } from '../../src/server/index.ts'
import { TestClock } from '../../src/testing/test-clock.ts'
import { badAnswers, type RecordingServer, recordingServer, send } from '../support/bad-answers.ts'
import { createWorld, ENVIRONMENT, type World } from '../support/world.ts'

const servers: RecordingServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})
async function serve(listener: RequestListener): Promise<RecordingServer> {
  const server = await recordingServer(listener)
  servers.push(server)
  return server
}

const backendAt = (origin: string, more: Partial<TokenOptions> = {}) =>
  httpBackend({ baseUrl: `${origin}/api/v0`, environmentId: 'e', getAccessToken: () => 't', ...more })

/** A server on a real socket whose answer the test decides. */
const answering = async (listener: RequestListener) => backendAt((await serve(listener)).origin)

const methods: [string, (backend: TotpBackend) => Promise<unknown>][] = [
  ['getMfaDevices', (backend) => backend.getMfaDevices()],
  ['registerTotpMfaDevice', (backend) => backend.registerTotpMfaDevice()],
  ['authenticateTotpMfaDevice', (backend) => backend.authenticateTotpMfaDevice({ code: '123456' })],
  ['deleteMfaDevice', (backend) => backend.deleteMfaDevice({ deviceId: 'd' })],
]

const errorOf = async (promise: Promise<unknown>) => {
  const error: unknown = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(TotpFlowError)
  return error instanceof TotpFlowError ? error : new TotpFlowError('server')
}

describe.each(methods)('%s', (_name, call) => {
  it.each(badAnswers)('the backend turns %s into one typed error', async (_what, listener, code) => {
    const error = await errorOf(call(await answering(listener)))
    expect(error).toMatchObject({ code, message: new TotpFlowError(error.code).message })
  })

  it.each([301, 302, 303, 307, 308])(
    'the backend follows no %i, and sends its token nowhere else',
    async (status) => {
      const other = await serve(send(200, '{"count":0,"devices":[]}'))
      for (const location of [`${other.origin}/steal`, '/moved']) {
        const server = await serve(send(status, '', { location }))
        expect((await errorOf(call(backendAt(server.origin)))).code).toBe('network')
        expect(server.received).toHaveLength(1)
        expect(server.received[0]).toMatchObject({ authorization: 'Bearer t' })
      }
      expect(other.received).toEqual([])
    },
  )

  it('the backend lets a browser send no cookies and follow no redirects', async () => {
    const sent: Request[] = []
    const backend = backendAt('http://test.local', {
      async fetch(input, init) {
        sent.push(new Request(input, init))
        return new Response(null, { status: 500 })
      },
    })
    await errorOf(call(backend))
    expect(sent).toMatchObject([{ credentials: 'omit', redirect: 'error' }])
  })
})

it('the backend aborts an endless answer', async () => {
  const backend = await answering((_request, response) => {
    const chunk = 'x'.repeat(16_384)
    const more = () => {
      while (!response.destroyed && response.write(chunk)) {}
    }
    response.on('drain', more)
    more()
  })
  expect((await errorOf(backend.getMfaDevices())).code).toBe('malformed_response')
})

it('an aborted signal ends a call whose answer is slow', async () => {
  const controller = new AbortController()
  const backend = await answering((_request, response) => {
    response.writeHead(200).write('{')
    controller.abort()
  })
  expect((await errorOf(backend.getMfaDevices({ signal: controller.signal }))).code).toBe('aborted')
})

it('a server that cannot be reached is a network error', async () => {
  const backend = httpBackend({
    baseUrl: 'http://127.0.0.1:1',
    environmentId: 'e',
    getAccessToken: () => 't',
  })
  expect(await errorOf(backend.getMfaDevices())).toMatchObject({ code: 'network', retryable: true })
})

it('without a session, the backend rejects without a request', async () => {
  let asked = false
  const backend = httpBackend({
    baseUrl: 'http://127.0.0.1:1',
    environmentId: 'e',
    getAccessToken: () => null,
    fetch: async () => {
      asked = true
      return new Response()
    },
  })
  expect((await errorOf(backend.getMfaDevices())).code).toBe('unauthenticated')
  expect(asked).toBe(false)
})

it('a session that cannot be read is a typed error', async () => {
  const backend = httpBackend({
    baseUrl: 'http://127.0.0.1:1',
    environmentId: 'e',
    getAccessToken: () => Promise.reject(new Error('token refresh failed')),
  })
  expect((await errorOf(backend.getMfaDevices())).code).toBe('network')
})

const inUtc = (milliseconds: number) => new Date(Date.now() + milliseconds).toUTCString()
it.each([
  ['seconds', () => ({ 'retry-after': '120' })],
  ['a date', () => ({ 'retry-after': inUtc(120_000) })],
  [
    'a date by a clock an hour behind ours',
    () => ({ date: inUtc(-3600_000), 'retry-after': inUtc(-3480_000) }),
  ],
])('the backend reads Retry-After in %s', async (_how, write) => {
  const before = Date.now()
  const backend = await answering(send(429, '{"error":"slow down","code":"mfa_rate_limited"}', write()))
  const { code, retryAt = 0 } = await errorOf(backend.authenticateTotpMfaDevice({ code: '123456' }))
  expect(code).toBe('rate_limited')
  expect(retryAt).toBeGreaterThan(before + 118_000) // dates are whole seconds
  expect(retryAt).toBeLessThanOrEqual(Date.now() + 121_000)
})

it('a flow times out on a server that never answers', async () => {
  const backend = await answering(() => {})
  const clock = new TestClock()
  const flow = createTotpFlow({ backend, callTimeout: 1000, clock })
  clock.pass(999)
  expect(flow.getView().busy).toBe(true)
  clock.pass(1)
  await flow.settled()
  expect(flow.getView()).toMatchObject({ state: 'idle', detail: 'unavailable', error: { code: 'timeout' } })
  flow.stop()
})

it('a flow enrolls, steps up and removes over HTTP', async () => {
  const world = createWorld(() => memoryStore())
  const backend = httpBackend({
    baseUrl: 'http://test.local/api/v0',
    environmentId: ENVIRONMENT,
    getAccessToken: () => 'user:ada',
    fetch: (input, init) => world.server.fetch(new Request(input, init)),
  })
  const { id, secret } = await backend.registerTotpMfaDevice()
  const verified = await backend.authenticateTotpMfaDevice({ code: world.codeOf(secret), deviceId: id })
  expect(verified).toEqual({
    deviceId: id,
    sessionExpiresAt: expect.any(Number),
    issuedAt: world.now,
    recoveryCodes: Array.from({ length: 10 }, () => expect.stringMatching(/^[0-9a-z]{5}(-[0-9a-z]{5}){2}$/)),
  })
  world.tick()
  const { elevation } = await backend.authenticateTotpMfaDevice({
    code: world.codeOf(secret),
    requestedScopes: ['credential:unlink'],
  })
  expect(elevation).toMatchObject({
    scopes: ['credential:unlink'],
    singleUse: true,
    expiresAt: world.now + 300_000,
    issuedAt: world.now,
  })
  expect(await backend.getMfaDevices()).toMatchObject([{ id, verified: true }])
  expect((await errorOf(backend.deleteMfaDevice({ deviceId: id }))).code).toBe('proof_required')
  await backend.deleteMfaDevice({
    deviceId: id,
    ...(elevation?.token && { elevatedAccessToken: elevation.token }),
  })
  expect(await backend.getMfaDevices()).toEqual([])
  await world.close()
})

it('a Retry-After of zero still shows a wait', async () => {
  const before = Date.now()
  const body = '{"error":"slow down","code":"mfa_rate_limited"}'
  const backend = await answering(send(429, body, { 'retry-after': '0' }))
  const { retryAt } = await errorOf(backend.authenticateTotpMfaDevice({ code: '123456' }))
  expect(retryAt).toBeGreaterThanOrEqual(before + 1000)
})

it('a request on which the server timed out can be retried', async () => {
  const backend = await answering(send(408, ''))
  expect((await errorOf(backend.getMfaDevices())).code).toBe('timeout')
})

it.each([200, 204])(
  'the backend accepts another service’s answer to an acknowledgment, with %d',
  async (status) => {
    const backend = await answering(send(status, status === 204 ? '' : '{"id":"u"}'))
    await expect(backend.acknowledgeRecoveryCodes?.()).resolves.toBeUndefined()
  },
)

it('a page of HTML is not taken for an acknowledgment', async () => {
  const backend = await answering(send(200, '<h1>Welcome to our Wi-Fi</h1>'))
  await expect(backend.acknowledgeRecoveryCodes?.()).rejects.toMatchObject({ code: 'malformed_response' })
})

it('the backend calls below its base URL, with or without a trailing slash, and never for a device id that is a parent path', async () => {
  const asked: string[] = []
  const backend = httpBackend({
    baseUrl: 'http://test.local/api/v0/',
    environmentId: 'e',
    getAccessToken: () => 'token',
    fetch: async (input) => {
      asked.push(String(input))
      return new Response(null, { status: 204 })
    },
  })
  await backend.deleteMfaDevice({ deviceId: 'd' })
  expect((await errorOf(backend.deleteMfaDevice({ deviceId: '..' }))).code).toBe('no_device')
  expect(asked).toEqual(['http://test.local/api/v0/sdk/e/users/mfa/d'])
})

it('the cause of a malformed answer says what was expected', async () => {
  const backend = await answering(send(200, '{"count":1,"devices":[{"id":"d"}]}'))
  const { cause } = await errorOf(backend.getMfaDevices())
  expect(cause).toBeInstanceOf(Sealed)
  expect(JSON.stringify((cause as Sealed<unknown>).unseal())).toContain('"createdAt"')
})

it('flows in two tabs with the same service and environment hear from each other, and from no others', async () => {
  vi.stubGlobal('window', new EventTarget())
  onTestFinished(() => void vi.unstubAllGlobals())
  const over = (baseUrl: string, environmentId: string) =>
    httpBackend({
      baseUrl,
      environmentId,
      getAccessToken: () => 't',
      fetch: async () => Response.json({ count: 0, devices: [] }),
    })
  const tab = async () => {
    const flow = createTotpFlow({ backend: over('https://a.example/api', 'live') })
    onTestFinished(() => flow.stop())
    await flow.settled()
    return flow
  }
  const [one, other] = [await tab(), await tab()]
  one.signOut()
  await other.waitFor(({ error }) => error?.code === 'unauthenticated')

  const { channel } = over('https://a.example/api', 'live')
  expect(over('https://a.example/api', 'test').channel).not.toBe(channel)
  expect(over('https://b.example/api', 'live').channel).not.toBe(channel)
})

it.each([
  [400, 'bad_request'],
  [401, 'unauthenticated'],
  [403, 'proof_required'],
  [404, 'not_found'],
  [408, 'timeout'],
  [422, 'bad_request'],
  [429, 'rate_limited'],
  [500, 'server'],
  [599, 'server'],
])('the status %i alone is a typed error', async (status, code) => {
  const backend = backendAt('http://test.local', { fetch: async () => new Response(null, { status }) })
  expect((await errorOf(backend.getMfaDevices())).code).toBe(code)
})

it('the backend reads a character that is split between two chunks', async () => {
  const device = { id: 'd', type: 'totp', verified: true, createdAt: '2026-01-01', alias: 'Zoë’s' }
  const bytes = new TextEncoder().encode(JSON.stringify({ count: 1, devices: [device] }))
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte))
      controller.close()
    },
  })
  const backend = backendAt('http://test.local', { fetch: async () => new Response(body) })
  expect(await backend.getMfaDevices()).toEqual([device])
})

it('the backend accepts an answer of 64 KiB and no byte more, and cancels the rest', async () => {
  const cancelled = vi.fn()
  const answerOf = (size: number) => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        controller.enqueue(new TextEncoder().encode('{"count":0,"devices":[]}'.padEnd(size)))
        if (size <= 65_536) controller.close()
      },
      cancel: cancelled,
    })
    return backendAt('http://test.local', { fetch: async () => new Response(body) }).getMfaDevices()
  }
  expect(await answerOf(65_536)).toEqual([])
  expect(cancelled).not.toHaveBeenCalled()
  expect((await errorOf(answerOf(65_537))).code).toBe('malformed_response')
  expect(cancelled).toHaveBeenCalledOnce()
})

it('the backend escapes path segments, and sets a content type only with a body', async () => {
  const sent: Request[] = []
  const backend = backendAt('http://test.local', {
    baseUrl: 'http://test.local/api//',
    environmentId: 'a/b?c',
    async fetch(input, init) {
      sent.push(new Request(input, init))
      return new Response(null, { status: 204 })
    },
  })
  await backend.deleteMfaDevice({ deviceId: 'd/../e', elevatedAccessToken: 'elevated', mfaAuthToken: 'mfa' })
  await errorOf(backend.authenticateTotpMfaDevice({ code: '123456', deviceId: 'd' }))
  expect((await errorOf(backend.deleteMfaDevice({ deviceId: '.' }))).code).toBe('no_device')
  expect(sent.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'DELETE http://test.local/api/sdk/a%2Fb%3Fc/users/mfa/d%2F..%2Fe',
    'POST http://test.local/api/sdk/a%2Fb%3Fc/users/mfa/auth/totp',
  ])
  const [removal, code] = sent.map(({ headers }) => Object.fromEntries(headers))
  expect(removal).toEqual({
    authorization: 'Bearer t',
    'x-dyn-elevated-access-token': 'elevated',
    'x-mfa-auth-token': 'mfa',
  })
  expect(code).toEqual({ authorization: 'Bearer t', 'content-type': 'application/json' })
  expect(await sent[1]?.json()).toEqual({ code: '123456', id: 'd' })
})

it('the host receives the session that a code won, with its expiry in milliseconds', async () => {
  const onSession = vi.fn()
  const answer = { user: { id: 'ada' }, minifiedJwt: 'new', expiresAt: 1_800_000_000 }
  const backend = backendAt('http://test.local', { onSession, fetch: async () => Response.json(answer) })
  await backend.authenticateTotpMfaDevice({ code: '123456' })
  expect(onSession.mock.calls).toEqual([[{ token: 'new', expiresAt: 1_800_000_000_000 }]])
})

describe('the wait that a service requires', () => {
  const NOW = Date.UTC(2026, 0, 1)
  const retryAtOf = async (headers: Record<string, string>) => {
    vi.useFakeTimers({ toFake: ['Date'], now: NOW })
    onTestFinished(() => void vi.useRealTimers())
    const fetch = async () => new Response(null, { status: 429, headers })
    const { retryAt } = await errorOf(backendAt('http://test.local', { fetch }).getMfaDevices())
    return retryAt === undefined ? undefined : retryAt - NOW
  }
  const at = (milliseconds: number) => new Date(NOW + milliseconds).toUTCString()

  it.each<[string, Record<string, string>, number | undefined]>([
    ['in seconds', { 'retry-after': '120' }, 120_000],
    [
      'until a date by this clock, where the answer has none of its own',
      { 'retry-after': at(90_000) },
      90_000,
    ],
    [
      'until a date by the clock of the answer',
      { date: at(-3_600_000), 'retry-after': at(-3_510_000) },
      90_000,
    ],
    [
      'until a date by this clock, where the answer’s own is none',
      { date: 'soon', 'retry-after': at(90_000) },
      90_000,
    ],
    ['of nothing: a second, so that the refusal can be read', { 'retry-after': '0' }, 1000],
    ['until a moment that is over: a second', { 'retry-after': at(-90_000) }, 1000],
    ['of words', { 'retry-after': 'later' }, undefined],
    ['of nothing that is said', {}, undefined],
  ])('the client understands a wait %s', async (_how, headers, wait) => {
    expect(await retryAtOf(headers)).toBe(wait)
  })
})

it.each<[string, object]>([
  ['baseUrl', { baseUrl: undefined }],
  ['baseUrl', { baseUrl: 'localhost:4000/api/v0' }],
  ['baseUrl', { baseUrl: 'http://' }],
  ['environmentId', { environmentId: ' ' }],
  ['getAccessToken', { getAccessToken: 'token' }],
  ['fetch', { fetch: null }],
  ['onSession', { onSession: true }],
])('httpBackend rejects an invalid %s: %j', (option, wrong) => {
  const given = { baseUrl: '/api/v0', environmentId: 'e', getAccessToken: () => 't' }
  expect(() => Reflect.apply(httpBackend, undefined, [given])).not.toThrow()
  expect(() => Reflect.apply(httpBackend, undefined, [{ ...given, ...wrong }])).toThrow(
    new RegExp(`^${option} takes `),
  )
})

describe('with the session in a cookie', () => {
  /** A page of the app: its browser keeps cookies, and says where the page is from. */
  function pageOf(world: World) {
    const jar = new Map([['sid', 'of-ada']])
    const sent: Request[] = []
    const browserFetch: typeof fetch = async (input, init) => {
      const given = new Request(input, init)
      sent.push(given)
      const headers = new Headers(given.headers)
      headers.set('sec-fetch-site', 'same-origin')
      if (given.credentials !== 'omit') {
        headers.set('cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '))
      }
      const request = new Request(given, { headers })
      const response = await (new URL(given.url).pathname === '/pay'
        ? world.server.requireElevation('wallet:export')(() => new Response('paid'))(request)
        : world.server.fetch(request))
      for (const line of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        jar.set(name, value)
      }
      return response
    }
    return { sent, fetch: browserFetch, jar }
  }
  const cookieWorld = (options: Partial<TotpServerOptions> = {}) => {
    const world = createWorld(() => memoryStore(), {
      identity: undefined,
      cookieIdentity: (request) =>
        (request.headers.get('cookie') ?? '').includes('sid=of-ada')
          ? { userId: 'ada', account: 'ada', sessionId: 'of-ada' }
          : null,
      ...options,
    })
    onTestFinished(() => world.close())
    return world
  }

  it.each(['same-origin', 'include'] as const)(
    'a flow with credentials: %s enrolls, answers a challenge, and removes, without any token of the session',
    async (credentials) => {
      const world = cookieWorld()
      const { sent, fetch } = pageOf(world)
      const baseUrl = 'http://test.local/api/v0'
      const backend = httpBackend({ baseUrl, environmentId: ENVIRONMENT, credentials, fetch })
      const clock = {
        now: () => world.now,
        setTimeout,
        clearTimeout: (id: unknown) => clearTimeout(Number(id)),
      }
      const flow = createTotpFlow({ backend, clock })
      onTestFinished(() => flow.stop())
      await flow.settled()
      flow.register()
      const { registration } = await flow.settled()
      const { secret } = registration?.unseal() ?? { secret: '' }
      const typeCode = () => {
        flow.submitCode(world.codeOf(secret))
        world.tick()
      }
      typeCode()
      expect((await flow.settled()).recoveryCodes?.unseal()).toHaveLength(10)
      const elevatedFetch = createElevatedFetch(flow, { fetch })
      const paid = elevatedFetch('http://test.local/pay', { method: 'POST', body: 'x' })
      await flow.waitFor(({ state }) => state === 'awaitingCode')
      typeCode()
      expect(await (await paid).text()).toBe('paid')
      flow.deleteDevice()
      await flow.waitFor(({ state }) => state === 'awaitingCode')
      typeCode()
      expect((await flow.settled()).device).toBeNull()
      for (const request of sent) {
        expect(request).toMatchObject({ credentials })
        expect(request.headers.has('authorization')).toBe(false)
        expect(request.headers.get('x-totp-flow')).toBe('1')
      }
    },
  )

  it('an elevated fetch leaves the header and the cookies to listed origins, and to what was asked for', async () => {
    const asked: Request[] = []
    const flow = createTotpFlow({
      backend: httpBackend({
        baseUrl: 'http://test.local',
        environmentId: 'e',
        credentials: 'include',
        fetch: async () => Response.json({ count: 0, devices: [] }),
      }),
    })
    onTestFinished(() => flow.stop())
    const elevatedFetch = createElevatedFetch(flow, {
      async fetch(input, init) {
        asked.push(new Request(input, init))
        return new Response()
      },
    })
    await elevatedFetch('http://test.local/a', { method: 'POST', body: 'text' })
    await elevatedFetch('http://test.local/b', { credentials: 'omit' })
    await elevatedFetch('https://other.example/c')
    expect(asked.map(({ credentials, headers }) => [credentials, headers.get('x-totp-flow')])).toEqual([
      ['include', '1'],
      ['omit', '1'],
      ['same-origin', null],
    ])
    expect(await asked[0]?.text()).toBe('text')
  })

  it('a signed-out page and a rejected request have different errors, with the reason on the console', async () => {
    const world = cookieWorld({ corsOrigins: [] })
    const { jar, fetch } = pageOf(world)
    const told = vi.spyOn(console, 'error').mockImplementation(() => {})
    onTestFinished(() => told.mockRestore())
    const at = (send: typeof fetch) =>
      httpBackend({
        baseUrl: 'http://test.local/api/v0',
        environmentId: ENVIRONMENT,
        credentials: 'include',
        fetch: send,
      })
    jar.delete('sid')
    expect((await errorOf(at(fetch).getMfaDevices())).code).toBe('unauthenticated')
    expect(told).not.toHaveBeenCalled()
    const fromElsewhere: typeof fetch = (input, init) => {
      const headers = { cookie: 'sid=of-ada', origin: 'https://mine.example', 'x-totp-flow': '1' }
      return world.server.fetch(new Request(input, { ...init, headers }))
    }
    const error = await errorOf(at(fromElsewhere).getMfaDevices())
    expect(error).toMatchObject({
      code: 'csrf_rejected',
      message: new TotpFlowError('csrf_rejected').message,
    })
    expect(told.mock.calls.flat().join()).toMatch(
      /GET http:\/\/test\.local\S+ was answered with 403: .*https:\/\/mine\.example.*corsOrigins/,
    )
  })

  it.each([
    ['nothing', {}],
    ['both', { getAccessToken: () => 't', credentials: 'include' }],
    ['a mode that sends none', { credentials: 'omit' }],
  ])('a backend and a client with %s to identify the user are rejected with a message', (_what, given) => {
    const options = { baseUrl: '/api', environmentId: 'e', ...given } as never
    expect(() => httpBackend(options)).toThrow(/credentials/)
    if (!('credentials' in given) || given.credentials !== 'omit')
      expect(() => createTotpClient(options)).toThrow(/Give getAccessToken/)
  })

  it('the functions of Dynamic’s SDK work with cookies, and report no session', async () => {
    const world = cookieWorld()
    const { fetch } = pageOf(world)
    const client = createTotpClient({
      baseUrl: 'http://test.local/api/v0',
      environmentId: ENVIRONMENT,
      credentials: 'same-origin',
      fetch,
      clock: () => world.now,
    })
    const { secret } = await registerTotpMfaDevice(client)
    const answer = await authenticateTotpMfaDevice({ code: world.codeOf(secret) }, client)
    expect(answer.minifiedJwt).toBe('')
    world.tick()
    const scope = 'credential:unlink'
    await authenticateTotpMfaDevice({ code: world.codeOf(secret), requestedScopes: [scope] }, client)
    const [device] = await getMfaDevices(client)
    await deleteMfaDevice({ deviceId: device?.id ?? '' }, client)
    expect(await getMfaDevices(client)).toEqual([])
  })
})

describe('a service that is not where the page looks for it', () => {
  it.each<[string, string, string, RegExp]>([
    ['under another path', '/api/v1', ENVIRONMENT, /The API of this server is at \/api\/v0\/sdk\/test/],
    ['with another environment', '/api/v0', 'live', /The API of this server is at \/api\/v0\/sdk\/test/],
  ])(
    '%s: the person reads a sentence, and the developer the method and the URL',
    async (_how, path, environmentId, hint) => {
      const world = createWorld(() => memoryStore())
      onTestFinished(() => world.close())
      const told = vi.spyOn(console, 'error').mockImplementation(() => {})
      onTestFinished(() => told.mockRestore())
      const backend = httpBackend({
        baseUrl: `http://test.local${path}`,
        environmentId,
        getAccessToken: () => 'user:ada',
        fetch: (input, init) => world.server.fetch(new Request(input, init)),
      })
      const flow = createTotpFlow({ backend })
      onTestFinished(() => flow.stop())
      await flow.settled()
      flow.register()
      const { error } = await flow.settled()
      expect(error).toMatchObject({ code: 'not_found', message: new TotpFlowError('not_found').message })
      const where = `There is nothing at GET http://test.local${path}/sdk/${environmentId}/users/mfa: `
      const message = (error?.cause as Sealed<Error> | undefined)?.unseal().message
      expect(message).toContain(where)
      expect(message).toMatch(hint)
      expect(told.mock.calls.flat()).toEqual([`totp-flow: ${message}`])
    },
  )

  it('a page without an origin is told that its frame lacks one when no service can be reached', async () => {
    const told = vi.spyOn(console, 'error').mockImplementation(() => {})
    vi.stubGlobal('origin', 'null')
    onTestFinished(() => {
      told.mockRestore()
      vi.unstubAllGlobals()
    })
    const backend = backendAt('http://test.local', {
      fetch: () => Promise.reject(new TypeError('Failed to fetch')),
    })
    expect((await errorOf(backend.getMfaDevices())).code).toBe('network')
    expect(told.mock.calls.flat().join()).toContain('allow-same-origin')
  })

  it('a page in place of an answer is reported with its address, and the hint that a proxy may be missing', async () => {
    const told = vi.spyOn(console, 'error').mockImplementation(() => {})
    onTestFinished(() => told.mockRestore())
    const backend = await answering(send(200, '<!doctype html><title>My app</title>'))
    expect((await errorOf(backend.getMfaDevices())).code).toBe('malformed_response')
    expect(told.mock.calls.flat().join()).toMatch(
      /GET http:\S+\/users\/mfa was not answered with JSON.*proxy/,
    )
  })

  it('an answer in JSON of another shape is not taken for a page', async () => {
    const told = vi.spyOn(console, 'error').mockImplementation(() => {})
    onTestFinished(() => told.mockRestore())
    const backend = await answering(send(200, '{}'))
    expect((await errorOf(backend.getMfaDevices())).code).toBe('malformed_response')
    expect(told).not.toHaveBeenCalled()
  })

  it('the 404 of another server asks whether the service is mounted there', async () => {
    const told = vi.spyOn(console, 'error').mockImplementation(() => {})
    onTestFinished(() => told.mockRestore())
    const backend = await answering(send(404, '<h1>Cannot GET</h1>'))
    expect((await errorOf(backend.registerTotpMfaDevice())).code).toBe('not_found')
    expect(told.mock.calls.flat().join()).toMatch(
      /GET http:\S+\/users\/mfa\/register\/totp: .*is the service mounted there\?/,
    )
  })
})
