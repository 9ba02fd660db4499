import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createElevatedFetch } from '../../src/client/elevated-fetch.ts'
import { httpBackend } from '../../src/client/http-backend.ts'
import type { TokenOptions } from '../../src/client/http-wire.ts'
import { passkeys } from '../../src/client/passkeys.ts'
import type { TotpBackend } from '../../src/contract/backend.ts'
import { errorCodes, type TotpErrorCode, TotpFlowError } from '../../src/contract/errors.ts'
import { fromErrorBody } from '../../src/contract/wire/error-body.ts'
import { createTotpFlow } from '../../src/flow/create-totp-flow.ts'
import type { TotpFlow, TotpFlowOptions } from '../../src/flow/totp-flow.ts'
import { memoryStore } from '../../src/server/index.ts'
import { TestClock } from '../../src/testing/test-clock.ts'
import { browserWith, passkeysOfTests, personWith } from '../support/passkeys.ts'
import { createWorld, ENVIRONMENT, type World } from '../support/world.ts'

let world: World
beforeEach(() => {
  world = createWorld(() => memoryStore(), { passkeys: passkeysOfTests({ limit: 1 }) })
})
afterEach(() => world.close())

/** The port over the wire, as an app has it. */
const backendOf = (user: string, answer?: (request: Request) => Promise<Response>): TotpBackend =>
  httpBackend(serviceOf(user, answer))

/** The same with passkeys. */
const passkeysOf = (user: string) => httpBackend({ ...serviceOf(user), passkeys })

function serviceOf(user: string, answer?: (request: Request) => Promise<Response>): TokenOptions {
  return {
    baseUrl: 'http://test.local/api/v0',
    environmentId: ENVIRONMENT,
    getAccessToken: () => `user:${user}`,
    fetch: (input, init) => (answer ?? world.server.fetch)(new Request(input, init)),
  }
}

/** What a flow shows after something was done with it. */
async function shownBy(
  act: (flow: TotpFlow) => void,
  options: Partial<TotpFlowOptions> = {},
): Promise<unknown> {
  const flow = createTotpFlow({ backend: backendOf('ada'), ...options })
  await flow.settled()
  act(flow)
  const { error } = await flow.settled()
  flow.stop()
  return error
}

/** What an answer on the wire means to a client. */
async function saidBy(...call: Parameters<World['call']>): Promise<unknown> {
  const { status, body } = await world.call(...call)
  return fromErrorBody(status, body)
}

const WRONG = '000000'
const codeNow = (secret: string) => world.codeOf(secret)
const wrongFor = (secret: string) => (codeNow(secret) === WRONG ? '000001' : WRONG)
const hangs = () => new Promise<never>(() => {})

async function guess(times: number): Promise<unknown> {
  const { secret } = await world.enroll('ada')
  let error: unknown
  for (let time = 0; time < times; time += 1) {
    error = await backendOf('ada')
      .authenticateTotpMfaDevice({ code: wrongFor(secret) })
      .catch((cause: unknown) => cause)
    if (time < times - 1) world.now += 3_600_001 // beyond the longest wait
  }
  return error
}

async function elevation(scope: `${string}:${string}`): Promise<string> {
  const { secret } = await world.enroll('ada')
  const won = await backendOf('ada').authenticateTotpMfaDevice({
    code: codeNow(secret),
    requestedScopes: [scope],
  })
  return won.elevation?.token ?? ''
}

