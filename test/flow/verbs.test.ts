import { afterEach, describe, expect, it, vi } from 'vitest'
import type { TotpBackend } from '../../src/contract/backend.ts'
import { TotpFlowError } from '../../src/contract/errors.ts'
import type { Scope } from '../../src/contract/scopes.ts'
import { createTotpFlow } from '../../src/flow/create-totp-flow.ts'
import type { TotpFlow, TotpFlowOptions } from '../../src/flow/totp-flow.ts'
import type { TotpView } from '../../src/flow/view.ts'
import { TestClock } from '../../src/testing/test-clock.ts'
import { RECOVERY_CODES, RIGHT_CODE, SECRET, scriptedBackend, TOKEN } from './scripted-backend.ts'

const NOW = Date.UTC(2026, 0, 1)
const CREATED = '2025-01-01T00:00:00.000Z'
const device = (id: string, verified: boolean) =>
  ({ id, type: 'totp', verified, createdAt: CREATED, ...(verified && { verifiedAt: CREATED }) }) as const

let flow: TotpFlow
afterEach(() => flow.stop())

async function start(
  options: { devices?: readonly unknown[]; more?: Partial<TotpBackend> } & Partial<TotpFlowOptions>,
) {
  const { devices = [], more = {}, ...rest } = options
  const clock = new TestClock(NOW)
  const backend = scriptedBackend({ now: () => clock.now() })
  backend.next('getMfaDevices', async () => devices)
  flow = createTotpFlow({ backend: { ...backend, ...more }, clock, ...rest })
  await flow.settled()
  const paramsOf = (name: keyof TotpBackend) => backend.calls.findLast((call) => call.name === name)?.params
  return { backend, clock, paramsOf }
}

async function typed(code = RIGHT_CODE): Promise<void> {
  flow.submitCode(code)
  await flow.settled()
}

it.each([
  ['the verified one of several', [device('a', false), device('b', true)], 'b'],
  ['the first if none is verified', [device('a', false), device('b', false)], 'a'],
])('the user’s device is %s', async (_, devices, id) => {
  await start({ devices })
  expect(flow.getView().device?.id).toBe(id)
})

it('a code is sent for the device that is being set up, whatever was pending before', async () => {
  const { paramsOf } = await start({ devices: [device('old', false)] })
  flow.register()
  await flow.settled()
  await typed()
  expect(paramsOf('authenticateTotpMfaDevice')).toEqual({ code: RIGHT_CODE, deviceId: 'd1' })
})

it('after a reload, a code is still sent for the device that is being set up, whatever was pending before', async () => {
  const devices = [device('old', false)]
  await start({ devices })
  flow.register()
  await flow.settled()
  const restore = JSON.parse(JSON.stringify(flow.persist()))
  flow.stop()
  const { paramsOf } = await start({ devices, restore })
  await typed()
  expect(paramsOf('authenticateTotpMfaDevice')).toEqual({ code: RIGHT_CODE, deviceId: 'd1' })
})

it('a code is sent for no named device if a reload has left none to name', async () => {
  const resumable = { intent: { kind: 'enroll' }, device: null, retryAt: null }
  const { paramsOf } = await start({ restore: { version: 1, resumable } })
  await typed()
  expect(paramsOf('authenticateTotpMfaDevice')).toEqual({ code: RIGHT_CODE })
})

it('a code is sent for the kind of MFA token that was requested before a reload', async () => {
  const intent = { kind: 'stepUp', mfaToken: { singleUse: true } }
  const resumable = { intent, device: device('d1', true), retryAt: null }
  const { paramsOf } = await start({ restore: { version: 1, resumable } })
  await typed()
  expect(paramsOf('authenticateTotpMfaDevice')).toMatchObject({
    createMfaTokenOptions: { singleUse: true },
  })
})

