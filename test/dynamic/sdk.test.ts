/** The unmodified SDK against our server, over HTTP, with a real authenticator: what an app on Dynamic gets from it. */
import { readFileSync } from 'node:fs'
import * as sdk from '@dynamic-labs-sdk/client'
import {
  acknowledgeRecoveryCodes,
  authenticateMfaRecoveryCode,
  authenticateTotpMfaDevice,
  checkStepUpAuth,
  createNewMfaRecoveryCodes,
  type DynamicClient,
  deleteMfaDevice,
  getElevatedAccessToken,
  getMfaDevices,
  getMfaMethods,
  getMfaRecoveryCodes,
  isPendingRecoveryCodesAcknowledgment,
  isUserMissingMfaAuth,
  logout,
  onEvent,
  refreshAuth,
  refreshUser,
  registerTotpMfaDevice,
  setDefaultMfaDevice,
  signInWithExternalJwt,
  TokenScope,
} from '@dynamic-labs-sdk/client'
import { afterEach, beforeEach, expect, inject, it, onTestFinished, vi } from 'vitest'
import * as ours from '../../src/client/index.ts'
import { authenticator } from '../../src/testing/authenticator.ts'
import { startTestServer, type TestServer, type TestServerOptions } from '../../src/testing/test-server.ts'
import { dynamicClient } from '../support/dynamic-client.ts'
import { oathtool } from '../support/tools.ts'

let server: TestServer
let client: DynamicClient

async function start(options: TestServerOptions = {}): Promise<void> {
  server = await startTestServer(options)
  client = await signedIn('ann@example.com')
}
beforeEach(() => start())
afterEach(() => server.close())

async function signedIn(account: string): Promise<DynamicClient> {
  const client = await dynamicClient(server.origin, server.environmentId)
  await signInWithExternalJwt({ externalJwt: await server.externalJwt(account) }, client)
  return client
}

/** A real authenticator's code, once: the server's clock goes on to the next step after it. */
function codeOf(secret: string): string {
  const code = oathtool(secret, (server.clock.now() - Date.now()) / 1000)
  server.clock.pass(30_000)
  return code
}

async function enrolled(): Promise<{ id: string; secret: string }> {
  const { id, secret } = await registerTotpMfaDevice(client)
  await authenticateTotpMfaDevice({ code: codeOf(secret), deviceId: id }, client)
  return { id, secret }
}

/** Of which the SDK publishes no type. */
interface SdkError extends Error {
  status?: number
  code: string
  payload?: { reason?: string; retryAfter?: number }
}

const errorOf = (promise: Promise<unknown>): Promise<SdkError> =>
  promise.then(
    () => expect.unreachable('it should have been refused'),
    (error) => error,
  )

it('this run uses the version of the SDK that it names', async () => {
  const fetched = vi.spyOn(globalThis, 'fetch')
  onTestFinished(() => fetched.mockRestore())
  await getMfaDevices(await signedIn('bob@example.com'))
  const sent = fetched.mock.calls.map(([, init]) => new Headers(init?.headers).get('x-dyn-version'))
  expect(sent).toContain(`ClientSDK/${inject('sdkVersion')}`)
})

