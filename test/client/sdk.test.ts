import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  acknowledgeRecoveryCodes,
  authenticateMfaRecoveryCode,
  authenticateTotpMfaDevice,
  checkStepUpAuth,
  consumeMfaToken,
  createNewMfaRecoveryCodes,
  createTotpClient,
  deleteMfaDevice,
  getDefaultClient,
  getElevatedAccessToken,
  getMfaDevices,
  getMfaRecoveryCodes,
  registerTotpMfaDevice,
  setDefaultClient,
  type TotpClient,
} from '../../src/client/sdk.ts'
import type { Authenticator } from '../../src/testing/authenticator.ts'
import { authenticator } from '../../src/testing/authenticator.ts'
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts'

let server: TestServer
let client: TotpClient
beforeEach(async () => {
  server = await startTestServer()
  client = await clientOf('ann@example.com')
})
afterEach(() => server.close())

async function clientOf(account: string): Promise<TotpClient> {
  let token = await server.signIn(account)
  return createTotpClient({
    baseUrl: server.apiBaseUrl,
    environmentId: server.environmentId,
    getAccessToken: () => token,
    onSession: (session) => {
      token = session.token
    },
    clock: server.clock.now,
  })
}

async function enroll(): Promise<{ id: string; phone: Authenticator; recoveryCodes: readonly string[] }> {
  const { uri, id } = await registerTotpMfaDevice()
  const phone = authenticator(uri, { clock: server.clock })
  const { recoveryCodes = [] } = await authenticateTotpMfaDevice({ code: await phone.nextUnused() })
  return { id, phone, recoveryCodes }
}

it('the functions register, verify after a wrong code, list and remove, and attach the elevation automatically', async () => {
  const { uri, secret, id, type } = await registerTotpMfaDevice()
  expect({ type, secret }).toEqual({ type: 'totp', secret: new URL(uri).searchParams.get('secret') })
  const phone = authenticator(uri, { clock: server.clock })
  await expect(authenticateTotpMfaDevice({ code: phone.wrongCode() })).rejects.toMatchObject({
    name: 'TotpFlowError',
    code: 'invalid_code',
  })
  const answer = await authenticateTotpMfaDevice({ code: await phone.nextUnused(), deviceId: id })
  expect(answer).toMatchObject({ user: { id: 'ann@example.com' }, minifiedJwt: expect.any(String) })
  expect(await getMfaDevices()).toEqual([
    {
      id,
      type: 'totp',
      verified: true,
      createdAt: expect.any(Date),
      verifiedAt: expect.any(Date),
      _default: true,
    },
  ])
  await expect(deleteMfaDevice({ deviceId: id })).rejects.toMatchObject({ code: 'proof_required' })
  await authenticateTotpMfaDevice({ code: await phone.nextUnused(), requestedScopes: ['credential:unlink'] })
  await deleteMfaDevice({ deviceId: id })
  expect(await getMfaDevices()).toEqual([])
  expect(getElevatedAccessToken({ scope: 'credential:unlink' })).toBeUndefined()
})

it('the deprecated MFA token is read from the client', async () => {
  const { id, phone } = await enroll()
  expect(client.mfaToken).toBeNull()
  await authenticateTotpMfaDevice({
    code: await phone.nextUnused(),
    createMfaTokenOptions: { singleUse: true },
  })
  const mfaToken = client.mfaToken ?? ''
  await deleteMfaDevice({ deviceId: id, mfaAuthToken: mfaToken })
  expect(await getMfaDevices()).toEqual([])
  expect(consumeMfaToken()).toBe(mfaToken)
  expect(client.mfaToken).toBeNull()
  expect(() => consumeMfaToken()).toThrow(expect.objectContaining({ code: 'not_ready' }))
})

it('checkStepUpAuth makes no request while the client holds the token', async () => {
  const { id, phone } = await enroll()
  expect(await checkStepUpAuth({ scope: 'wallet:sign' })).toMatchObject({
    isRequired: true,
    defaultCredentialId: id,
  })
  await authenticateTotpMfaDevice({ code: await phone.nextUnused(), requestedScopes: ['wallet:sign'] })
  const before = server.calls.length
  expect(await checkStepUpAuth({ scope: 'wallet:sign' })).toEqual({ isRequired: false, credentials: [] })
  expect(server.calls).toHaveLength(before)
})