it('a code is sent for the requested scopes, and for none if none were requested', async () => {
  const { paramsOf } = await start({ devices: [device('d1', true)] })
  flow.stepUp(['wallet:export', 'wallet:sign'])
  await typed()
  const scopes = ['wallet:export', 'wallet:sign']
  expect(paramsOf('authenticateTotpMfaDevice')).toEqual({
    code: RIGHT_CODE,
    deviceId: 'd1',
    requestedScopes: scopes,
  })
  flow.stepUp([], { fresh: true })
  await typed()
  expect(paramsOf('authenticateTotpMfaDevice')).toEqual({ code: RIGHT_CODE, deviceId: 'd1' })
})

it('a code is sent for the scopes as requested, even if the host changes its list later', async () => {
  const { paramsOf } = await start({ devices: [device('d1', true)] })
  const scopes: Scope[] = ['wallet:export']
  flow.stepUp(scopes)
  scopes.push('wallet:sign')
  expect(flow.getView().requestedScopes).toEqual(['wallet:export'])
  await typed()
  expect(paramsOf('authenticateTotpMfaDevice')).toMatchObject({ requestedScopes: ['wallet:export'] })
})

it('a code for a removal is sent for the scope to remove, or for an MFA token', async () => {
  const { backend, paramsOf } = await start({ devices: [device('d1', true)] })
  flow.deleteDevice()
  backend.fails('deleteMfaDevice', new TotpFlowError('network'))
  await typed()
  const sent = { code: RIGHT_CODE, deviceId: 'd1' }
  expect(paramsOf('authenticateTotpMfaDevice')).toEqual({ ...sent, requestedScopes: ['credential:unlink'] })
  flow.release()
  await flow.settled()
  backend.next('getMfaDevices', async () => [device('d1', true)])
  flow.refresh()
  await flow.settled()
  flow.deleteDevice({ createMfaTokenOptions: { singleUse: true } })
  await typed()
  const createMfaTokenOptions = { singleUse: true }
  expect(paramsOf('authenticateTotpMfaDevice')).toEqual({ ...sent, createMfaTokenOptions })
})

it('authenticate() sends a code with what it requests', async () => {
  const { paramsOf } = await start({ devices: [device('d', true)] })
  const createMfaTokenOptions = { singleUse: true }
  flow.authenticate({ code: RIGHT_CODE, createMfaTokenOptions })
  await flow.settled()
  expect(paramsOf('authenticateTotpMfaDevice')).toEqual({
    code: RIGHT_CODE,
    deviceId: 'd',
    createMfaTokenOptions,
  })
})

it('authenticate() sends a code with the context, the age and the details that it requests', async () => {
  const { paramsOf } = await start({ devices: [device('a', true)] })
  const requested = {
    requestedScopes: ['wallet:export'] as const,
    acrValues: ['aal2'],
    maxAge: 60,
    authorizationDetails: [{ type: 'payment' }],
  }
  flow.authenticate({ code: RIGHT_CODE, deviceId: 'another', ...requested })
  await flow.settled()
  expect(paramsOf('authenticateTotpMfaDevice')).toMatchObject({ ...requested, deviceId: 'a' })
})

it('authenticate() sends a code for the step-up that has begun', async () => {
  const { paramsOf } = await start({ devices: [device('d', true)] })
  const failed = vi.fn()
  flow.on('failed', failed)
  flow.stepUp(['wallet:export'])
  flow.authenticate({ code: RIGHT_CODE })
  await flow.settled()
  expect(failed).not.toHaveBeenCalled()
  expect(paramsOf('authenticateTotpMfaDevice')).toMatchObject({ requestedScopes: ['wallet:export'] })
})

it('authenticate() sends no code if there is no authenticator', async () => {
  const { paramsOf } = await start({})
  flow.authenticate({ code: RIGHT_CODE })
  expect(flow.getView()).toMatchObject({ state: 'idle', error: { code: 'no_device' } })
  expect(paramsOf('authenticateTotpMfaDevice')).toBeUndefined()
})

