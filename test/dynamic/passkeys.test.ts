/** Passkeys through Dynamic's own SDK, over HTTP, against an API of this file's, with a browser in the test's hand. */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  createDynamicClient,
  getElevatedAccessToken,
  initializeClient,
  signInWithExternalJwt,
} from '@dynamic-labs-sdk/client'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { dynamicBackend } from '../../src/dynamic/dynamic-backend.ts'
import { createTotpFlow } from '../../src/flow/create-totp-flow.ts'
import { inMemoryCoreConfig } from '../../src/testing/in-memory-core-config.ts'

const SETTINGS = {
  chains: [],
  kyc: [],
  networks: [],
  providers: [],
  sdk: {},
  security: { auth: { storage: [], methods: [] } },
}
const PHONE = {
  id: '11111111-1111-4111-8111-111111111111',
  alias: 'Phone',
  credentialId: 'Y3JlZA',
  origin: 'https://app.example',
  userAgent: 'Test',
  createdAt: '2026-01-01T00:00:00.000Z',
}
const ASSERTION = {
  id: 'Y3JlZA',
  rawId: 'Y3JlZA',
  type: 'public-key',
  clientExtensionResults: {},
  response: { authenticatorData: 'YQ', clientDataJSON: 'Yg', signature: 'Yw' },
}
const ATTESTATION = {
  ...ASSERTION,
  response: { attestationObject: 'YQ', clientDataJSON: 'Yg', transports: ['internal'] },
}
const CREATION = {
  challenge: 'Y2hhbGxlbmdl',
  rp: { id: 'app.example', name: 'App' },
  user: { id: 'dTE', name: 'ann', displayName: 'Ann' },
  pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
  timeout: 60_000,
  excludeCredentials: [],
  authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
  attestation: 'none',
}

const jwt = (claims: object) =>
  [{ alg: 'none' }, claims]
    .map((part) => btoa(JSON.stringify(part)).replace(/=+$/, ''))
    .join('.')
    .concat('.c2ln')

interface Request {
  method: string
  path: string
  body: Record<string, unknown>
  token: string | undefined
}
type Answer = { status?: number; body?: unknown }

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function read(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = ''
  for await (const part of request) text += part
  return text ? JSON.parse(text) : {}
}

/** What a browser does with a passkey; a test has it do something else. */
const browser = {
  isSupported: vi.fn(() => true),
  authenticate: vi.fn(async (_options: unknown): Promise<unknown> => ASSERTION),
  register: vi.fn(async (_options: unknown): Promise<unknown> => ATTESTATION),
}
afterEach(() => {
  for (const call of Object.values(browser)) call.mockReset()
  browser.isSupported.mockReturnValue(true)
  browser.authenticate.mockResolvedValue(ASSERTION)
  browser.register.mockResolvedValue(ATTESTATION)
})

