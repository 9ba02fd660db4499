import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type TotpErrorCode, TotpFlowError } from '../../src/contract/errors.ts'
import { Sealed } from '../../src/contract/sealed.ts'
import { createTotpFlow } from '../../src/flow/create-totp-flow.ts'
import type { TotpFlow, TotpFlowOptions } from '../../src/flow/totp-flow.ts'
import { MFA_TOKEN, RIGHT_CODE, SECRET, scriptedBackend, TOKEN } from './scripted-backend.ts'

const settle = () => vi.advanceTimersByTimeAsync(0)
const flows: TotpFlow[] = []

async function start(options: Partial<TotpFlowOptions> & { verified?: boolean } = {}) {
  const { verified = false, ...rest } = options
  const backend = scriptedBackend({ verified })
  const flow = createTotpFlow({ backend, ...rest })
  flows.push(flow)
  await settle()
  return { backend, flow }
}

async function startAwaitingCode(options: Parameters<typeof start>[0] = {}) {
  const started = await start(options)
  if (options.verified) started.flow.stepUp(['wallet:export'])
  else started.flow.register()
  await settle()
  expect(started.flow.getView().state).toBe('awaitingCode')
  return started
}

async function startElevated(scopes: readonly `${string}:${string}`[] = ['wallet:export']) {
  const started = await start({ verified: true })
  started.flow.stepUp(scopes)
  started.flow.submitCode(RIGHT_CODE)
  await settle()
  expect(started.flow.getView().state).toBe('elevated')
  return started
}

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-01-01T00:00:00Z') })
})
afterEach(() => {
  for (const flow of flows.splice(0)) flow.stop()
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

it('an enrollment leads from idle through registering, awaitingCode and verifying to elevated, and then forgets the secret', async () => {
  const { flow } = await start()
  const enrolled = vi.fn()
  flow.on('enrolled', enrolled)
  expect(flow.getView()).toMatchObject({ state: 'idle', detail: 'ready', device: null })
  flow.register()
  expect(flow.getView()).toMatchObject({ state: 'registering', busy: true })
  await settle()
  expect(flow.getView()).toMatchObject({
    state: 'awaitingCode',
    detail: 'ready',
    can: { submitCode: true },
  })
  expect(flow.getView().registration?.unseal().secret).toBe(SECRET)
  flow.submitCode('123 456')
  expect(flow.getView()).toMatchObject({ state: 'verifying', busy: true })
  await settle()
  expect(flow.getView()).toMatchObject({ state: 'elevated', registration: null, error: null })
  expect(flow.getView().device?.verified).toBe(true)
  expect(enrolled).toHaveBeenCalledExactlyOnceWith({ type: 'enrolled', deviceId: 'd1' })
})

it('registering is refused with a typed error while a verified authenticator exists', async () => {
  const { flow } = await start({ verified: true })
  expect(flow.getView().can.register).toBe(false)
  flow.register()
  expect(flow.getView()).toMatchObject({ state: 'idle', error: { code: 'device_limit' } })
})

it('registering is refused until the backend has said whether there is an authenticator', () => {
  const flow = createTotpFlow({ backend: scriptedBackend() })
  flows.push(flow)
  flow.register()
  expect(flow.getView()).toMatchObject({ state: 'idle', detail: 'loading', error: { code: 'not_ready' } })
})

it('registering again during an enrollment starts over with a new secret', async () => {
  const { flow, backend } = await startAwaitingCode()
  flow.register()
  expect(flow.getView()).toMatchObject({ state: 'registering', registration: null })
  await settle()
  expect(flow.getView().state).toBe('awaitingCode')
  expect(backend.calls.filter(({ name }) => name === 'registerTotpMfaDevice')).toHaveLength(2)
})

it('a double click registers once', async () => {
  const { flow, backend } = await start()
  flow.register()
  flow.register()
  await settle()
  expect(backend.calls.filter(({ name }) => name === 'registerTotpMfaDevice')).toHaveLength(1)
  expect(flow.getView().error).toBeNull()
})

describe('a code', () => {
  it.each(['', '12345', '1234567', 'abcdef', '-12345'])(
    'the malformed code %j is refused without counting an attempt',
    async (code) => {
      const { flow, backend } = await startAwaitingCode()
      flow.submitCode(code)
      expect(flow.getView()).toMatchObject({ state: 'awaitingCode', error: { code: 'malformed_code' } })
      expect(backend.calls.some(({ name }) => name === 'authenticateTotpMfaDevice')).toBe(false)
    },
  )

  it('a wrong code keeps the enrollment open, and the right one after it leaves no error', async () => {
    const { flow } = await startAwaitingCode()
    flow.submitCode('000000')
    await settle()
    expect(flow.getView()).toMatchObject({ state: 'awaitingCode', error: { code: 'invalid_code' } })
    expect(flow.getView().registration).not.toBeNull()
    flow.submitCode(RIGHT_CODE)
    await settle()
    expect(flow.getView()).toMatchObject({ state: 'elevated', error: null })
  })

  it('a code that a host sends without sealing it is refused', async () => {
    const { flow } = await startAwaitingCode()
    flow.actor.send({ type: 'code.submit', code: RIGHT_CODE as never })
    expect(flow.getView()).toMatchObject({ state: 'awaitingCode', error: { code: 'malformed_code' } })
  })

  it('a code submitted twice is verified once', async () => {
    const { flow, backend } = await startAwaitingCode()
    flow.submitCode(RIGHT_CODE)
    flow.submitCode(RIGHT_CODE)
    await settle()
    expect(backend.calls.filter(({ name }) => name === 'authenticateTotpMfaDevice')).toHaveLength(1)
    expect(flow.getView().error).toBeNull()
  })

  const outcomes: [TotpErrorCode, string][] = [
    ['invalid_code', 'awaitingCode'],
    ['code_reused', 'awaitingCode'],
    ['network', 'awaitingCode'],
    ['server', 'awaitingCode'],
    ['malformed_response', 'awaitingCode'],
    ['unauthenticated', 'idle'],
    ['no_device', 'idle'],
    ['scope_not_allowed', 'idle'],
  ]
  it.each(outcomes)('a code answered with %s leads to %s', async (code, state) => {
    const { flow, backend } = await startAwaitingCode({ verified: true })
    backend.fails('authenticateTotpMfaDevice', new TotpFlowError(code))
    flow.submitCode(RIGHT_CODE)
    await settle()
    expect(flow.getView()).toMatchObject({ state, error: { code } })
  })

  it('a malformed answer to a code is a typed error', async () => {
    const { flow, backend } = await startAwaitingCode({ verified: true })
    backend.next('authenticateTotpMfaDevice', async () => '<html>')
    flow.submitCode(RIGHT_CODE)
    await settle()
    expect(flow.getView()).toMatchObject({ state: 'awaitingCode', error: { code: 'malformed_response' } })
  })

  it('a code is refused while throttled, and accepted again after the wait', async () => {
    const { flow, backend } = await startAwaitingCode({ verified: true })
    backend.fails(
      'authenticateTotpMfaDevice',
      new TotpFlowError('rate_limited', { retryAt: Date.now() + 30_000 }),
    )
    flow.submitCode('000000')
    await settle()
    expect(flow.getView()).toMatchObject({
      state: 'awaitingCode',
      detail: 'throttled',
      can: { submitCode: false },
    })
    flow.submitCode(RIGHT_CODE)
    expect(flow.getView()).toMatchObject({ detail: 'throttled', error: { code: 'rate_limited' } })
    await vi.advanceTimersByTimeAsync(30_000)
    expect(flow.getView()).toMatchObject({ detail: 'ready', error: null, retryAt: null })
    flow.submitCode(RIGHT_CODE)
    await settle()
    expect(flow.getView().state).toBe('elevated')
  })
})

describe('cancelling', () => {
  const busy: [string, (flow: TotpFlow) => void, Parameters<typeof start>[0]][] = [
    ['registerTotpMfaDevice', (flow) => flow.register(), {}],
    [
      'authenticateTotpMfaDevice',
      (flow) => {
        flow.stepUp(['wallet:export'])
        flow.submitCode(RIGHT_CODE)
      },
      { verified: true },
    ],
  ]
  it.each(busy)(
    'cancelling ends %s for good: the call is aborted and its late answer changes nothing',
    async (name, begin, options) => {
      const { flow, backend } = await start(options)
      const late = Promise.withResolvers<never>()
      backend.next(name as 'registerTotpMfaDevice', () => late.promise)
      begin(flow)
      expect(flow.getView().busy).toBe(true)
      flow.cancel()
      await settle()
      expect(backend.calls.find((call) => call.name === name)?.signal?.aborted).toBe(true)
      const before = flow.getView()
      late.resolve({ id: 'd1', uri: 'otpauth://totp/x', secret: SECRET } as never)
      await settle()
      expect(flow.getView()).toBe(before)
      expect(before.state).toBe('idle')
    },
  )

  it('a call that hangs times out', async () => {
    const { flow, backend } = await startAwaitingCode({ callTimeout: 5_000 })
    backend.hangs('authenticateTotpMfaDevice')
    flow.submitCode(RIGHT_CODE)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(flow.getView()).toMatchObject({ state: 'awaitingCode', error: { code: 'timeout' } })
    expect(backend.calls.at(-1)?.signal?.aborted).toBe(true)
  })

  it('cancelling erases the secret', async () => {
    const { flow } = await startAwaitingCode()
    flow.cancel()
    await settle()
    expect(flow.getView()).toMatchObject({ state: 'idle', registration: null, can: { register: true } })
  })

  it('cancelling a step-up returns to an elevation that has not expired', async () => {
    const { flow } = await startElevated()
    flow.stepUp(['wallet:sign'])
    flow.cancel()
    expect(flow.getView()).toMatchObject({ state: 'elevated', elevation: { scopes: ['wallet:export'] } })
  })
})

it('an elevation expires on time', async () => {
  const { flow } = await startElevated()
  await vi.advanceTimersByTimeAsync(300_000)
  expect(flow.getView()).toMatchObject({ state: 'idle', elevation: null })
})

it('an elevation that expired during a sleep, which held the timers, ends when it is next read', async () => {
  const { flow } = await startElevated()
  vi.setSystemTime(Date.now() + 400_000)
  expect(flow.takeElevatedToken('wallet:export')).toBeNull()
  expect(flow.getView().state).toBe('idle')
})

it('a single-use elevated token is handed out once', async () => {
  const { flow } = await startElevated()
  expect(flow.takeElevatedToken('user:delete')).toBeNull()
  expect(flow.takeElevatedToken('wallet:export')).toBe(TOKEN)
  expect(flow.takeElevatedToken('wallet:export')).toBeNull()
  expect(flow.getView().state).toBe('idle')
})

it('a step-up prompts only for scopes that are not held', async () => {
  const { flow } = await startElevated()
  flow.stepUp(['wallet:export'])
  expect(flow.getView().state).toBe('elevated')
  flow.stepUp(['wallet:sign'])
  expect(flow.getView().state).toBe('awaitingCode')
})

it('two scope sets are held at the same time, each with its own token and expiry', async () => {
  const { flow, backend } = await startElevated(['wallet:export'])
  await vi.advanceTimersByTimeAsync(60_000)
  flow.stepUp(['wallet:sign'])
  flow.submitCode(RIGHT_CODE)
  await settle()
  expect(flow.getView()).toMatchObject({ state: 'elevated', elevation: { scopes: ['wallet:sign'] } })
  flow.stepUp(['wallet:export', 'wallet:sign']) // two halves make no whole
  expect(flow.getView().state).toBe('awaitingCode')
  flow.cancel()
  await vi.advanceTimersByTimeAsync(240_000)
  expect(flow.takeElevatedToken('wallet:export')).toBeNull()
  expect(flow.getView()).toMatchObject({ state: 'elevated', elevation: { scopes: ['wallet:sign'] } })
  await vi.advanceTimersByTimeAsync(60_000)
  expect(flow.getView().state).toBe('idle')
  expect(backend.calls.filter(({ name }) => name === 'authenticateTotpMfaDevice')).toHaveLength(2)
})

it('two scope sets are told apart, however similar they look', async () => {
  const { flow } = await startElevated(['a:bc', 'd:e'])
  flow.stepUp(['a:b', 'cd:e'])
  flow.submitCode(RIGHT_CODE)
  await settle()
  expect(flow.takeElevatedToken('a:bc')).toBe(TOKEN)
  expect(flow.takeElevatedToken('cd:e')).toBe(TOKEN)
})

it('consuming the token of one scope set leaves the other', async () => {
  const { flow } = await startElevated(['wallet:export'])
  flow.stepUp(['wallet:sign'])
  expect(flow.takeElevatedToken('wallet:export')).toBe(TOKEN) // in mid-step-up, too
  flow.submitCode(RIGHT_CODE)
  await settle()
  expect(flow.takeElevatedToken('wallet:export')).toBeNull()
  expect(flow.takeElevatedToken('wallet:sign')).toBe(TOKEN)
  expect(flow.getView().state).toBe('idle')
})

it('a new elevation replaces one of the same scopes, in any order', async () => {
  const { flow } = await startElevated(['wallet:export', 'wallet:sign'])
  flow.stepUp(['wallet:sign', 'wallet:export'], { fresh: true })
  flow.submitCode(RIGHT_CODE)
  await settle()
  expect(flow.takeElevatedToken('wallet:sign')).toBe(TOKEN)
  expect(flow.takeElevatedToken('wallet:sign')).toBeNull()
})

it('an elevation lasts as long as it says on a machine whose clock is an hour ahead', async () => {
  const { flow, backend } = await start({ verified: true })
  const server = Date.now() - 3_600_000
  const elevation = {
    scopes: ['wallet:export'],
    issuedAt: server,
    expiresAt: server + 300_000,
    singleUse: true,
    token: TOKEN,
  }
  backend.next(
    'authenticateTotpMfaDevice',
    async () => ({ deviceId: 'd1', sessionExpiresAt: server + 9e5, elevation }) as never,
  )
  flow.stepUp(['wallet:export'])
  flow.submitCode(RIGHT_CODE)
  await settle()
  await vi.advanceTimersByTimeAsync(299_000)
  expect(flow.getView().state).toBe('elevated')
  await vi.advanceTimersByTimeAsync(1_000)
  expect(flow.getView().state).toBe('idle')
})

it('a session lasts as long as it says on a machine whose clock is a day ahead', async () => {
  const { flow, backend } = await start({ verified: true })
  const issuedAt = Date.now() - 86_400_000
  const answer = { deviceId: 'd1', issuedAt, sessionExpiresAt: issuedAt + 3_600_000, mfaToken: MFA_TOKEN }
  backend.next('authenticateTotpMfaDevice', async () => answer)
  flow.stepUp([], { createMfaTokenOptions: {} })
  flow.submitCode(RIGHT_CODE)
  await settle()
  await vi.advanceTimersByTimeAsync(3_599_000)
  expect(flow.getView().state).toBe('elevated')
  expect(flow.consumeMfaToken()).toBe(MFA_TOKEN)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(flow.getView().state).toBe('idle')
})

it('a code given to authenticate() is verified, even if its scopes are held', async () => {
  const { flow } = await startElevated(['wallet:export'])
  flow.authenticate({ code: '000000', requestedScopes: ['wallet:export'] })
  await settle()
  expect(flow.getView()).toMatchObject({ state: 'awaitingCode', error: { code: 'invalid_code' } })
})

describe('the end of a session', () => {
  it('a sign-out leaves no data of the user', async () => {
    const { flow } = await start({ verified: true })
    flow.stepUp([], { createMfaTokenOptions: {} })
    flow.submitCode(RIGHT_CODE)
    await settle()
    flow.signOut()
    expect(flow.getView()).toMatchObject({
      state: 'idle',
      detail: 'unavailable',
      device: undefined,
      elevation: null,
      error: { code: 'unauthenticated' },
    })
    expect(flow.consumeMfaToken()).toBeNull()
  })

  const calls = [
    'getMfaDevices',
    'registerTotpMfaDevice',
    'authenticateTotpMfaDevice',
    'deleteMfaDevice',
  ] as const
  it.each(calls)(
    'a session that ended is noticed by %s, and the flow continues after a new sign-in',
    async (name) => {
      const { flow, backend } = await start({ verified: name !== 'registerTotpMfaDevice' })
      const act = {
        getMfaDevices: () => flow.refresh(),
        registerTotpMfaDevice: () => flow.register(),
        authenticateTotpMfaDevice: () => flow.authenticate({ code: RIGHT_CODE }),
        deleteMfaDevice: () => {
          flow.deleteDevice()
          flow.submitCode(RIGHT_CODE)
        },
      }
      backend.fails(name, new TotpFlowError('unauthenticated'))
      act[name]()
      await settle()
      const { state, detail, device, error } = flow.getView()
      expect({ state, detail, device, code: error?.code }).toEqual({
        state: 'idle',
        detail: 'unavailable',
        device: undefined,
        code: 'unauthenticated',
      })
      flow.refresh()
      await settle()
      expect(flow.getView()).toMatchObject({ state: 'idle', detail: 'ready', error: null })
    },
  )
})

it('removing a device that is already gone loads what is left', async () => {
  const { flow, backend } = await startElevated(['credential:unlink'])
  await backend.deleteMfaDevice({ deviceId: 'd1', elevatedAccessToken: TOKEN })
  backend.fails('deleteMfaDevice', new TotpFlowError('no_device'))
  flow.deleteDevice()
  await settle()
  expect(flow.getView()).toMatchObject({ state: 'idle', device: null, error: { code: 'no_device' } })
})

it('a removal prompts for a fresh code, then deletes the device', async () => {
  const { flow, backend } = await start({ verified: true })
  const deleted = vi.fn()
  flow.on('deleted', deleted)
  flow.deleteDevice()
  expect(flow.getView()).toMatchObject({ state: 'awaitingCode', intent: 'delete' })
  flow.submitCode(RIGHT_CODE)
  await settle()
  expect(flow.getView()).toMatchObject({ state: 'idle', device: null, elevation: null })
  expect(backend.calls.find(({ name }) => name === 'deleteMfaDevice')?.params).toEqual({
    deviceId: 'd1',
    elevatedAccessToken: TOKEN,
  })
  expect(deleted).toHaveBeenCalledExactlyOnceWith({ type: 'deleted', deviceId: 'd1' })
})

it('a removal needs no second code while its proof is held', async () => {
  const { flow } = await startElevated(['credential:unlink'])
  flow.deleteDevice()
  expect(flow.getView().state).toBe('deleting')
})

it('a removal prompts again if the proof is refused', async () => {
  const { flow, backend } = await startElevated(['credential:unlink'])
  backend.fails('deleteMfaDevice', new TotpFlowError('proof_required'))
  flow.deleteDevice()
  await settle()
  expect(flow.getView()).toMatchObject({
    state: 'awaitingCode',
    intent: 'delete',
    error: { code: 'proof_required' },
  })
  flow.submitCode(RIGHT_CODE)
  await settle()
  expect(flow.getView()).toMatchObject({ state: 'idle', device: null })
})

it('a removal does not begin if the backend gives no proof for the code', async () => {
  const { flow, backend } = await start({ verified: true })
  backend.next(
    'authenticateTotpMfaDevice',
    async () => ({ deviceId: 'd1', sessionExpiresAt: Date.now() + 9e5 }) as never,
  )
  flow.deleteDevice()
  flow.submitCode(RIGHT_CODE)
  await settle()
  expect(flow.getView()).toMatchObject({ state: 'elevated', error: { code: 'elevation_missing' } })
  expect(backend.calls.some(({ name }) => name === 'deleteMfaDevice')).toBe(false)
})

it('a removal is refused if there is no device', async () => {
  const { flow } = await start()
  flow.deleteDevice()
  expect(flow.getView()).toMatchObject({ state: 'idle', error: { code: 'no_device' } })
})

it('the deprecated MFA token warns once, reaches the host once, and deletes the device', async () => {
  const { flow, backend } = await start({ verified: true })
  const warned = vi.fn()
  flow.on('deprecation', warned)
  flow.stepUp([], { createMfaTokenOptions: { singleUse: true } })
  flow.submitCode(RIGHT_CODE)
  await settle()
  expect(flow.getView().state).toBe('elevated')
  flow.deleteDevice({ createMfaTokenOptions: { singleUse: true } })
  expect(flow.getView().state).toBe('deleting')
  await settle()
  expect(flow.getView()).toMatchObject({ state: 'idle', device: null })
  expect(backend.calls.find(({ name }) => name === 'deleteMfaDevice')?.params).toEqual({
    deviceId: 'd1',
    mfaAuthToken: MFA_TOKEN,
  })
  expect(warned).toHaveBeenCalledOnce()
})

it('the deprecated MFA token is handed out once', async () => {
  const { flow } = await start({ verified: true })
  flow.stepUp([], { createMfaTokenOptions: { singleUse: true } })
  flow.submitCode(RIGHT_CODE)
  await settle()
  expect(flow.consumeMfaToken()).toBe(MFA_TOKEN)
  expect(flow.consumeMfaToken()).toBeNull()
})

it('allowMfaToken: false refuses to request an MFA token', async () => {
  const { flow } = await start({ verified: true, allowMfaToken: false })
  flow.stepUp([], { createMfaTokenOptions: {} })
  expect(flow.getView()).toMatchObject({ state: 'idle', error: { code: 'mfa_token_disabled' } })
})

it('a reload during an enrollment resumes waiting for the code, without the secret', async () => {
  const { flow: before } = await startAwaitingCode()
  const stored = JSON.parse(JSON.stringify(before.persist()))
  const { flow } = await start({ restore: stored })
  expect(flow.getView()).toMatchObject({ state: 'awaitingCode', registration: null, intent: 'enroll' })
  expect(flow.getView().can.register).toBe(true)
})

it('a reload while throttled stays throttled until the wait ends', async () => {
  const { flow: before, backend } = await startAwaitingCode({ verified: true })
  backend.fails(
    'authenticateTotpMfaDevice',
    new TotpFlowError('rate_limited', { retryAt: Date.now() + 30_000 }),
  )
  before.submitCode('000000')
  await settle()
  const { flow } = await start({ restore: before.persist() })
  expect(flow.getView()).toMatchObject({ state: 'awaitingCode', detail: 'throttled' })
  await vi.advanceTimersByTimeAsync(30_000)
  expect(flow.getView().detail).toBe('ready')
})

it.each([undefined, null, 'x', {}, { version: 2 }, { version: 1, resumable: { intent: 'x' } }])(
  'a reload from %j starts clean',
  async (restore) => {
    const { flow } = await start({ restore })
    expect(flow.getView()).toMatchObject({ state: 'idle', detail: 'ready', error: null })
  },
)

it.each<[string, object]>([
  ['backend', {}],
  ['backend', { backend: {} }],
  ['backend', { backend: 'https://id.example.com' }],
  ['callTimeout', { backend: scriptedBackend(), callTimeout: Number.NaN }],
  ['callTimeout', { backend: scriptedBackend(), callTimeout: 0 }],
  ['callTimeout', { backend: scriptedBackend(), callTimeout: -1 }],
])('createTotpFlow rejects an invalid %s by name: %j', (option, given) => {
  expect(() => Reflect.apply(createTotpFlow, undefined, [given])).toThrow(new RegExp(`^${option} takes `))
})

it.each<[string, (flow: TotpFlow) => void]>([
  ['register', (flow) => flow.register()],
  ['step up', (flow) => flow.stepUp(['wallet:export'])],
  ['step up for no scope', (flow) => flow.stepUp('wallet:export' as never)],
  [
    'step up for a closed MFA token',
    (flow) => flow.authenticate({ code: '123456', createMfaTokenOptions: {} }),
  ],
  ['remove', (flow) => flow.deleteDevice()],
  ['remove by a closed MFA token', (flow) => flow.deleteDevice({ createMfaTokenOptions: {} })],
  ['submit a code', (flow) => flow.submitCode('123456')],
  ['submit a recovery code', (flow) => flow.submitRecoveryCode('abcde')],
])('the error of a failed load stays when the user goes on to %s', async (_what, goOn) => {
  const cause = new Error('There is nothing at GET https://id.example.com/api/v1')
  const first = new TotpFlowError('not_found', { cause })
  const backend = { ...scriptedBackend(), getMfaDevices: () => Promise.reject(first) }
  const flow = createTotpFlow({ backend, allowMfaToken: false })
  flows.push(flow)
  const failed: string[] = []
  flow.on('failed', ({ code }) => failed.push(code))
  await settle()
  for (let time = 0; time < 2; time += 1) {
    const before = flow.getView().error
    goOn(flow)
    const { error } = flow.getView()
    expect(error).not.toBe(before) // so that it is seen as a refusal of its own
    expect(error).toMatchObject({ code: 'not_found', message: first.message })
    expect(error?.cause).toBeInstanceOf(Sealed)
    expect((error?.cause as Sealed<unknown> | undefined)?.unseal()).toBe(cause)
  }
  expect(failed).toEqual(['not_found', 'not_found', 'not_found'])
})

it.each([null, 5, { amount: 100 }, ['Bob']])(
  'a reason that is not a string, such as %j, is not shown',
  async (reason) => {
    const { flow } = await start({ verified: true })
    flow.stepUp(['wallet:export'], { reason: reason as never })
    expect(flow.getView()).toMatchObject({ state: 'awaitingCode', reason: null })
  },
)