describe('a right code', () => {
  const now = new Date(NOW).toISOString()

  it('a right code makes the setup the user’s new device', async () => {
    await start({ devices: [device('old', false)] })
    flow.register()
    await flow.settled()
    await typed()
    const made = { id: 'd1', type: 'totp', verified: true, verifiedAt: now } // and nothing of when it was made
    expect(flow.getView().device).toEqual(made)
  })

  it('a right code verifies the pending device', async () => {
    const resumable = { intent: { kind: 'enroll' }, device: device('d1', false), retryAt: null }
    await start({ restore: { version: 1, resumable } })
    await typed()
    expect(flow.getView().device).toEqual({ ...device('d1', false), verified: true, verifiedAt: now })
  })

  it('a right code adds no date to a verified device that has none', async () => {
    const undated = { id: 'd1', type: 'totp', verified: true }
    await start({ devices: [undated] })
    flow.stepUp(['wallet:export'])
    await typed()
    expect(flow.getView().state).toBe('elevated')
    expect(flow.getView().device).toEqual(undated)
  })

  it('a right code leaves a verified device unchanged', async () => {
    await start({ devices: [device('d1', true)] })
    flow.stepUp(['wallet:export'])
    await typed()
    expect(flow.getView().device).toEqual(device('d1', true))
  })
})

describe('the host hears', () => {
  const heard = <Type extends Parameters<TotpFlow['on']>[0]>(type: Type) => {
    const listener = vi.fn()
    const leave = flow.on(type, listener)
    return { listener, leave }
  }

  it('the host hears what a code granted, until it unsubscribes', async () => {
    await start({ devices: [device('d', true)] })
    const { listener, leave } = heard('elevated')
    flow.stepUp(['wallet:export'])
    await typed()
    const won = { scopes: ['wallet:export'], expiresAt: NOW + 300_000, singleUse: true }
    expect(listener).toHaveBeenCalledExactlyOnceWith({ type: 'elevated', ...won })
    leave()
    flow.stepUp([], { fresh: true })
    await typed()
    expect(listener).toHaveBeenCalledOnce()
  })

  it('the host hears when a code verified the session and granted no scope', async () => {
    await start({ devices: [device('d', true)] })
    const { listener } = heard('elevated')
    flow.stepUp([])
    await typed()
    const session = { scopes: [], expiresAt: NOW + 3_600_000, singleUse: false }
    expect(listener).toHaveBeenCalledExactlyOnceWith({ type: 'elevated', ...session })
  })

  it('the host hears of a failure by its code', async () => {
    await start({ devices: [device('d', true)] })
    const { listener } = heard('failed')
    flow.stepUp(['wallet:export'])
    await typed('000000')
    expect(listener).toHaveBeenCalledExactlyOnceWith({ type: 'failed', code: 'invalid_code' })
  })

  it('the host hears that the MFA token is deprecated, and what replaces it', async () => {
    await start({ devices: [device('d', true)] })
    const { listener } = heard('deprecation')
    flow.stepUp([], { createMfaTokenOptions: {} })
    expect(listener).toHaveBeenCalledExactlyOnceWith({
      type: 'deprecation',
      message: expect.stringContaining('requestedScopes'),
    })
  })

  it('the host hears of every change until it unsubscribes', async () => {
    await start({ devices: [device('d', true)] })
    const listener = vi.fn()
    const leave = flow.subscribe(listener)
    flow.stepUp(['wallet:export'])
    expect(listener).toHaveBeenCalledOnce()
    leave()
    flow.cancel()
    expect(listener).toHaveBeenCalledOnce()
  })
})

it('a view stays the same object even if a waiting caller receives an older one', async () => {
  await start({ devices: [device('d', true)] })
  const seen = flow.waitFor(({ state }) => state === 'elevated')
  let later: TotpView | undefined
  flow.on('elevated', () =>
    queueMicrotask(() => {
      flow.release()
      later = flow.getView()
    }),
  )
  flow.stepUp(['wallet:export'])
  flow.submitCode(RIGHT_CODE)
  expect((await seen).state).toBe('elevated')
  expect(later?.state).toBe('idle')
  expect(flow.getView()).toBe(later)
})