it('renewing recovery codes requires a proof, and a recovery code replaces an app code', async () => {
  const { phone, recoveryCodes } = await enroll()
  expect(recoveryCodes).toHaveLength(10)
  await acknowledgeRecoveryCodes()
  await expect(createNewMfaRecoveryCodes()).rejects.toMatchObject({ code: 'proof_required' })
  await authenticateTotpMfaDevice({ code: await phone.nextUnused(), requestedScopes: ['credential:update'] })
  const [code = ''] = (await createNewMfaRecoveryCodes()).recoveryCodes
  await authenticateMfaRecoveryCode({ code, requestedScopes: ['wallet:export'] })
  expect(getElevatedAccessToken({ scope: 'wallet:export' })).toEqual(expect.any(String))
  expect(await getMfaRecoveryCodes()).toEqual({ count: 9, recoveryCodes: [], acknowledged: false })
})

it.each(['network', 'server', 'rate_limited'] as const)(
  'a removal that failed with %s keeps its proof for the next try, which consumes it',
  async (failure) => {
    const { id, phone } = await enroll()
    await authenticateTotpMfaDevice({
      code: await phone.nextUnused(),
      requestedScopes: ['credential:unlink'],
    })
    server.fail(failure)
    await expect(deleteMfaDevice({ deviceId: id })).rejects.toMatchObject({ code: failure })
    await deleteMfaDevice({ deviceId: id })
    expect(await getMfaDevices()).toEqual([])
    expect(getElevatedAccessToken({ scope: 'credential:unlink' })).toBeUndefined()
  },
)

it('a proof that the service refused is not held any longer', async () => {
  const { id, phone } = await enroll()
  await authenticateTotpMfaDevice({
    code: await phone.nextUnused(),
    requestedScopes: ['credential:unlink', 'credential:update'],
  })
  server.fail('elevation_required')
  await expect(deleteMfaDevice({ deviceId: id })).rejects.toMatchObject({ code: 'elevation_required' })
  expect(getElevatedAccessToken({ scope: 'credential:update' })).toBeUndefined()
})

it('registering sends the elevation that an enrollment may require', async () => {
  const { phone } = await enroll()
  const token = await server.signIn('ann@example.com')
  let brought: string | null = null
  createTotpClient({
    baseUrl: server.apiBaseUrl,
    environmentId: server.environmentId,
    getAccessToken: () => token,
    fetch(input, init) {
      brought = new Request(input, init).headers.get('x-dyn-elevated-access-token')
      return fetch(input, init)
    },
  })
  const { elevatedAccessToken } = await authenticateTotpMfaDevice({
    code: await phone.nextUnused(),
    requestedScopes: ['credential:link'],
  })
  await expect(registerTotpMfaDevice()).rejects.toMatchObject({ code: 'device_limit' })
  expect(brought).toBe(elevatedAccessToken)
})

describe('the tokens of a client', () => {
  const stepUp = async (phone: Authenticator, ...requestedScopes: `${string}:${string}`[]) =>
    authenticateTotpMfaDevice({ code: await phone.nextUnused(), requestedScopes })

  it('a single-use elevated token is handed out once, and any other one repeatedly', async () => {
    const { phone } = await enroll()
    await stepUp(phone, 'wallet:export')
    const once = getElevatedAccessToken({ scope: 'wallet:export', consume: false })
    expect(getElevatedAccessToken({ scope: 'wallet:export' })).toBe(once)
    expect(getElevatedAccessToken({ scope: 'wallet:export' })).toBeUndefined()
    await stepUp(phone, 'wallet:sign')
    const often = getElevatedAccessToken({ scope: 'wallet:sign' })
    expect(getElevatedAccessToken({ scope: 'wallet:sign' })).toBe(often)
  })

  it('elevated tokens coexist, and a new one replaces that of the same scopes in any order', async () => {
    const { phone } = await enroll()
    await stepUp(phone, 'wallet:sign')
    await stepUp(phone, 'user:update', 'wallet:restore')
    const first = getElevatedAccessToken({ scope: 'wallet:restore' })
    await stepUp(phone, 'wallet:restore', 'user:update')
    expect(getElevatedAccessToken({ scope: 'user:update' })).not.toBe(first)
    expect(getElevatedAccessToken({ scope: 'user:update' })).toBe(
      getElevatedAccessToken({ scope: 'wallet:restore' }),
    )
    expect(getElevatedAccessToken({ scope: 'wallet:sign' })).toEqual(expect.any(String))
  })

  it('elevated tokens expire on time, however wrong the client’s clock is', async () => {
    const { phone } = await enroll()
    let wrong = 3_600_000
    const { apiBaseUrl: baseUrl, environmentId } = server
    const token = await server.signIn('ann@example.com')
    createTotpClient({
      baseUrl,
      environmentId,
      getAccessToken: () => token,
      clock: () => server.clock.now() + wrong,
    })
    await stepUp(phone, 'wallet:sign')
    wrong += 599_000
    expect(getElevatedAccessToken({ scope: 'wallet:sign' })).toEqual(expect.any(String))
    wrong += 2000
    expect(getElevatedAccessToken({ scope: 'wallet:sign' })).toBeUndefined()
  })

  it('a sign-out discards elevated tokens and the MFA token', async () => {
    const { phone } = await enroll()
    await stepUp(phone, 'wallet:sign')
    await authenticateTotpMfaDevice({
      code: await phone.nextUnused(),
      createMfaTokenOptions: { singleUse: false },
    })
    client.clear()
    expect(getElevatedAccessToken({ scope: 'wallet:sign' })).toBeUndefined()
    expect(client.mfaToken).toBeNull()
  })

  it('an answer that arrives after a sign-out adds no tokens', async () => {
    const { phone } = await enroll()
    const answer = authenticateTotpMfaDevice({
      code: await phone.nextUnused(),
      requestedScopes: ['wallet:sign'],
      createMfaTokenOptions: { singleUse: false },
    })
    client.clear()
    await expect(answer).rejects.toMatchObject({ code: 'aborted' })
    expect(getElevatedAccessToken({ scope: 'wallet:sign' })).toBeUndefined()
    expect(client.mfaToken).toBeNull()
  })

  it('elevated tokens belong to one client, and cannot be seen in it', async () => {
    const { phone } = await enroll()
    await stepUp(phone, 'wallet:sign')
    const token = getElevatedAccessToken({ scope: 'wallet:sign' }) ?? '?'
    expect(JSON.stringify(client)).not.toContain(token)
    const other = await clientOf('bob@example.com')
    expect(getElevatedAccessToken({ scope: 'wallet:sign' }, other)).toBeUndefined()
    expect(getElevatedAccessToken({ scope: 'wallet:sign' }, client)).toBe(token)
  })
})