it('walks the whole way: sign-in, enrollment, wrong code, step-up, MFA token, devices, removal', async () => {
  expect(client.user).toMatchObject({ id: 'ann@example.com', email: 'ann@example.com' })
  const registration = await registerTotpMfaDevice(client)
  expect(registration).toMatchObject({ type: 'totp', uri: expect.stringContaining('otpauth://totp/') })
  const { id, secret } = registration

  expect(await errorOf(authenticateTotpMfaDevice({ code: '12345a' }, client))).toMatchObject({ status: 400 })
  const wrong = authenticator(secret, server).wrongCode()
  expect((await errorOf(authenticateTotpMfaDevice({ code: wrong }, client))).name).toBe('MfaInvalidOtpError')
  await authenticateTotpMfaDevice({ code: codeOf(secret) }, client)

  expect(getElevatedAccessToken({ scope: 'wallet:export' }, client)).toBeUndefined()
  const requestedScopes = [TokenScope.Walletexport]
  const { elevatedAccessToken } = await authenticateTotpMfaDevice(
    { code: codeOf(secret), requestedScopes },
    client,
  )
  expect(getElevatedAccessToken({ scope: 'wallet:export', consume: false }, client)).toBe(elevatedAccessToken)
  expect(getElevatedAccessToken({ scope: 'wallet:export' }, client)).toBe(elevatedAccessToken)
  expect(getElevatedAccessToken({ scope: 'wallet:export' }, client)).toBeUndefined()

  await authenticateTotpMfaDevice(
    { code: codeOf(secret), createMfaTokenOptions: { singleUse: true } },
    client,
  )
  expect(client.mfaToken).toEqual(expect.any(String))
  expect(await getMfaDevices(client)).toEqual([
    {
      id,
      type: 'totp',
      verified: true,
      createdAt: expect.any(Date),
      verifiedAt: expect.any(Date),
      _default: true,
    },
  ])
  await deleteMfaDevice({ deviceId: id, mfaAuthToken: client.mfaToken ?? '' }, client)
  expect(await getMfaDevices(client)).toEqual([])
})

it('a removal uses the elevation that the SDK holds, and consumes it', async () => {
  const { id, secret } = await enrolled()
  await authenticateTotpMfaDevice(
    { code: codeOf(secret), requestedScopes: [TokenScope.Credentialunlink] },
    client,
  )
  await deleteMfaDevice({ deviceId: id }, client)
  expect(await getMfaDevices(client)).toEqual([])
  expect(getElevatedAccessToken({ scope: 'credential:unlink' }, client)).toBeUndefined()
})

it('a removal accepts an MFA token once', async () => {
  const { id, secret } = await enrolled()
  await authenticateTotpMfaDevice(
    { code: codeOf(secret), createMfaTokenOptions: { singleUse: true } },
    client,
  )
  const mfaAuthToken = client.mfaToken ?? ''
  await deleteMfaDevice({ deviceId: id, mfaAuthToken }, client)
  const again = await enrolled()
  expect(await errorOf(deleteMfaDevice({ deviceId: again.id, mfaAuthToken }, client))).toMatchObject({
    status: 403,
    code: 'proof_required',
  })
})

it('a removal without proof is refused by the SDK already', async () => {
  const { id } = await enrolled()
  expect((await errorOf(deleteMfaDevice({ deviceId: id }, client))).name).toBe('ValueMustBeDefined')
})

it('recovery codes can be shown after the enrollment, acknowledged, and used instead of an app code', async () => {
  await enrolled()
  expect(isPendingRecoveryCodesAcknowledgment(client)).toBe(true)
  expect(await getMfaRecoveryCodes(client)).toMatchObject({ count: 10, recoveryCodes: [] })
  const { recoveryCodes } = await createNewMfaRecoveryCodes(client)
  expect(recoveryCodes).toHaveLength(10)
  await acknowledgeRecoveryCodes(client)
  expect(isPendingRecoveryCodesAcknowledgment(client)).toBe(false)

  // Made without a proof, they win nothing in the session that made them.
  const [code = ''] = recoveryCodes
  const requestedScopes = [TokenScope.Walletexport]
  const early = await errorOf(authenticateMfaRecoveryCode({ code, requestedScopes }, client))
  expect(early.name).toBe('MfaInvalidOtpError')
  server.clock.pass(3600_000)
  client = await signedIn('ann@example.com')
  await authenticateMfaRecoveryCode({ code, requestedScopes }, client)
  expect(getElevatedAccessToken({ scope: 'wallet:export' }, client)).toEqual(expect.any(String))
  expect((await errorOf(authenticateMfaRecoveryCode({ code }, client))).name).toBe('MfaInvalidOtpError')
  expect((await getMfaRecoveryCodes(client)).count).toBe(9)
})

it('every step-up check of the SDK requires a code until the scope is granted', async () => {
  const { id, secret } = await enrolled()
  const scope = TokenScope.Walletsign
  expect(await checkStepUpAuth({ scope }, client)).toMatchObject({
    isRequired: true,
    defaultCredentialId: id,
    credentials: [{ id, format: 'totp' }],
  })
  await authenticateTotpMfaDevice({ code: codeOf(secret), requestedScopes: [scope] }, client)
  expect(await checkStepUpAuth({ scope }, client)).toMatchObject({ isRequired: false })
})