/** How each error comes about, by what people, apps and networks do. A new code without its way does not compile. */
const ways: Record<TotpErrorCode, () => Promise<unknown>> = {
  invalid_code: () => guess(1),
  async code_reused() {
    const { secret } = await world.enroll('ada')
    const attempt = () => backendOf('ada').authenticateTotpMfaDevice({ code: codeNow(secret) })
    await attempt()
    return attempt()
  },
  async malformed_code() {
    await world.enroll('ada')
    return shownBy((flow) => {
      flow.stepUp(['wallet:export'])
      flow.submitCode('12345')
    })
  },
  async rate_limited() {
    const { secret } = await world.enroll('ada')
    const wrong = { code: wrongFor(secret) }
    for (let time = 0; time < 5; time += 1)
      await backendOf('ada')
        .authenticateTotpMfaDevice(wrong)
        .catch(() => {})
    return backendOf('ada').authenticateTotpMfaDevice(wrong)
  },
  device_locked: () => guess(101),
  async device_limit() {
    await world.enroll('ada')
    return backendOf('ada').registerTotpMfaDevice()
  },
  no_device: () => backendOf('ada').authenticateTotpMfaDevice({ code: WRONG }),
  async device_replaced() {
    const first = await backendOf('ada').registerTotpMfaDevice()
    await backendOf('ada').registerTotpMfaDevice()
    return backendOf('ada').authenticateTotpMfaDevice({ code: codeNow(first.secret), deviceId: first.id })
  },
  async proof_required() {
    const { id } = await world.enroll('ada')
    return backendOf('ada').deleteMfaDevice({ deviceId: id })
  },
  async elevation_required() {
    const request = new Request('http://test.local/', { headers: { authorization: 'Bearer user:ada' } })
    const response = await world.server.requireElevation('wallet:export')(() => new Response())(request)
    return fromErrorBody(response.status, await response.json())
  },
  async elevation_expired() {
    const token = await elevation('credential:unlink')
    world.now += 3_600_000
    const [device] = await backendOf('ada').getMfaDevices()
    return backendOf('ada').deleteMfaDevice({ deviceId: device?.id ?? '', elevatedAccessToken: token })
  },
  async elevation_missing() {
    const { secret } = await world.enroll('ada')
    const backend = backendOf('ada')
    return shownBy(
      (flow) => {
        flow.stepUp(['wallet:export'])
        flow.submitCode(codeNow(secret))
      },
      {
        backend: {
          ...backend,
          authenticateTotpMfaDevice: ({ code }) => backend.authenticateTotpMfaDevice({ code }),
        },
      },
    )
  },
  async invalid_password() {
    await world.enroll('ada')
    return shownBy(
      (flow) => {
        flow.deleteDevice()
        flow.submitPassword('')
      },
      { backend: { ...backendOf('ada'), proofs: { delete: 'password' } } },
    )
  },
  async invalid_passkey() {
    const { status, body } = await personWith(
      world,
      'ada',
      browserWith({}, 'https://evil.example.com'),
    ).register()
    return fromErrorBody(status, body)
  },
  passkey_unsupported: () => passkeysOf('ada').authenticatePasskeyMFA?.({}) ?? hangs(),
  no_passkey: () => passkeysOf('ada').renamePasskey?.({ passkeyId: 'gone', alias: '' }) ?? hangs(),
  async passkey_exists() {
    vi.stubGlobal('PublicKeyCredential', class {})
    vi.stubGlobal('navigator', {
      credentials: { create: () => Promise.reject(new DOMException('', 'InvalidStateError')) },
    })
    return (passkeysOf('ada').registerPasskey?.() ?? hangs()).finally(() => vi.unstubAllGlobals())
  },
  async passkey_limit() {
    await personWith(world, 'ada').register()
    return saidBy('GET', '/users/passkeys/register', { as: 'ada' })
  },
  async reauthentication_required() {
    const before = await world.call('POST', '/externalAuth/signin', { body: { jwt: 'user:ada' } })
    const { id } = await world.enroll('ada')
    world.tick()
    await backendOf('ada').deleteMfaDevice({
      deviceId: id,
      elevatedAccessToken: await world.server.mintElevation({ userId: 'ada', account: 'ada' }, [
        'credential:unlink',
      ]),
    })
    const headers = { authorization: `Bearer ${before.body.minifiedJwt}` }
    return saidBy('GET', '/users/mfa/register/totp', { headers })
  },
  async scope_not_allowed() {
    const { secret } = await world.enroll('ada')
    return backendOf('ada').authenticateTotpMfaDevice({
      code: codeNow(secret),
      requestedScopes: ['world:rule'],
    })
  },
  async mfa_token_disabled() {
    await world.enroll('ada')
    return shownBy((flow) => flow.stepUp([], { createMfaTokenOptions: {} }), { allowMfaToken: false })
  },
  unauthenticated: () => backendOf('NOBODY').getMfaDevices(),
  async csrf_rejected() {
    const cookies = createWorld(() => memoryStore(), { cookieIdentity: () => null })
    const { status, body } = await cookies.call('GET', '/users', { headers: { cookie: 'session=ada' } })
    await cookies.close()
    return fromErrorBody(status, body)
  },
  invalid_external_auth: () => saidBy('POST', '/externalAuth/signin', { body: { jwt: 'nobody' } }),
  bad_request: () => saidBy('POST', '/users/mfa/auth/totp', { as: 'ada', raw: '{' }),
  too_large: () => saidBy('POST', '/users/mfa/auth/totp', { as: 'ada', raw: ' '.repeat(100_000) }),
  not_found: async () => {
    const response = await world.server.fetch(new Request('http://test.local/nowhere'))
    return fromErrorBody(response.status, await response.json())
  },
  not_covered: () => saidBy('POST', '/emailVerifications/create', { as: 'ada', body: {} }),
  method_not_allowed: () => saidBy('PATCH', '/users/mfa', { as: 'ada' }),
  server: () => backendOf('ada', async () => new Response('{}', { status: 500 })).getMfaDevices(),
  network: () => backendOf('ada', () => Promise.reject(new TypeError('fetch failed'))).getMfaDevices(),
  timeout() {
    const clock = new TestClock(world.now)
    const registerTimesOut = (flow: TotpFlow) => {
      flow.register()
      clock.pass(15_000)
    }
    return shownBy(registerTimesOut, {
      clock,
      backend: { ...backendOf('ada'), registerTotpMfaDevice: hangs },
    })
  },
  malformed_response: () => backendOf('ada', async () => new Response('<html>')).getMfaDevices(),
  async not_ready() {
    return shownBy((flow) => flow.submitCode(WRONG))
  },
  cancelled: () => elevatedCall((flow) => flow.cancel()),
  aborted: () => elevatedCall((flow) => flow.stop()),
}