/** The SDK, signed in, with a service whose answers may be changed. */
async function start({ scope = '', ...changed }: { scope?: string } & Record<string, unknown> = {}) {
  const requests: Request[] = []
  const now = Math.floor(Date.now() / 1000)
  const session = {
    user: { id: 'u1', sessionId: 's1', verifiedCredentials: [], scope },
    jwt: jwt({ sub: 'u1', exp: now + 3600 }),
    expiresAt: now + 3600,
    minifiedJwt: jwt({ sub: 'u1', exp: now + 3600 }),
  }
  const won = ({ requestedScopes, createMfaToken }: Record<string, unknown>) => ({
    ...session,
    ...(Array.isArray(requestedScopes) && {
      elevatedAccessToken: jwt({
        sub: 'u1',
        scope: requestedScopes.join(' '),
        exp: now + 300,
        iat: now,
        singleUse: true,
        jti: 'j1',
      }),
    }),
    ...(createMfaToken !== undefined && { mfaToken: 'mfa-token-of-the-test' }),
  })
  const answers: Record<string, (body: Record<string, unknown>) => Answer> = {
    'GET /users/mfa': () => ({ body: { devices: [], userId: 'u1' } }),
    'GET /users/passkeys': () => ({ body: { passkeys: [PHONE], count: 1 } }),
    'GET /users/passkeys/authenticate': () => ({
      body: { challenge: 'Y2hhbGxlbmdl', allowCredentials: [{ id: 'Y3JlZA', type: 'public-key' }] },
    }),
    'POST /users/mfa/auth/passkey': (body) => ({ body: won(body) }),
    'GET /users/passkeys/register': () => ({ body: CREATION }),
    'POST /users/passkeys/register': (body) => ({ body: won(body) }),
    'DELETE /users/passkeys': () => ({ status: 204 }),
    'POST /externalAuth/signin': () => ({ body: session }),
    ...(changed as Record<string, () => Answer>),
  }
  const server = createServer(async (request, response) => {
    const path = (request.url ?? '').replace(/^.*\/sdk\/e/, '').replace(/\?.*/, '')
    if (/^\/(settings|nonces)/.test(path)) return response.end(JSON.stringify({ ...SETTINGS, nonces: [] }))
    const body = await read(request)
    const method = request.method ?? ''
    const token = request.headers['x-dyn-elevated-access-token']
    requests.push({ method, path, body, token: typeof token === 'string' ? token : undefined })
    const { status = 200, body: answered } = answers[`${method} ${path}`]?.(body) ?? { status: 404, body: {} }
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(answered === undefined ? '' : JSON.stringify(answered))
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const client = createDynamicClient({
    environmentId: 'e',
    autoInitialize: false,
    metadata: { name: 'Test', universalLink: 'http://localhost' },
    logLevel: 'error',
    coreConfig: {
      ...inMemoryCoreConfig(`http://127.0.0.1:${port}/api/v0`),
      passkey: browser as never,
    },
  })
  await initializeClient(client)
  await signInWithExternalJwt({ externalJwt: jwt({ sub: 'u1' }) }, client)
  const backend = dynamicBackend(client)
  const to = (path: string) => requests.filter((request) => `${request.method} ${request.path}` === path)
  return { backend, client, requests, to }
}

describe('passkeys through the SDK', () => {
  it('the passkeys are listed with what the SDK tells of them', async () => {
    const { backend } = await start()
    expect(await backend.getPasskeys?.()).toEqual([
      { id: PHONE.id, alias: 'Phone', createdAt: '2026-01-01T00:00:00.000Z' },
    ])
  })

  it.each([
    [404, { code: 'not_covered', error: 'no' }],
    [404, {}],
  ])('a service without passkeys (%i %j) has none of this user', async (status, body) => {
    const { backend } = await start({ 'GET /users/passkeys': () => ({ status, body }) })
    expect(await backend.getPasskeys?.()).toEqual([])
  })

  it('a service that cannot tell the passkeys now is an error, and not without passkeys', async () => {
    const { backend } = await start({ 'GET /users/passkeys': () => ({ status: 503, body: {} }) })
    await expect(backend.getPasskeys?.()).rejects.toMatchObject({ code: 'server' })
  })

  it('a passkey wins an elevation, whose token stays in the SDK’s store', async () => {
    const { backend, client, to } = await start()
    const won = await backend.authenticatePasskeyMFA?.({ requestedScopes: ['wallet:export'] })
    expect(won).toMatchObject({ elevation: { scopes: ['wallet:export'], singleUse: true } })
    expect(won?.elevation).not.toHaveProperty('token')
    expect(won).not.toHaveProperty('mfaToken')
    const stored = getElevatedAccessToken({ scope: 'wallet:export', consume: false }, client)
    expect(stored).toEqual(expect.any(String))
    expect(to('POST /users/mfa/auth/passkey')[0]?.body).toMatchObject({
      id: 'Y3JlZA',
      requestedScopes: ['wallet:export'],
    })
    expect(JSON.stringify(won)).not.toContain(stored)
  })

  it('a passkey without scopes verifies the session, and wins no elevation', async () => {
    const { backend } = await start()
    const won = await backend.authenticatePasskeyMFA?.({})
    expect(won).toEqual({ deviceId: '', sessionExpiresAt: expect.any(Number) })
  })

  it('a passkey wins the deprecated MFA token where that is asked for', async () => {
    const { backend, to } = await start()
    const won = await backend.authenticatePasskeyMFA?.({ createMfaTokenOptions: { singleUse: true } })
    expect(won).toMatchObject({ mfaToken: 'mfa-token-of-the-test' })
    expect(to('POST /users/mfa/auth/passkey')[0]?.body.createMfaToken).toEqual({ singleUse: true })
  })

  it('an approval is refused before the browser asks for anything', async () => {
    const { backend } = await start()
    const bound = { requestedScopes: ['wallet:export'] as const, authorizationDetails: [{ type: 'payment' }] }
    await expect(backend.authenticatePasskeyMFA?.(bound)).rejects.toMatchObject({ code: 'bad_request' })
    expect(browser.authenticate).not.toHaveBeenCalled()
  })

  it('a passkey is renamed by the API client of the SDK, which has no function for it', async () => {
    const { backend, to } = await start({
      'PUT /users/passkeys': () => ({ body: { ...PHONE, alias: 'Tablet' } }),
    })
    await backend.renamePasskey?.({ passkeyId: PHONE.id, alias: 'Tablet' })
    expect(to('PUT /users/passkeys')[0]?.body).toEqual({ id: PHONE.id, alias: 'Tablet' })
  })

  it('a token that the SDK sends itself stays in its store when it is handed out, and others leave it', async () => {
    const { backend, client } = await start()
    for (const scope of ['credential:link', 'wallet:export'] as const) {
      await backend.authenticatePasskeyMFA?.({ requestedScopes: [scope] })
      const token = backend.getElevatedAccessToken?.({ scopes: [scope], consume: true })
      expect(token).toEqual(expect.any(String))
      const left = getElevatedAccessToken({ scope, consume: false }, client)
      expect(left).toBe(scope === 'credential:link' ? token : undefined)
    }
  })

  it('an elevation for it that the SDK holds goes with a passkey that is added, and with one that is removed', async () => {
    const { backend, to } = await start()
    await backend.authenticatePasskeyMFA?.({ requestedScopes: ['credential:link'] })
    await backend.authenticatePasskeyMFA?.({ requestedScopes: ['credential:unlink'] })
    await backend.registerPasskey?.({})
    await backend.deletePasskey?.({ passkeyId: PHONE.id })
    const scopeOf = (token = '..') => JSON.parse(atob(token.split('.')[1] ?? '') || '{}').scope
    expect(scopeOf(to('POST /users/passkeys/register')[0]?.token)).toBe('credential:link')
    expect(to('DELETE /users/passkeys')[0]?.body).toEqual({ passkeyId: PHONE.id })
    expect(scopeOf(to('DELETE /users/passkeys')[0]?.token)).toBe('credential:unlink')
  })
})

const domError = (name: string) => new DOMException('not shown to anybody', name)
describe('what goes wrong with a passkey', () => {
  it.each([
    ['NotAllowedError', 'cancelled'],
    ['AbortError', 'aborted'],
    ['InvalidStateError', 'passkey_exists'],
    ['NotSupportedError', 'passkey_unsupported'],
    ['ConstraintError', 'passkey_unsupported'],
    ['UnknownError', 'server'],
  ])('the browser’s %s is %s, to ask for a passkey and to make one', async (name, code) => {
    const { backend } = await start()
    browser.authenticate.mockRejectedValue(domError(name))
    browser.register.mockRejectedValue(domError(name))
    await expect(backend.authenticatePasskeyMFA?.({})).rejects.toMatchObject({ code })
    await expect(backend.registerPasskey?.()).rejects.toMatchObject({ code })
  })

  it('the library’s own errors are known by the names that it keeps', async () => {
    const { backend } = await start()
    // As its `WebAuthnError` is: of the browser's name, with the browser's error as its cause.
    const cause = domError('NotAllowedError')
    browser.authenticate.mockRejectedValue(
      Object.assign(new Error(cause.message, { cause }), { name: cause.name }),
    )
    await expect(backend.authenticatePasskeyMFA?.({})).rejects.toMatchObject({ code: 'cancelled' })
  })

  it('a page that is not of the RP ID is an error for people, and the console tells the developer why', async () => {
    const told = vi.spyOn(console, 'error').mockImplementation(() => {})
    onTestFinished(() => told.mockRestore())
    const { backend } = await start()
    browser.authenticate.mockRejectedValue(domError('SecurityError'))
    const failure = await backend.authenticatePasskeyMFA?.({}).catch((error) => error)
    expect(failure).toMatchObject({ code: 'passkey_unsupported' })
    expect(failure.message).not.toContain('RP ID')
    expect(String(told.mock.calls[0])).toContain('RP ID')
  })

  it('a browser without WebAuthn is told before anything is asked', async () => {
    const { backend, to } = await start()
    browser.isSupported.mockReturnValue(false)
    const calls = [() => backend.authenticatePasskeyMFA?.({}), () => backend.registerPasskey?.()]
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'passkey_unsupported' })
    expect(to('GET /users/passkeys/authenticate')).toEqual([])
  })

  it('a service that names no passkey leaves the other ways', async () => {
    const { backend } = await start({
      'GET /users/passkeys/authenticate': () => ({ body: { challenge: 'Yw', allowCredentials: [] } }),
    })
    await expect(backend.authenticatePasskeyMFA?.({})).rejects.toMatchObject({
      code: 'invalid_passkey',
      retryable: true,
    })
  })

  it.each([
    [401, {}, 'unauthenticated'],
    [403, { error: 'no', code: 'invalid_passkey' }, 'invalid_passkey'],
    [409, { error: 'no', code: 'passkey_limit' }, 'passkey_limit'],
    [429, {}, 'rate_limited'],
    [503, {}, 'server'],
  ])('the answer %i %j to a passkey is %s', async (status, body, code) => {
    const { backend } = await start({
      'POST /users/mfa/auth/passkey': () => ({ status, body }),
      'POST /users/passkeys/register': () => ({ status, body }),
    })
    await expect(backend.authenticatePasskeyMFA?.({})).rejects.toMatchObject({ code })
    await expect(backend.registerPasskey?.()).rejects.toMatchObject({ code })
  })

  it('an aborted call rejects at once, while the browser still asks: a late answer stays in the SDK', async () => {
    const { backend } = await start()
    const { promise, resolve } = Promise.withResolvers<unknown>()
    browser.authenticate.mockReturnValue(promise)
    const leaving = new AbortController()
    const asked = backend.authenticatePasskeyMFA?.({ requestedScopes: ['wallet:export'] }, leaving)
    await expect.poll(() => browser.authenticate.mock.calls.length).toBe(1)
    leaving.abort()
    await expect(asked).rejects.toMatchObject({ code: 'aborted' })
    resolve(ASSERTION)
  })
})

