import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createElevatedFetch } from '../../src/client/elevated-fetch.ts'
import { TotpFlowError } from '../../src/contract/errors.ts'
import { createTotpFlow, type TotpFlow } from '../../src/flow/create-totp-flow.ts'
import { memoryStore } from '../../src/server/index.ts'
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

it('leaves a request alone that needs no proof', async () => {
  expect(await (await post('/open')).text()).toBe('open')
  expect(sent).toHaveLength(1)
  expect((await flow.settled()).state).toBe('idle')
})

it('asks for a code once and sends the request once more, body and all', async () => {
  const answer = post('/export')
  await typeCode()
  expect(await (await answer).text()).toBe('to /export')
  expect(sent).toHaveLength(2)
  expect(served).toBe(1)
})

it('asks again for the next request when the elevation served once', async () => {
  const first = post('/export')
  await typeCode()
  await first
  const second = post('/export')
  await typeCode()
  expect((await second).status).toBe(200)
})

it('asks one question for parallel requests that one elevation covers', async () => {
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

it('lets the person correct a wrong code', async () => {
  const answer = post('/export')
  await prompted()
  flow.submitCode('000000')
  await flow.waitFor(({ error }) => error?.code === 'invalid_code')
  await typeCode()
  expect((await answer).status).toBe(200)
})

describe('rejects with a typed error', () => {
  it('when the person cancels', async () => {
    const answer = codeOf(post('/export'))
    await prompted()
    flow.cancel()
    expect(await answer).toBe('cancelled')
    expect(served).toBe(0)
  })

  it('when the request is aborted, and closes the question', async () => {
    const controller = new AbortController()
    const answer = codeOf(post('/export', { signal: controller.signal }))
    await prompted()
    controller.abort()
    expect(await answer).toBe('aborted')
    expect((await flow.settled()).state).toBe('idle')
  })

  it('when the flow is stopped', async () => {
    const answer = codeOf(post('/export'))
    await prompted()
    flow.stop()
    expect(await answer).toBe('aborted')
  })

  it('when there is no authenticator to ask', async () => {
    const other = createTotpFlow({
      backend: world.server.backendFor({ userId: 'bob', account: 'bob@example.com' }),
    })
    const ask = createElevatedFetch(other, {
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
})

it('passes a challenge on that names no scope it could ask for', async () => {
  const ask = createElevatedFetch(flow, {
    fetch: async () =>
      new Response(null, {
        status: 401,
        headers: { 'www-authenticate': 'Bearer error="insufficient_user_authentication", acr_values="x"' },
      }),
  })
  expect((await ask('http://test.local/export')).status).toBe(401)
})

it('asks anew, once, where what was in hand is worth nothing any more', async () => {
  const first = post('/sign')
  await typeCode()
  expect((await first).status).toBe(200)
  await world.server.rotateSigningKey({ revokeOld: true })
  const second = post('/sign')
  await typeCode()
  expect((await second).status).toBe(200)
})

it('sends a request whose token died again with what another one won meanwhile', async () => {
  const first = post('/sign')
  await typeCode()
  await first
  await world.server.rotateSigningKey({ revokeOld: true })
  const answers = [post('/sign'), post('/sign'), post('/sign')]
  await typeCode()
  for (const answer of answers) expect((await answer).status).toBe(200)
  expect(flow.getView().showsCodeField).toBe(false)
})

describe('a challenge', () => {
  const challenged = (header: string, more: { status?: number; url?: string } = {}) => {
    const calls: Request[] = []
    const ask = createElevatedFetch(flow, {
      fetch: async (input, init) => {
        const request = new Request(input, init)
        calls.push(request)
        if (request.headers.has('x-dyn-elevated-access-token')) return new Response('done')
        const { status = 401, url } = more
        const response = new Response(null, { status, headers: { 'www-authenticate': header } })
        return url === undefined ? response : Object.defineProperty(response, 'url', { value: url })
      },
    })
    return { calls, answer: ask('http://test.local/export') }
  }

  it.each([
    'Bearer error="insufficient_user_authentication", scope="wallet:export wallet:sign"',
    'Bearer error="insufficient_user_authentication", scope = wallet:export',
    'Bearer error="insufficient_user_authentication", Scope="wallet:export"',
    'Bearer x-scope="a:b", error="insufficient_user_authentication", error_description="needs scope=a:b", scope="wallet:export"',
  ])('is understood as %s', async (header) => {
    const { answer } = challenged(header)
    await typeCode()
    expect(await (await answer).text()).toBe('done')
  })

  it.each<[string, { status?: number; url?: string }]>([
    ['of another origin, which a redirect led to', { url: 'http://elsewhere.local/steal' }],
    ['beside an answer that refuses nothing', { status: 200 }],
  ])('%s opens no prompt, and is sent no token', async (_, more) => {
    const header = 'Bearer error="insufficient_user_authentication", scope="wallet:export"'
    const { calls, answer } = challenged(header, more)
    expect((await answer).status).toBe(more.status ?? 401)
    expect(calls).toHaveLength(1)
    expect(flow.getView().showsCodeField).toBe(false)
  })
})
