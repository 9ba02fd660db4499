/** The whole statechart through Dynamic's own SDK, over HTTP, against our server, with a real authenticator. */
import {
  type DynamicClient,
  getElevatedAccessToken,
  initializeClient,
  logout,
  onEvent,
  signInWithExternalJwt,
} from '@dynamic-labs-sdk/client'
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { createElevatedFetch } from '../../src/client/elevated-fetch.ts'
import type { TotpBackend } from '../../src/contract/backend.ts'
import { dynamicBackend } from '../../src/dynamic/dynamic-backend.ts'
import { createTotpFlow } from '../../src/flow/create-totp-flow.ts'
import type { TotpFlow } from '../../src/flow/totp-flow.ts'
import { authenticator } from '../../src/testing/authenticator.ts'
import { inMemoryCoreConfig } from '../../src/testing/in-memory-core-config.ts'
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts'
import { dynamicClient, newDynamicClient } from '../support/dynamic-client.ts'
import { oathtool } from '../support/tools.ts'

let server: TestServer
let client: DynamicClient
let backend: TotpBackend
let flow: TotpFlow

beforeEach(async () => {
  server = await startTestServer()
  client = await dynamicClient(server.origin, server.environmentId)
  await signInAs('ann@example.com')
  backend = dynamicBackend(client)
  flow = createTotpFlow({ backend })
  await flow.settled()
})
afterEach(async () => {
  flow.stop()
  await server.close()
})

async function signInAs(account: string): Promise<void> {
  await signInWithExternalJwt({ externalJwt: await server.externalJwt(account) }, client)
}

/** The SDK asks for the settings anew and waits for nobody; the server must still be there for that. */
async function signOut(who = client): Promise<void> {
  const settings = () => server.calls.filter(({ path }) => path === '/settings').length
  const before = settings()
  await logout(who)
  await expect.poll(settings).toBeGreaterThan(before)
}

/** A real authenticator's code, once: the server's clock goes on to the next step after it. */
async function submitCodeOf(secret: string) {
  const code = oathtool(secret, (server.clock.now() - Date.now()) / 1000)
  server.clock.pass(30_000)
  flow.submitCode(code)
  return flow.settled()
}

async function enroll(): Promise<string> {
  flow.register()
  const { registration } = await flow.settled()
  const { secret = '' } = registration?.unseal() ?? {}
  expect(await submitCodeOf(secret)).toMatchObject({ state: 'elevated', error: null })
  return secret
}

it('the flow enrolls after a wrong code, steps up, and removes the device', async () => {
  const done: string[] = []
  for (const type of ['enrolled', 'elevated', 'deleted'] as const) flow.on(type, () => done.push(type))
  expect(flow.getView()).toMatchObject({ state: 'idle', device: null, can: { register: true } })
  flow.register()
  const { secret = '' } = (await flow.settled()).registration?.unseal() ?? {}
  flow.submitCode(authenticator(secret, server).wrongCode())
  expect(await flow.settled()).toMatchObject({ state: 'awaitingCode', error: { code: 'invalid_code' } })
  expect(await submitCodeOf(secret)).toMatchObject({ state: 'elevated', device: { verified: true } })

  flow.stepUp(['wallet:sign'])
  const { elevation } = await submitCodeOf(secret)
  expect(elevation).toMatchObject({ scopes: ['wallet:sign'], singleUse: false })
  expect(getElevatedAccessToken({ scope: 'wallet:sign' }, client)).toEqual(expect.any(String))

  flow.deleteDevice()
  expect(await submitCodeOf(secret)).toMatchObject({ state: 'idle', device: null, error: null })
  expect(done).toEqual(['enrolled', 'elevated', 'elevated', 'deleted'])
  expect(await backend.getMfaDevices()).toEqual([])
})