it('the token that the SDK hands out passes a guarded handler of the host', async () => {
  const { secret } = await enrolled()
  await authenticateTotpMfaDevice(
    { code: codeOf(secret), requestedScopes: [TokenScope.Walletexport] },
    client,
  )
  const token = getElevatedAccessToken({ scope: 'wallet:export' }, client) ?? ''
  const exportKey = server.server.requireElevation('wallet:export')(async () => new Response('the key'))
  const ask = () =>
    exportKey(
      new Request('http://test.local/export', {
        headers: { authorization: `Bearer ${client.token}`, 'x-dyn-elevated-access-token': token },
      }),
    )
  expect(await (await ask()).text()).toBe('the key')
  expect((await ask()).status).toBe(401)
})

it('an enrollment requires a step-up if the policy says so', async () => {
  await server.close()
  await start({ stepUp: { register: 'required' } })
  expect(await errorOf(registerTotpMfaDevice(client))).toMatchObject({
    status: 401,
    code: 'elevation_required',
  })
})

it('an error has its finer reason, and the time to retry, where the SDK looks for them', async () => {
  const { secret } = await enrolled()
  const code = codeOf(secret)
  await authenticateTotpMfaDevice({ code }, client)
  const reused = await errorOf(authenticateTotpMfaDevice({ code }, client))
  expect(reused).toMatchObject({ name: 'MfaInvalidOtpError', cause: { payload: { reason: 'code_reused' } } })
  const wrong = authenticator(secret, server).wrongCode()
  for (let tries = 0; tries < 5; tries += 1) await errorOf(authenticateTotpMfaDevice({ code: wrong }, client))
  expect(await errorOf(authenticateTotpMfaDevice({ code: wrong }, client))).toMatchObject({
    name: 'MfaRateLimitedError',
    cause: { status: 429, payload: { reason: 'rate_limited', retryAfter: expect.any(Number) } },
  })
})

it('the SDK sees that a session owes a second factor until a code was verified', async () => {
  await server.close()
  await start({ mfaRequired: true })
  expect(isUserMissingMfaAuth(client)).toBe(true)
  await enrolled()
  expect(isUserMissingMfaAuth(client)).toBe(false)
})

it('raises the SDK’s MFA events, and refreshes and ends a session', async () => {
  const events: string[] = []
  for (const event of ['mfaCompletionSuccess', 'mfaCompletionFailure', 'logout'] as const) {
    onEvent({ event, listener: () => void events.push(event) }, client)
  }
  const { id, secret } = await enrolled()
  const code = authenticator(secret, server).wrongCode()
  await errorOf(authenticateTotpMfaDevice({ code, deviceId: id }, client))
  await setDefaultMfaDevice({ deviceId: id }, client)
  expect(await getMfaMethods(client)).toMatchObject({ userHasVerifiedMfaMethods: true, passkeys: [] })
  await refreshAuth(client)
  await refreshUser(client)
  const { token } = client
  await logout(client)
  expect(events).toEqual(['mfaCompletionSuccess', 'mfaCompletionFailure', 'logout'])
  // The SDK asks for the settings anew and waits for nobody; the server must still be there for that.
  await expect.poll(() => server.calls.filter(({ path }) => path === '/settings')).toHaveLength(2)
  const afterwards = await fetch(`${server.apiBaseUrl}/sdk/${server.environmentId}/users`, {
    headers: { authorization: `Bearer ${token}` },
  })
  expect(afterwards.status).toBe(401)
})

it('totp-flow/client has every function of the SDK for apps, recovery codes and step-up that docs/migrating.md does not call missing', () => {
  const page = readFileSync('docs/migrating.md', 'utf8')
  const names = Object.keys(sdk).filter((name) => /^[a-z].*(Mfa|RecoveryCode|StepUp|Elevated)/.test(name))
  expect(names.length).toBeGreaterThan(12)
  expect(names.filter((name) => !(name in ours) && !page.includes(`\`${name}\``))).toEqual([])
})
