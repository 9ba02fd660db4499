import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { TotpBackend } from '../../src/contract/backend.ts'
import { type TotpErrorCode, TotpFlowError } from '../../src/contract/errors.ts'
import { toErrorBody } from '../../src/contract/wire/error-body.ts'
import { dynamicBackend } from '../../src/dynamic/dynamic-backend.ts'
import { badAnswers, send } from '../support/bad-answers.ts'
import { dynamicClient } from '../support/dynamic-client.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

it('a missing client is a typed error', () => {
  expect(() => dynamicBackend()).toThrow(
    expect.objectContaining({ code: 'not_ready', message: expect.stringContaining('createDynamicClient') }),
  )
})

const SETTINGS = {
  chains: [],
  kyc: [],
  networks: [],
  providers: [],
  sdk: {},
  security: { auth: { storage: [], methods: [] } },
}

/** The SDK with a service that lets it start and then answers as the test decides. */
async function answering(listener: RequestListener): Promise<TotpBackend> {
  let isStarted = false
  const server = createServer((request, response) => {
    isStarted ||= request.url?.includes('/nonces') === true
    if (/\/(settings|nonces)/.test(request.url ?? ''))
      response.end(JSON.stringify({ ...SETTINGS, nonces: [] }))
    else listener(request, response)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const client = await dynamicClient(`http://127.0.0.1:${port}`, 'e')
  await expect.poll(() => isStarted).toBe(true) // it asks for nonces in its own time
  return dynamicBackend(client)
}

const methods: [string, (backend: TotpBackend) => Promise<unknown>][] = [
  ['getMfaDevices', (backend) => backend.getMfaDevices()],
  ['registerTotpMfaDevice', (backend) => backend.registerTotpMfaDevice()],
  [
    'authenticateTotpMfaDevice',
    (backend) => backend.authenticateTotpMfaDevice({ code: '123456', deviceId: 'd' }),
  ],
]

async function errorOf(promise: Promise<unknown>): Promise<TotpFlowError> {
  const error: unknown = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (error instanceof TotpFlowError) return error
  throw new Error('it should have been rejected with an error of ours', { cause: error })
}

describe.each(methods)('%s', (_name, call) => {
  it.each(badAnswers)('the backend turns %s into one typed error', async (_what, listener, code) => {
    const error = await errorOf(call(await answering(listener)))
    expect(error).toMatchObject({ code, message: new TotpFlowError(error.code).message })
  })
})

const said: TotpErrorCode[] = [
  'invalid_code',
  'code_reused',
  'rate_limited',
  'device_locked',
  'device_limit',
  'no_device',
  'device_replaced',
  'proof_required',
  'elevation_required',
  'elevation_expired',
  'scope_not_allowed',
  'mfa_token_disabled',
  'unauthenticated',
  'invalid_external_auth',
  'bad_request',
  'server',
]
it.each(said)('the backend passes %s on as the server says it', async (code) => {
  const { status } = new TotpFlowError(code)
  const backend = await answering(send(status, JSON.stringify(toErrorBody(new TotpFlowError(code)))))
  expect((await errorOf(backend.registerTotpMfaDevice())).code).toBe(code)
})

it.each([
  ['mfa_invalid_code', 400, 'invalid_code'],
  ['mfa_rate_limited', 429, 'rate_limited'],
  ['invalid_external_auth', 401, 'invalid_external_auth'],
  ['sandbox_maximum_threshold_reached', 403, 'proof_required'],
  ['something_new', 400, 'bad_request'],
  ['something_new', 403, 'proof_required'],
  ['something_new', 401, 'unauthenticated'],
])('the backend understands %s with %i as Dynamic’s service says it', async (code, status, ours) => {
  const backend = await answering(send(status, JSON.stringify({ error: 'no', code })))
  expect((await errorOf(backend.registerTotpMfaDevice())).code).toBe(ours)
})

it('the backend reads the time to retry from the body or the header', async () => {
  for (const seconds of [90, 0]) {
    const limited = JSON.stringify(toErrorBody(new TotpFlowError('rate_limited'), seconds))
    for (const answer of [send(429, limited), send(429, '', { 'retry-after': String(seconds) })]) {
      const before = Date.now()
      const { code, retryAt = 0 } = await errorOf((await answering(answer)).registerTotpMfaDevice())
      expect(code).toBe('rate_limited')
      expect(retryAt - before).toBeGreaterThanOrEqual(seconds * 1000)
      expect(retryAt - Date.now()).toBeLessThanOrEqual(seconds * 1000)
    }
  }
})

it('a removal without proof asks for one', async () => {
  const backend = await answering(send(500, ''))
  expect((await errorOf(backend.deleteMfaDevice({ deviceId: 'd' }))).code).toBe('proof_required')
})

it('a service that is not there is a network error, and no message quotes what was sent', async () => {
  const backend = await answering((request) => request.socket.destroy())
  const error = await errorOf(backend.authenticateTotpMfaDevice({ code: '123456', deviceId: 'd' }))
  expect(error).toMatchObject({ code: 'network', retryable: true })
  expect(JSON.stringify(error)).not.toContain('123456')
})

it('a passkey is no authenticator app', async () => {
  const device = { verified: true, createdAt: '2026-01-01T00:00:00.000Z' }
  const devices = [
    { ...device, id: 'p', type: 'passkey' },
    { ...device, id: 't', type: 'totp' },
  ]
  const both = await answering(send(200, JSON.stringify({ count: 2, devices })))
  expect((await both.getMfaDevices()).map(({ id }) => id)).toEqual(['t'])
  const passkeys = await answering(send(200, JSON.stringify({ count: 1, devices: devices.slice(0, 1) })))
  expect(await passkeys.getMfaDevices()).toEqual([])
})