it('a flow that is created before the SDK has restored its session waits for it', async () => {
  const core = inMemoryCoreConfig(`${server.origin}/api/v0`)
  const before = newDynamicClient(server.environmentId, core)
  await initializeClient(before)
  await signInWithExternalJwt({ externalJwt: await server.externalJwt('bob@example.com') }, before)

  const reloaded = newDynamicClient(server.environmentId, core)
  const initializing = initializeClient(reloaded)
  const early = createTotpFlow({ backend: dynamicBackend(reloaded) })
  onTestFinished(() => early.stop())
  expect(await early.settled()).toMatchObject({ device: null, error: null, can: { register: true } })
  await initializing
  await signOut(reloaded)
  await expect.poll(() => early.getView().can.register).toBe(false)
})

it('a flow works after an initialization of the SDK that failed, once its session is restored', async () => {
  const core = inMemoryCoreConfig(`${server.origin}/api/v0`)
  const before = newDynamicClient(server.environmentId, core)
  await initializeClient(before)
  await signInWithExternalJwt({ externalJwt: await server.externalJwt('bob@example.com') }, before)

  const withoutSettings = {
    ...core.storageAdapter,
    async getItem(key: string) {
      const text = await core.storageAdapter.getItem(key)
      if (text === null || !key.endsWith('_state')) return text
      const stored = JSON.parse(text)
      return JSON.stringify({ ...stored, value: { ...stored.value, projectSettings: null } })
    },
  }
  const offline = async () => {
    throw new TypeError('fetch failed')
  }
  const online = globalThis.fetch
  let request: typeof fetch = offline
  vi.spyOn(console, 'error').mockImplementation(() => {}) // the SDK’s log
  const reloaded = newDynamicClient(server.environmentId, {
    ...core,
    storageAdapter: withoutSettings,
    fetch: (...given: Parameters<typeof fetch>) => request(...given),
  })
  await expect(initializeClient(reloaded)).rejects.toThrow('fetch failed')
  const late = createTotpFlow({ backend: dynamicBackend(reloaded) })
  onTestFinished(() => late.stop())
  expect(await late.settled()).toMatchObject({ error: { code: 'network' } })
  request = online
  late.refresh()
  expect(await late.settled()).toMatchObject({ device: null, error: null })
})

it('the flow leaves elevated tokens to the SDK, and knows their scopes and expiry', async () => {
  const secret = await enroll()
  flow.stepUp(['wallet:export'])
  await submitCodeOf(secret)
  const { elevations } = flow.actor.getSnapshot().context
  const token = getElevatedAccessToken({ scope: 'wallet:export', consume: false }, client) ?? ''
  const { exp } = JSON.parse(atob(token.split('.')[1] ?? ''))
  expect(elevations).toEqual([
    {
      scopes: ['wallet:export'],
      singleUse: true,
      verifiedAt: expect.any(Number),
      expiresAt: exp * 1000,
      token: null,
    },
  ])
})

it('the flow hands out the SDK’s token that covers all scopes, not one that covers some', async () => {
  const secret = await enroll()
  for (const scopes of [['wallet:sign'], ['wallet:sign', 'user:update']] as const) {
    flow.stepUp(scopes)
    await submitCodeOf(secret)
  }
  const claimsOf = (token: string | null) => JSON.parse(atob(token?.split('.')[1] ?? ''))
  const both = claimsOf(flow.takeElevatedToken('wallet:sign', 'user:update'))
  expect(both.scope).toBe('wallet:sign user:update')
  expect(flow.takeElevatedToken('wallet:sign', 'wallet:export')).toBeNull()
})

it('an elevated fetch uses the SDK’s token, and prompts again once it is consumed', async () => {
  const secret = await enroll()
  const guard = server.server.requireElevation('wallet:export')(async () => new Response('the key'))
  const elevatedFetch = createElevatedFetch(flow, {
    origins: ['http://test.local'],
    fetch: (input, init) => guard(new Request(input, init)),
  })
  for (let time = 0; time < 2; time += 1) {
    const answer = elevatedFetch('http://test.local/export', {
      headers: { authorization: `Bearer ${client.token}` },
    })
    await flow.waitFor(({ showsCodeField }) => showsCodeField)
    await submitCodeOf(secret)
    expect(await (await answer).text()).toBe('the key')
  }
})