it('a view stays the same object once the flow has stopped', async () => {
  await start({ devices: [device('d', true)] })
  const view = flow.getView()
  flow.stop()
  expect(flow.getView()).toBe(view)
})

it('stopping the flow during an enrollment removes the secret and the code field from the view', async () => {
  await start({})
  flow.register()
  await flow.settled()
  const told: (object | null)[] = []
  flow.subscribe(() => told.push(flow.getView().registration))
  flow.stop()
  expect(flow.getView()).toMatchObject({ showsCodeField: false, registration: null, recoveryCodes: null })
  expect(told).toEqual([null])
})

describe('view.can', () => {
  const nothing = {
    register: false,
    submitCode: false,
    submitPassword: false,
    submitRecoveryCode: false,
    submitPasskey: false,
    stepUp: false,
    deleteDevice: false,
    cancel: false,
    refresh: false,
  }

  it('view.can says what the chart would accept, state by state', async () => {
    await start({})
    expect(flow.getView().can).toEqual({ ...nothing, register: true, refresh: true })
    flow.register()
    expect(flow.getView().can).toEqual({ ...nothing, cancel: true })
    await flow.settled()
    expect(flow.getView().can).toEqual({ ...nothing, register: true, submitCode: true, cancel: true })
  })

  it('view.can is computed once for each view', async () => {
    await start({})
    const view = flow.getView()
    expect(view.can).toBe(view.can)
    expect({ ...view }.can).toBe(view.can)
  })
})

describe('a recovery code', () => {
  const authenticateMfaRecoveryCode = vi.fn<NonNullable<TotpBackend['authenticateMfaRecoveryCode']>>()
  const acknowledgeRecoveryCodes = vi.fn<NonNullable<TotpBackend['acknowledgeRecoveryCodes']>>()
  afterEach(() => vi.resetAllMocks())

  async function startRecovering(devices = [device('d', true)]) {
    const more = { authenticateMfaRecoveryCode, acknowledgeRecoveryCodes }
    const elevation = { scopes: ['wallet:export'], expiresAt: NOW + 300_000, singleUse: true, token: TOKEN }
    const sessionExpiresAt = NOW + 3_600_000
    const recoveryCodes = [...RECOVERY_CODES]
    authenticateMfaRecoveryCode.mockResolvedValue({
      deviceId: 'd',
      sessionExpiresAt,
      elevation,
      recoveryCodes,
    })
    await start({ devices, more })
  }

  it('a recovery code grants what an app code would, without naming the lost device', async () => {
    await startRecovering()
    flow.stepUp(['wallet:export'])
    expect(flow.getView().can.submitRecoveryCode).toBe(true)
    flow.submitRecoveryCode(` ${RECOVERY_CODES[0]} `)
    expect(flow.getView()).toMatchObject({ state: 'verifying', can: { submitRecoveryCode: false } })
    await flow.settled()
    expect(authenticateMfaRecoveryCode).toHaveBeenCalledExactlyOnceWith(
      { code: RECOVERY_CODES[0], requestedScopes: ['wallet:export'] },
      { signal: expect.any(AbortSignal) },
    )
    expect(flow.takeElevatedToken('wallet:export')).toBe(TOKEN)
  })

  it('a missing recovery code is sent as an empty one, not as the word undefined', async () => {
    await startRecovering()
    flow.stepUp(['wallet:export'])
    const missing: unknown = undefined
    flow.submitRecoveryCode(missing as string)
    expect(authenticateMfaRecoveryCode).toHaveBeenCalled()
    expect(authenticateMfaRecoveryCode.mock.calls[0]?.[0]).toMatchObject({ code: '' })
  })

  it('cancelling the flow aborts a recovery code that is being checked', async () => {
    await startRecovering()
    flow.stepUp(['wallet:export'])
    flow.submitRecoveryCode('aaaaa-11111')
    expect(authenticateMfaRecoveryCode).toHaveBeenCalled()
    flow.cancel()
    expect(authenticateMfaRecoveryCode.mock.calls[0]?.[1]?.signal?.aborted).toBe(true)
  })

  it('a recovery code completes no setup, and is refused if the backend takes none', async () => {
    await startRecovering([])
    flow.register()
    await flow.settled()
    expect(flow.getView().can.submitRecoveryCode).toBe(false)
    flow.submitRecoveryCode('aaaaa-11111')
    expect(flow.getView()).toMatchObject({ state: 'awaitingCode', error: { code: 'not_ready' } })
    flow.stop()
    await start({ devices: [device('d', true)] })
    flow.stepUp(['wallet:export'])
    flow.submitRecoveryCode('aaaaa-11111')
    expect(flow.getView()).toMatchObject({ state: 'awaitingCode', error: { code: 'not_ready' } })
  })

  it('new recovery codes are shown until the backend has their acknowledgment', async () => {
    await startRecovering()
    flow.stepUp(['wallet:export'])
    flow.submitRecoveryCode('aaaaa-11111')
    await flow.settled()
    acknowledgeRecoveryCodes.mockRejectedValueOnce(new Error('offline')).mockResolvedValueOnce()
    await expect(flow.acknowledgeRecoveryCodes()).rejects.toMatchObject({ code: 'server' })
    expect(flow.getView().recoveryCodes?.unseal()).toEqual(RECOVERY_CODES)
    await flow.acknowledgeRecoveryCodes()
    expect(flow.getView().recoveryCodes).toBeNull()
    expect(acknowledgeRecoveryCodes).toHaveBeenCalledTimes(2)
  })
})

