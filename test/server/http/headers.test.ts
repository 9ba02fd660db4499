/** What the headers of answers say, to the caller, to caches, and to pages of other origins. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { memoryStore } from '../../../src/server/index.ts'
import { createWorld, ENVIRONMENT, type World } from '../../support/world.ts'

const PAGE = 'https://app.example.com'
const VERIFY = '/users/mfa/auth/totp'
const preflight = { origin: PAGE, 'access-control-request-method': 'POST' }

let world: World
beforeEach(() => {
  world = createWorld(() => memoryStore(), { corsOrigins: [PAGE] })
})
afterEach(() => world.close())

const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  world.server.fetch(new Request(`http://test.local${path}`, { method, headers }))
const api = `/api/v0/sdk/${ENVIRONMENT}`

it('every answer, even an error or a preflight, forbids caching and guessing its type', async () => {
  const { minifiedJwt } = (await world.call('POST', '/externalAuth/signin', { body: { jwt: 'user:ann' } }))
    .body
  const answers = [
    await ask(`${api}/settings`),
    await ask(`${api}/users`),
    await ask(`${api}/revoke`, { authorization: `Bearer ${minifiedJwt}` }, 'POST'),
    await ask(`${api}/users`, preflight, 'OPTIONS'),
    await ask('/nowhere'),
    await ask('/healthz'),
    await ask('/readyz', {}, 'HEAD'),
  ]
  expect(answers.map(({ status }) => status)).toEqual([200, 401, 204, 204, 404, 200, 200])
  for (const { headers } of answers) {
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('cache-control')).toBe('no-store')
  }
})

it('the published keys may be cached for five minutes, and their type may not be guessed', async () => {
  const { headers } = await ask('/.well-known/jwks.json')
  expect(headers.get('cache-control')).toBe('public, max-age=300')
  expect(headers.get('x-content-type-options')).toBe('nosniff')
})

it.each<[string, Record<string, string>]>([
  ['a listed origin', { origin: PAGE }],
  ['an unlisted origin', { origin: 'https://evil.example' }],
  ['no origin', {}],
])('caches keep an answer to %s for that origin alone', async (_, headers) => {
  for (const path of [`${api}/settings`, `${api}/users`, '/healthz']) {
    expect((await ask(path, headers)).headers.get('vary')).toBe('origin')
  }
})

it('an unlisted origin gets no CORS headers but Vary, also from a guarded action', async () => {
  const evil = { origin: 'https://evil.example' }
  const guarded = world.server.requireElevation('wallet:sign')(() => new Response())
  const answers = [
    await ask(`${api}/users`, { ...preflight, ...evil }, 'OPTIONS'),
    await ask(`${api}/settings`, evil),
    await guarded(new Request('http://test.local/', { headers: evil })),
  ]
  for (const { headers } of answers) {
    expect(headers.get('vary')).toBe('origin')
    expect([...headers.keys()].filter((name) => name.startsWith('access-control-allow'))).toEqual([])
  }
})

it('a page of a listed origin can read how long to wait, and what a challenge requires', async () => {
  const { secret } = await world.enroll('ann')
  const as = { authorization: 'Bearer user:ann', origin: PAGE }
  const wrong = ['000000', '111111', '222222', '333333'].find(
    (code) => ![-1, 0, 1].some((steps) => world.codeOf(secret, steps) === code),
  )
  const guess = () => world.call('POST', VERIFY, { headers: as, body: { code: wrong } })
  for (let time = 0; time < 4; time++) await guess()
  for (const { headers } of [await guess(), await guess()]) {
    expect(headers.get('retry-after')).toBe('30')
    expect(headers.get('access-control-expose-headers')).toContain('retry-after')
  }
  const refused = await world.call('POST', '/users/mfa/recovery', { headers: as })
  expect(refused.headers.get('www-authenticate')).toContain('scope="credential:update"')
  expect(refused.headers.get('access-control-expose-headers')).toContain('www-authenticate')
})

it('a preflight names the methods and headers, and may be cached for ten minutes', async () => {
  const { headers } = await ask(`${api}/users`, preflight, 'OPTIONS')
  expect(headers.get('access-control-allow-methods')).toBe('GET, POST, PUT, DELETE')
  expect(headers.get('access-control-max-age')).toBe('600')
  for (const name of ['authorization', 'content-type', 'x-dyn-elevated-access-token', 'x-mfa-auth-token'])
    expect(headers.get('access-control-allow-headers')?.split(', ')).toContain(name)
})

it('without listed origins an answer has no CORS headers, and a challenge can be read if the host allows it', async () => {
  const closed = createWorld(() => memoryStore())
  const { headers } = await closed.call('GET', '/settings', { headers: { origin: PAGE } })
  expect([headers.get('vary'), headers.get('access-control-allow-origin')]).toEqual([null, null])
  const challenge = await closed.server.checkElevation(
    new Request('http://test.local/', { headers: { authorization: 'Bearer user:ann' } }),
    'wallet:sign',
  )
  if (!(challenge instanceof Response)) throw new Error('a challenge was expected')
  expect(challenge.headers.get('access-control-expose-headers')).toBe('www-authenticate')
  await closed.close()
})

it.each([
  ['a missing device', 'DELETE', '/users/mfa/none', null],
  ['removing', 'DELETE', '/users/mfa/:id', 'credential:unlink'],
  ['making recovery codes', 'POST', '/users/mfa/recovery', 'credential:update'],
])('the challenge for %s names the required scope', async (_, method, path, scope) => {
  const { id } = await world.enroll('ann')
  const { headers, body } = await world.call(method, path.replace(':id', id), { as: 'ann' })
  expect(body.scope ?? null).toBe(scope)
  expect(headers.get('www-authenticate')).toBe(
    scope &&
      `Bearer error="insufficient_user_authentication", error_description="A fresh proof is needed", scope="${scope}"`,
  )
})

it('a wait is given in whole seconds, rounded up, and is at least one', async () => {
  const { secret } = await world.enroll('ann')
  const send = () => world.call('POST', VERIFY, { as: 'ann', body: { code: wrong } })
  const wrong = ['000000', '111111', '222222', '333333'].find(
    (code) => ![-1, 0, 1, 2].some((steps) => world.codeOf(secret, steps) === code),
  )
  for (let time = 0; time < 5; time++) await send()
  const waits = []
  for (const milliseconds of [1, 499, 28_500, 999]) {
    world.now += milliseconds
    const { headers, body } = await send()
    waits.push([headers.get('retry-after'), body.payload.retryAfter])
  }
  expect(waits).toEqual([
    ['30', 30],
    ['30', 30],
    ['1', 1],
    ['1', 1],
  ])
  world.now += 1
  expect((await send()).status).toBe(400)
})

it('a stranger is answered before anything of the body is read', async () => {
  let read = 0
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        read += 1
        controller.enqueue(new TextEncoder().encode(' '))
      },
    },
    { highWaterMark: 0 },
  )
  const sending = { method: 'POST', body, duplex: 'half' }
  const answer = await world.server.fetch(new Request(`http://test.local${api}${VERIFY}`, sending))
  expect([answer.status, read]).toEqual([401, 0])
})
