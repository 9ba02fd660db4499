import { afterEach, beforeEach, expect, it } from 'vitest'
import { httpBackend } from '../../src/client/http-backend.ts'
import type { TotpBackend } from '../../src/contract/backend.ts'
import { createTotpFlow } from '../../src/flow/create-totp-flow.ts'
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts'

let server: TestServer
let backend: TotpBackend
beforeEach(async () => {
  server = await startTestServer({ corsOrigins: ['http://app.test'] })
  const token = await server.signIn('ann@example.com')
  const { apiBaseUrl: baseUrl, environmentId } = server
  backend = httpBackend({ baseUrl, environmentId, getAccessToken: () => token })
})
afterEach(() => server.close())

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'answered',
    (error) => error.code,
  )

it('a test server has users, with an authenticator if needed, and a clock that a test moves', async () => {
  expect(await backend.getMfaDevices()).toEqual([])
  const phone = await server.enroll('ann@example.com')
  expect(phone).toMatchObject({ issuer: 'totp-flow test', account: 'ann@example.com' })
  expect(await backend.getMfaDevices()).toMatchObject([{ verified: true }])
  for (let time = 0; time < 4; time += 1) {
    expect(await codeOf(backend.authenticateTotpMfaDevice({ code: await phone.nextUnused() }))).toBe(
      'answered',
    )
  }
  expect(server.clock.now()).toBeGreaterThan(Date.now() + 60_000)
})

it.each([
  ['rate_limited', 'rate_limited'],
  ['server', 'server'],
  ['network', 'network'],
  ['device_limit', 'device_limit'],
] as const)('fail() with %s fails one call', async (kind, code) => {
  server.fail(kind)
  expect(await codeOf(backend.getMfaDevices())).toBe(code)
  expect(await codeOf(backend.getMfaDevices())).toBe('answered')
})

it('fail() fails calls to the given path, as often as given, in order', async () => {
  server.fail('server', { path: '/users/mfa', times: 2 })
  server.fail('rate_limited', { path: '/users/mfa' })
  expect(await codeOf(backend.registerTotpMfaDevice())).toBe('answered')
  const codes = []
  for (let time = 0; time < 4; time += 1) codes.push(await codeOf(backend.getMfaDevices()))
  expect(codes).toEqual(['server', 'server', 'rate_limited', 'answered'])
})

it('fail() says when the next attempt is allowed', async () => {
  server.fail('rate_limited', { retryAfterSeconds: 90 })
  const before = Date.now()
  const { retryAt } = await backend.getMfaDevices().catch((error) => error)
  expect(retryAt - before).toBeGreaterThanOrEqual(90_000)
})

it('fail() with hang lasts until the flow times out', async () => {
  server.fail('hang')
  const flow = createTotpFlow({ backend, callTimeout: 50 })
  expect((await flow.settled()).error?.code).toBe('timeout')
  flow.stop()
})

it('fail() with hang lasts until recover()', async () => {
  server.fail('hang')
  const answer = codeOf(backend.getMfaDevices())
  await expect.poll(() => server.calls).toHaveLength(1)
  server.recover()
  expect(await answer).toBe('timeout')
})

it('fail() answers so that a page of another origin can read it', async () => {
  server.fail('server')
  const response = await fetch(`${server.apiBaseUrl}/sdk/test/users/mfa`, {
    headers: { origin: 'http://app.test' },
  })
  expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([
    500,
    'http://app.test',
  ])
})

it('a test server lists the calls that it received', async () => {
  await backend.getMfaDevices()
  server.fail('server')
  await codeOf(backend.registerTotpMfaDevice())
  expect(server.calls).toEqual([
    { method: 'GET', path: '/users/mfa', status: 200 },
    { method: 'GET', path: '/users/mfa/register/totp', status: 500 },
  ])
})