it('release() gives up an elevation and its token', async () => {
  await start({ devices: [device('d', true)] })
  flow.stepUp(['wallet:export'])
  await typed()
  flow.release()
  expect(flow.getView()).toMatchObject({ state: 'idle', elevation: null })
  expect(flow.takeElevatedToken('wallet:export')).toBeNull()
})

it('release() keeps the elevations that are held, and the prompt, while a prompt is open', async () => {
  await start({ devices: [device('d', true)] })
  flow.stepUp(['wallet:export'])
  await typed()
  flow.stepUp(['wallet:sign'])
  flow.release()
  expect(flow.getView()).toMatchObject({ state: 'awaitingCode', error: null })
  flow.cancel()
  expect(flow.getView().elevation?.scopes).toEqual(['wallet:export'])
})

it('a step-up without scopes prompts for no code while any elevation is held, unless it is to be fresh', async () => {
  await start({ devices: [device('d', true)] })
  flow.stepUp(['wallet:export'])
  await typed()
  flow.stepUp([])
  expect(flow.getView()).toMatchObject({ state: 'elevated', error: null })
  flow.stepUp([], { fresh: true })
  expect(flow.getView().state).toBe('awaitingCode')
})

it('a call about recovery codes does not make the flow busy', async () => {
  const getMfaRecoveryCodes = () => new Promise<never>(() => {})
  await start({ devices: [device('d', true)], more: { getMfaRecoveryCodes } })
  const check = flow.checkRecoveryCodes()
  expect(flow.getView().busy).toBe(false)
  expect(await flow.settled()).toBe(flow.getView())
  flow.stop()
  await expect(check).rejects.toMatchObject({ code: 'aborted' })
})

it('an elevation can be requested while another is held', async () => {
  await start({ devices: [device('d', true)] })
  flow.stepUp(['wallet:export'])
  await typed()
  expect(flow.getView().can).toMatchObject({ stepUp: true, deleteDevice: true, register: false })
  expect(flow.getView().elevation).not.toBeNull()
  flow.stepUp(['wallet:sign'])
  expect(flow.getView()).toMatchObject({ state: 'awaitingCode', elevation: null })
})