describe('a user with passkeys and no app at Dynamic', () => {
  async function started(options: Parameters<typeof start>[0] = {}) {
    const { backend } = await start(options)
    const flow = createTotpFlow({ backend })
    onTestFinished(() => flow.stop())
    await flow.settled()
    return flow
  }

  it('a step-up asks for the passkey, over a ceremony that was closed', async () => {
    const flow = await started()
    expect(flow.getView()).toMatchObject({ device: null, passkeys: [{ alias: 'Phone' }], gate: 'open' })
    flow.stepUp(['wallet:export'])
    expect(flow.getView()).toMatchObject({ detail: 'passkey', methods: ['passkey'] })
    browser.authenticate.mockRejectedValueOnce(domError('NotAllowedError'))
    flow.submitPasskey()
    expect(await flow.settled()).toMatchObject({ detail: 'passkey', error: null })
    flow.submitPasskey()
    expect(await flow.settled()).toMatchObject({
      state: 'elevated',
      elevation: { scopes: ['wallet:export'] },
    })
    expect(flow.takeElevatedToken('wallet:export')).toEqual(expect.any(String))
    expect(flow.takeElevatedToken('wallet:export')).toBeNull()
  })

  it('a session that owes a second factor owes a passkey, not an enrollment', async () => {
    const flow = await started({ scope: 'requiresAdditionalAuth' })
    expect(flow.getView().gate).toBe('codeOwed')
    const without = await started({
      scope: 'requiresAdditionalAuth',
      'GET /users/passkeys': () => ({ body: { passkeys: [], count: 0 } }),
    })
    expect(without.getView().gate).toBe('enrollmentOwed')
  })

  it('an app is set up with the elevation that a passkey won for it, which the SDK sends', async () => {
    const registration = {
      id: 'd1',
      uri: 'otpauth://totp/a?secret=JBSWY3DPEHPK3PXP',
      secret: 'JBSWY3DPEHPK3PXP',
    }
    const { backend, to } = await start({ 'GET /users/mfa/register/totp': () => ({ body: registration }) })
    const flow = createTotpFlow({ backend })
    onTestFinished(() => flow.stop())
    await flow.settled()
    flow.stepUp(['credential:link'])
    flow.submitPasskey()
    await flow.settled()
    flow.register()
    expect(await flow.settled()).toMatchObject({ state: 'awaitingCode', intent: 'enroll' })
    expect(to('GET /users/mfa/register/totp')[0]?.token).toEqual(expect.any(String))
  })
})