/** A call that needs a code, whose question meets this end. */
async function elevatedCall(end: (flow: TotpFlow) => void): Promise<unknown> {
  await world.enroll('ada')
  const flow = createTotpFlow({ backend: backendOf('ada') })
  await flow.settled()
  const send = world.server.requireElevation('wallet:export')(() => new Response())
  const call = createElevatedFetch(flow, { fetch: (input, init) => send(new Request(input, init)) })
  const result = call('http://test.local/', { headers: { authorization: 'Bearer user:ada' } })
  result.catch(() => {})
  await flow.waitFor(({ showsCodeField }) => showsCodeField)
  end(flow)
  return result.finally(() => flow.stop())
}

const errorOf = (code: TotpErrorCode): Promise<unknown> => ways[code]().catch((error: unknown) => error)

describe.each(errorCodes)('%s', (code) => {
  it('the error occurs, and says in one sentence what happened or what to do', async () => {
    const error = await errorOf(code)
    expect(error).toBeInstanceOf(TotpFlowError)
    if (!(error instanceof TotpFlowError)) return
    expect(error.code).toBe(code)
    expect(error.message).toMatch(/^[A-Z].{15,120}\.$/)
    expect(error.message).not.toMatch(/undefined|null|\{|http|token=|Error/)
  })
})

describe('the promises of an error', () => {
  it('a logged error shows its code, message and retryAt, but neither its cause nor its stack', () => {
    const cause = new Error('secret')
    const error = new TotpFlowError('rate_limited', { retryAt: 5, cause })
    const { message } = error
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: 'TotpFlowError',
      code: 'rate_limited',
      message,
      retryable: true,
      retryAt: 5,
    })
    expect(JSON.parse(JSON.stringify(new TotpFlowError('server', { cause })))).not.toHaveProperty('retryAt')
    expect(inspect(error)).not.toContain('secret')
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, undefined])(
    'an error ignores a retryAt of %s',
    (retryAt) => {
      expect(new TotpFlowError('rate_limited', { retryAt }).retryAt).toBeUndefined()
    },
  )

  it('retryAt lies in the future, and a retry at that time works', async () => {
    const error = await errorOf('rate_limited')
    if (!(error instanceof TotpFlowError)) throw error
    const wait = (error.retryAt ?? 0) - Date.now() // a client counts from when it heard
    expect(wait).toBeGreaterThan(1_000)
    expect(wait).toBeLessThanOrEqual(3_600_000)
    world.now += wait + 1_000
    const again = backendOf('ada').authenticateTotpMfaDevice({ code: WRONG })
    await expect(again).rejects.not.toMatchObject({ code: 'rate_limited' })
  })

  const passing: TotpErrorCode[] = [
    'server',
    'network',
    'timeout',
    'malformed_response',
    'invalid_code',
    'code_reused',
  ]
  it.each(passing)('the error %s is retryable', async (code) => {
    expect(await errorOf(code)).toMatchObject({ code, retryable: true })
  })

  const lasting: TotpErrorCode[] = [
    'device_limit',
    'no_device',
    'proof_required',
    'scope_not_allowed',
    'unauthenticated',
    'device_locked',
  ]
  it.each(lasting)('the error %s is not retryable', async (code) => {
    expect(await errorOf(code)).toMatchObject({ code, retryable: false })
  })
})

it('an error from a thrown value is that value itself, an abort, a time-out, or the fallback', () => {
  const ours = new TotpFlowError('no_device')
  expect(TotpFlowError.from(ours)).toBe(ours)
  const codeOf = (cause: unknown) => TotpFlowError.from(cause, 'network').code
  expect(codeOf(new DOMException('x', 'AbortError'))).toBe('aborted')
  expect(codeOf(new DOMException('x', 'TimeoutError'))).toBe('timeout')
  expect(codeOf(new Error('x'))).toBe('network')
  expect(codeOf('AbortError')).toBe('network')
  const changed = Object.assign(new TotpFlowError('no_device'), { code: 'of-another-version' })
  expect(codeOf(changed)).toBe('network')
  expect(TotpFlowError.from(null).code).toBe('server')
})