it('elevations are shown until they expire, the newest first', async () => {
  const { backend, clock } = await start({ devices: [device('d', true)] })
  flow.stepUp(['wallet:export'])
  await typed()
  const elevation = { scopes: ['wallet:sign'], expiresAt: NOW + 60_000, singleUse: true, token: TOKEN }
  const answer = { deviceId: 'd', sessionExpiresAt: NOW + 3_600_000, elevation }
  backend.next('authenticateTotpMfaDevice', async () => answer)
  flow.stepUp(['wallet:sign'])
  await typed()
  expect(flow.getView().elevation?.scopes).toEqual(['wallet:sign'])
  clock.pass(60_000)
  expect(flow.getView().elevation?.scopes).toEqual(['wallet:export'])
})

it('an elevation can last for months', async () => {
  const { backend, clock } = await start({ devices: [device('d', true)] })
  const DAY = 86_400_000
  const elevation = { scopes: ['wallet:sign'], expiresAt: NOW + 60 * DAY, singleUse: false, token: TOKEN }
  const answer = { deviceId: 'd', sessionExpiresAt: NOW + 90 * DAY, elevation }
  backend.next('authenticateTotpMfaDevice', async () => answer)
  const timers = vi.spyOn(clock, 'setTimeout')
  flow.stepUp(['wallet:sign'])
  await typed()
  const longest = Math.max(...timers.mock.calls.map(([, milliseconds]) => milliseconds))
  expect(longest).toBe(2 ** 31 - 1) // what a browser's setTimeout can wait
  clock.pass(50 * DAY)
  expect(flow.getView().state).toBe('elevated')
  clock.pass(10 * DAY)
  expect(flow.getView().state).toBe('idle')
})

it('elevated tokens are taken one by one, each for all requested scopes', async () => {
  const { backend } = await start({ devices: [device('d', true)] })
  const win = async (scopes: Scope[], token: string) => {
    const elevation = { scopes, expiresAt: NOW + 60_000, singleUse: true, token }
    const answer = { deviceId: 'd', sessionExpiresAt: NOW + 3_600_000, elevation }
    backend.next('authenticateTotpMfaDevice', async () => answer)
    flow.stepUp(scopes)
    await typed()
  }
  await win(['wallet:sign'], 'one')
  await win(['wallet:sign', 'wallet:export'], 'both')
  expect(flow.takeElevatedToken('wallet:sign', 'wallet:export')).toBe('both')
  expect(flow.takeElevatedToken('wallet:sign', 'wallet:export')).toBeNull()
  expect(flow.takeElevatedToken('wallet:sign')).toBe('one')
  expect(flow.takeElevatedToken('wallet:sign')).toBeNull()
})

it('a single-use token is handed out once, even to a listener that takes it while the flow announces it', async () => {
  const { backend } = await start({ devices: [device('d', true)] })
  const elevation = { scopes: ['wallet:sign'], expiresAt: NOW + 60_000, singleUse: true, token: 'one' }
  const answer = { deviceId: 'd', sessionExpiresAt: NOW + 3_600_000, elevation, mfaToken: 'mfa' }
  backend.next('authenticateTotpMfaDevice', async () => answer)
  const taken: (string | null)[] = []
  const mfaTokens: (string | null)[] = []
  const take = () => {
    taken.push(flow.takeElevatedToken('wallet:sign'))
    mfaTokens.push(flow.consumeMfaToken())
  }
  flow.on('elevated', take)
  flow.on('elevated', take)
  flow.subscribe(() => flow.getView().elevation && take())
  flow.stepUp(['wallet:sign'])
  await typed()
  expect(taken.filter((token) => token !== null)).toEqual(['one'])
  expect(mfaTokens.filter((token) => token !== null)).toEqual(['mfa'])
})

it('an elevation stays if the backend keeps its token and gives none', async () => {
  const { backend } = await start({ devices: [device('d', true)] })
  const elevation = { scopes: ['wallet:sign'], expiresAt: NOW + 60_000, singleUse: true }
  const answer = { deviceId: 'd', sessionExpiresAt: NOW + 3_600_000, elevation }
  backend.next('authenticateTotpMfaDevice', async () => answer)
  flow.stepUp(['wallet:sign'])
  await typed()
  expect(flow.takeElevatedToken('wallet:sign')).toBeNull()
  expect(flow.getView().state).toBe('elevated')
})