it('the deprecated MFA token is the client’s, and removes the device', async () => {
  const secret = await enroll()
  flow.stepUp([], { createMfaTokenOptions: { singleUse: true } })
  await submitCodeOf(secret)
  const mfaAuthToken = flow.consumeMfaToken() ?? ''
  expect(mfaAuthToken).toBe(client.mfaToken)
  await backend.deleteMfaDevice({ deviceId: flow.getView().device?.id ?? '', mfaAuthToken })
  flow.release()
  expect(await flow.settled()).toMatchObject({ state: 'idle', device: null })
})

it('the flow shows the recovery codes of an enrollment, and accepts one instead of an app code', async () => {
  await enroll()
  const [code = ''] = flow.getView().recoveryCodes?.unseal() ?? []
  expect(code).toMatch(/^\w{5}-\w{5}-\w{5}$/)
  expect(await flow.checkRecoveryCodes()).toEqual({ count: 10, acknowledged: false })
  await flow.acknowledgeRecoveryCodes()
  expect(await flow.checkRecoveryCodes()).toEqual({ count: 10, acknowledged: true })
  server.clock.pass(3600_000)
  await signInAs('ann@example.com') // without the phone
  flow.stepUp(['wallet:export'])
  flow.submitRecoveryCode(code)
  expect(await flow.settled()).toMatchObject({
    state: 'elevated',
    elevation: { scopes: ['wallet:export'] },
  })
  expect((await backend.getMfaRecoveryCodes?.())?.count).toBe(9)
})

it('the flow waits as long as the service says after too many attempts', async () => {
  const secret = await enroll()
  server.clock.pass(60_000)
  const wrong = authenticator(secret, server).wrongCode()
  flow.stepUp(['wallet:sign'])
  for (let tries = 0; tries < 5; tries += 1) {
    flow.submitCode(wrong)
    await flow.settled()
  }
  flow.submitCode(wrong)
  const { detail, retryAt } = await flow.settled()
  expect(detail).toBe('throttled')
  expect((retryAt ?? 0) - Date.now()).toBeGreaterThan(25_000)
  expect((retryAt ?? 0) - Date.now()).toBeLessThanOrEqual(30_000)
})

it('the SDK still emits its own events', async () => {
  const events: string[] = []
  for (const event of ['mfaCompletionSuccess', 'mfaCompletionFailure'] as const) {
    onEvent({ event, listener: () => void events.push(event) }, client)
  }
  const secret = await enroll()
  flow.stepUp(['wallet:sign'])
  flow.submitCode(authenticator(secret, server).wrongCode())
  await flow.settled()
  expect(events).toEqual(['mfaCompletionSuccess', 'mfaCompletionFailure'])
})

it('a sign-out by the app signs the flow out', async () => {
  await enroll()
  await signOut()
  expect(flow.getView()).toMatchObject({
    state: 'idle',
    device: undefined,
    elevation: null,
    error: { code: 'unauthenticated' },
  })
})

it('another user’s sign-in signs the flow out, which then loads that user’s device', async () => {
  await enroll()
  await signInAs('bob@example.com')
  expect(flow.getView()).toMatchObject({ device: undefined, recoveryCodes: null })
  flow.refresh()
  expect(await flow.settled()).toMatchObject({ state: 'idle', detail: 'ready', device: null })
})

it('a verification, which changes the session of the same user, is not taken for a sign-out', async () => {
  const secret = await enroll()
  flow.stepUp(['wallet:sign'])
  expect((await submitCodeOf(secret)).error).toBeNull()
})

it('a stopped flow does not notice a sign-out', async () => {
  await enroll()
  flow.stop()
  const before = flow.getView()
  await signOut()
  expect(flow.getView()).toBe(before)
})

it('the flow shows the recovery codes of an enrollment that was begun before a reload', async () => {
  const { id, secret } = await backend.registerTotpMfaDevice()
  const afterReload = dynamicBackend(client)
  await afterReload.getMfaDevices()
  const code = oathtool(secret, (server.clock.now() - Date.now()) / 1000)
  const { recoveryCodes } = await afterReload.authenticateTotpMfaDevice({ code, deviceId: id })
  expect(recoveryCodes).toHaveLength(10)
})