it('the default client is the one that was created or set last', async () => {
  expect(getDefaultClient()).toBe(client)
  const other = await clientOf('bob@example.com')
  expect(getDefaultClient()).toBe(other)
  setDefaultClient(client)
  expect(getDefaultClient()).toBe(client)
  expect(() => getElevatedAccessToken({ scope: 'wallet:sign' }, { mfaToken: null, clear() {} })).toThrow(
    'createTotpClient()',
  )
})

it('a network failure and a throttle are typed errors', async () => {
  server.fail('network')
  await expect(registerTotpMfaDevice()).rejects.toMatchObject({ code: 'network', retryable: true })
  server.fail('rate_limited')
  await expect(getMfaDevices()).rejects.toMatchObject({ code: 'rate_limited', retryAt: expect.any(Number) })
})

describe('a client over a scripted service', () => {
  const claims = { scope: 'wallet:export', exp: 60, singleUse: true }
  const elevatedAccessToken = `h.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.s`
  const answer = { user: { id: 'ada' }, minifiedJwt: 'new', expiresAt: 1_800_000_000 }
  const clientOver = (...answers: object[]) => {
    const sent: Request[] = []
    const sessions: unknown[] = []
    createTotpClient({
      baseUrl: 'http://test.local/api/v0',
      environmentId: 'e',
      getAccessToken: () => 't',
      clock: () => 0,
      onSession: (session) => sessions.push(session),
      async fetch(input, init) {
        sent.push(new Request(input, init))
        const next = answers.shift()
        return next ? Response.json(next) : new Response(null, { status: 204 })
      },
    })
    return { sent, sessions }
  }

  it('a verification gives the host the session token, with its expiry in milliseconds', async () => {
    const { sessions } = clientOver(answer, answer)
    await authenticateTotpMfaDevice({ code: '123456' })
    await authenticateMfaRecoveryCode({ code: 'a' })
    const session = { token: 'new', expiresAt: 1_800_000_000_000 }
    expect(sessions).toEqual([session, session])
  })

  it('an MFA token is kept until it is consumed, and is not sent with a removal automatically', async () => {
    const { sent } = clientOver({ ...answer, mfaToken: 'mfa' }, answer)
    await authenticateTotpMfaDevice({ code: '123456', createMfaTokenOptions: { singleUse: true } })
    await authenticateTotpMfaDevice({ code: '123456' })
    await deleteMfaDevice({ deviceId: 'd' })
    expect(sent.at(-1)?.headers.has('x-mfa-auth-token')).toBe(false)
    expect(consumeMfaToken()).toBe('mfa')
  })

  it('checking whether a token is held does not consume it', async () => {
    clientOver({ ...answer, elevatedAccessToken })
    await authenticateTotpMfaDevice({ code: '123456', requestedScopes: ['wallet:export'] })
    for (const _ of [1, 2]) {
      expect(await checkStepUpAuth({ scope: 'wallet:export' })).toEqual({
        isRequired: false,
        credentials: [],
      })
    }
    expect(getElevatedAccessToken({ scope: 'wallet:export' })).toBe(elevatedAccessToken)
  })
})