it('a flow waits 15 seconds for an answer by default', async () => {
  const { backend, clock } = await start({})
  backend.hangs('getMfaDevices')
  flow.refresh()
  clock.pass(14_999)
  expect(flow.getView().busy).toBe(true)
  clock.pass(1)
  expect(flow.getView()).toMatchObject({ detail: 'unavailable', error: { code: 'timeout' } })
})

it('a flow waits for an answer as long as callTimeout says, even for one millisecond', async () => {
  const { backend, clock } = await start({ callTimeout: 1 })
  backend.hangs('getMfaDevices')
  flow.refresh()
  clock.pass(1)
  expect(flow.getView().error?.code).toBe('timeout')
})

it('a flow waits 30 seconds after too many attempts by default', async () => {
  const { backend, clock } = await start({ devices: [device('d', true)] })
  flow.stepUp(['wallet:export'])
  backend.fails('authenticateTotpMfaDevice', new TotpFlowError('rate_limited'))
  await typed()
  clock.pass(29_999)
  expect(flow.getView()).toMatchObject({ detail: 'throttled', retryAt: NOW + 30_000 })
  flow.submitCode(RIGHT_CODE)
  expect(flow.getView().error).toMatchObject({ code: 'rate_limited', retryAt: NOW + 30_000 })
  clock.pass(1)
  expect(flow.getView()).toMatchObject({ detail: 'ready', error: null, retryAt: null })
})

it('a clock that is set back does not restart a wait that has ended', async () => {
  const { backend, clock } = await start({ devices: [device('d', true)] })
  flow.stepUp(['wallet:export'])
  await typed()
  flow.stepUp(['wallet:sign'])
  backend.fails('authenticateTotpMfaDevice', new TotpFlowError('rate_limited'))
  await typed()
  flow.cancel()
  clock.pass(30_000)
  flow.takeElevatedToken('wallet:sign') // which looks at the time
  expect(flow.getView()).toMatchObject({ state: 'elevated', retryAt: null })
})

it('a flow does not wait if retryAt passed before the answer arrived', async () => {
  const { backend, clock } = await start({ devices: [device('d', true)] })
  flow.stepUp(['wallet:export'])
  backend.fails('authenticateTotpMfaDevice', new TotpFlowError('rate_limited', { retryAt: NOW - 1 }))
  await typed()
  clock.wake()
  expect(flow.getView()).toMatchObject({ detail: 'ready', error: null, retryAt: null })
})

it('waitFor resolves with the first view that satisfies the host', async () => {
  await start({ devices: [device('d', true)] })
  const seen = flow.waitFor(({ state }) => state === 'elevated')
  flow.stepUp(['wallet:export'])
  await typed()
  expect((await seen).elevation?.scopes).toEqual(['wallet:export'])
})

it('waitFor rejects when it is aborted, times out, or the flow stops', async () => {
  await start({})
  const leaving = new AbortController()
  const never = flow.waitFor(() => false, { signal: leaving.signal })
  leaving.abort(new Error('left'))
  await expect(never).rejects.toMatchObject({ code: 'aborted' })
  const patience = flow.waitFor(() => false, { signal: AbortSignal.timeout(1) })
  await expect(patience).rejects.toMatchObject({ code: 'timeout' })
  const stopped = flow.waitFor(() => false)
  flow.stop()
  await expect(stopped).rejects.toMatchObject({ code: 'aborted' })
})

it('settled() waits until every call is answered, however long that takes', async () => {
  const { backend, clock } = await start({ callTimeout: 3_600_000 })
  const late = Promise.withResolvers<never>()
  backend.next('registerTotpMfaDevice', () => late.promise)
  flow.register()
  const settled = flow.settled()
  clock.pass(3_000_000)
  late.resolve({ id: 'd1', uri: 'otpauth://totp/a', secret: SECRET } as never)
  expect((await settled).state).toBe('awaitingCode')
})