it('the backend reports a sign-out when a user leaves or is replaced, and not when one signs in or stays', async () => {
  const fresh = await dynamicClient(server.origin, server.environmentId)
  const heard = vi.fn()
  const stop = dynamicBackend(fresh).onSignedOut?.(heard)
  const signIn = async (account: string) =>
    signInWithExternalJwt({ externalJwt: await server.externalJwt(account) }, fresh)
  await signIn('ann@example.com')
  await signIn('ann@example.com')
  expect(heard).not.toHaveBeenCalled()
  await signIn('bob@example.com')
  expect(heard).toHaveBeenCalledTimes(1)
  await signOut(fresh)
  expect(heard).toHaveBeenCalledTimes(2)
  await signIn('bob@example.com')
  expect(heard).toHaveBeenCalledTimes(2)
  stop?.()
  await signIn('ann@example.com')
  await signOut(fresh)
  expect(heard).toHaveBeenCalledTimes(2)
})

it('an aborted call that still verified an enrollment makes no recovery codes, which nobody would see', async () => {
  const { secret } = await backend.registerTotpMfaDevice()
  const controller = new AbortController()
  const over = vi.spyOn(controller.signal, 'removeEventListener')
  const answer = backend.authenticateTotpMfaDevice(
    { code: oathtool(secret, (server.clock.now() - Date.now()) / 1000) },
    { signal: controller.signal },
  )
  controller.abort()
  await expect(answer).rejects.toMatchObject({ code: 'aborted' })
  await expect.poll(() => over).toHaveBeenCalled() // what it began is done
  expect(await backend.getMfaDevices()).toMatchObject([{ verified: true }])
  expect(server.calls.filter(({ path }) => path.startsWith('/users/mfa/recovery'))).toEqual([])
})

it('a later code makes no new recovery codes, though those of the enrollment were not acknowledged', async () => {
  const secret = await enroll()
  const shown = flow.getView().recoveryCodes?.unseal()
  const asked = () => server.calls.filter(({ path }) => path === '/users/mfa/recovery').length
  const before = asked()
  flow.stepUp(['wallet:sign'])
  expect(await submitCodeOf(secret)).toMatchObject({ state: 'elevated', error: null })
  expect(asked()).toBe(before)
  expect(flow.getView().recoveryCodes?.unseal()).toEqual(shown)
})

it('an aborted call rejects immediately, while the service hangs', async () => {
  server.fail('hang')
  const controller = new AbortController()
  const answer = backend.getMfaDevices({ signal: controller.signal })
  controller.abort()
  await expect(answer).rejects.toMatchObject({ code: 'aborted' })
})

it('a call whose signal is already aborted is never made', async () => {
  await expect(backend.registerTotpMfaDevice({ signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'aborted',
  })
  expect(await backend.getMfaDevices()).toEqual([])
})

it('the aborted call of a cancelled flow changes nothing', async () => {
  server.fail('hang')
  flow.register()
  flow.cancel()
  await flow.settled()
  server.recover()
  expect(flow.getView()).toMatchObject({ state: 'idle', registration: null, error: null })
})

it('the backend uses the most recent client if it is given none', async () => {
  const own = createTotpFlow({ backend: dynamicBackend() })
  onTestFinished(() => own.stop())
  expect(await own.settled()).toMatchObject({ state: 'idle', device: null })
})

it('an approval is refused in words before a code is spent, since the tokens of Dynamic are bound to nothing', async () => {
  const { secret } = await backend.registerTotpMfaDevice()
  const code = authenticator(secret).code()
  const approval = {
    requestedScopes: ['wallet:export'],
    authorizationDetails: [{ type: 'payment' }],
  } as const
  await expect(backend.authenticateTotpMfaDevice({ code, ...approval })).rejects.toMatchObject({
    code: 'bad_request',
    message: 'Dynamic cannot bind an elevation to authorizationDetails.',
  })
  await backend.authenticateTotpMfaDevice({ code })
})
