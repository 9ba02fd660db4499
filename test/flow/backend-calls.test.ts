import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { TotpBackend } from '../../src/contract/backend.ts'
import { TotpFlowError } from '../../src/contract/errors.ts'
import { createTotpFlow } from '../../src/flow/create-totp-flow.ts'
import type { TabChannel } from '../../src/flow/tabs.ts'
import type { TotpFlow, TotpFlowOptions } from '../../src/flow/totp-flow.ts'
import { TestClock } from '../../src/testing/test-clock.ts'
import { MFA_TOKEN, RECOVERY_CODES, RIGHT_CODE, scriptedBackend, TOKEN } from './scripted-backend.ts'

const ON = { id: 'd1', type: 'totp', verified: true, createdAt: '2026-01-01T00:00:00.000Z' } as const
const flows: TotpFlow[] = []
afterEach(() => {
  for (const flow of flows.splice(0)) flow.stop()
  vi.unstubAllGlobals()
})

async function start(backend: TotpBackend, options: Partial<TotpFlowOptions> = {}): Promise<TotpFlow> {
  const flow = createTotpFlow({ backend, ...options })
  flows.push(flow)
  await flow.settled()
  return flow
}
const elevation = (scopes: string[], expiresAt: number) => ({
  scopes,
  expiresAt,
  singleUse: false,
  token: TOKEN,
})

it('a code is sent with the id of the setup on screen', async () => {
  const backend = scriptedBackend()
  await backend.registerTotpMfaDevice() // one pending from before, which the flow has heard of
  const flow = await start({
    ...backend,
    registerTotpMfaDevice: async (o) => ({ ...(await backend.registerTotpMfaDevice(o)), id: 'new' }),
  })
  flow.register()
  await flow.settled()
  flow.submitCode(RIGHT_CODE)
  await flow.settled()
  expect(backend.calls.at(-1)?.params).toEqual({ code: RIGHT_CODE, deviceId: 'new' })
})

it('a code is sent with the requested scopes, and no others', async () => {
  const backend = scriptedBackend({ verified: true })
  const flow = await start(backend)
  flow.stepUp(['wallet:export', 'wallet:sign'])
  flow.submitCode(RIGHT_CODE)
  await flow.settled()
  expect(backend.calls.at(-1)?.params).toEqual({
    code: RIGHT_CODE,
    deviceId: 'd1',
    requestedScopes: ['wallet:export', 'wallet:sign'],
  })
})

it('a recovery code is sent by its own method', async () => {
  const recover = vi.fn(async () => ({ deviceId: 'd1', sessionExpiresAt: Date.now() + 9e5 }))
  const backend = scriptedBackend({ verified: true })
  const flow = await start({ ...backend, authenticateMfaRecoveryCode: recover })
  flow.stepUp(['wallet:export'])
  expect(flow.getView().can.submitRecoveryCode).toBe(true)
  flow.submitRecoveryCode(` ${RECOVERY_CODES[0]} `)
  expect((await flow.settled()).state).toBe('elevated')
  expect(recover).toHaveBeenCalledExactlyOnceWith(
    { code: RECOVERY_CODES[0], requestedScopes: ['wallet:export'] },
    { signal: expect.any(AbortSignal) },
  )
  expect(backend.calls.some(({ name }) => name === 'authenticateTotpMfaDevice')).toBe(false)
  expect(flow.getView().can.submitRecoveryCode).toBe(false)
})

it('a removal sends no expired elevation: the MFA token alone', async () => {
  const clock = new TestClock(1_000)
  const backend = scriptedBackend({ verified: true, now: () => clock.now() })
  const flow = await start(backend, { clock })
  const won = {
    deviceId: 'd1',
    sessionExpiresAt: 1_000_000_000,
    elevation: elevation(['credential:unlink'], 2_000),
    mfaToken: MFA_TOKEN,
  }
  backend.next('authenticateTotpMfaDevice', async () => won)
  flow.stepUp(['credential:unlink'])
  flow.submitCode(RIGHT_CODE)
  await flow.settled()
  flow.stepUp(['wallet:sign'])
  flow.submitCode(RIGHT_CODE)
  await flow.settled()
  clock.sleep(100_000)
  flow.deleteDevice()
  await flow.settled()
  expect(backend.calls.findLast(({ name }) => name === 'deleteMfaDevice')?.params).toEqual({
    deviceId: 'd1',
    mfaAuthToken: MFA_TOKEN,
  })
})

it('the verified device counts among several, whatever its position', async () => {
  const others = { ...ON, id: 'd2', verified: false }
  const flow = await start({ ...scriptedBackend(), getMfaDevices: async () => [others, ON] })
  expect(flow.getView().device).toEqual(ON)
})

it.each(['visibilitychange', 'pageshow', 'focus'])('a returning page checks the time on %s', async (name) => {
  const page = new EventTarget()
  vi.stubGlobal('window', page)
  const clock = new TestClock(1_000)
  const flow = await start(scriptedBackend({ verified: true, now: () => clock.now() }), {
    clock,
    tabs: false,
  })
  flow.stepUp(['wallet:export'])
  flow.submitCode(RIGHT_CODE)
  expect((await flow.settled()).state).toBe('elevated')
  clock.sleep(400_000)
  page.dispatchEvent(new Event(name))
  expect(flow.getView().state).toBe('idle')
})

describe('other tabs', () => {
  let sent: unknown[]
  let channel: TabChannel
  beforeEach(() => {
    sent = []
    channel = { onmessage: null, postMessage: (message) => void sent.push(message), close() {} }
  })
  const hear = (data: unknown) => channel.onmessage?.(new MessageEvent('message', { data }))

  it('a sign-out is announced to other tabs, and not after a stop', async () => {
    const flow = await start(scriptedBackend({ verified: true }), { tabs: channel })
    flow.signOut()
    expect(sent).toEqual(['signedOut'])
    flow.stop()
    expect(() => flow.signOut()).not.toThrow()
    expect(sent).toEqual(['signedOut'])
  })

  it('a removal is announced to other tabs even after another tab announced a change', async () => {
    const flow = await start(scriptedBackend({ verified: true }), { tabs: channel })
    hear('changed')
    await flow.settled()
    flow.deleteDevice()
    flow.submitCode(RIGHT_CODE)
    expect(await flow.waitFor(({ device }) => device === null)).toMatchObject({ state: 'idle' })
    expect(sent).toEqual(['changed'])
  })

  it('a session that no longer owes a code is announced to other tabs, which load again and announce nothing', async () => {
    const tabs = [0, 1].map((): TabChannel => ({ onmessage: null, postMessage() {}, close() {} }))
    for (const [index, tab] of tabs.entries())
      tab.postMessage = (data) => {
        sent.push(`${index}: ${data}`)
        tabs[1 - index]?.onmessage?.(new MessageEvent('message', { data }))
      }
    const backend = scriptedBackend({ verified: true })
    let isOpen = false
    const gated: TotpBackend = {
      ...backend,
      getGate: () => ({ state: isOpen ? 'open' : 'codeOwed' }),
      authenticateTotpMfaDevice: async (params, options) => {
        const won = await backend.authenticateTotpMfaDevice(params, options)
        isOpen = true
        return won
      },
    }
    const [one, other] = await Promise.all(tabs.map((tab) => start(gated, { tabs: tab })))
    for (const flow of [one, other]) flow?.stepUp([], { fresh: true })
    expect(other?.getView()).toMatchObject({ state: 'awaitingCode', gate: 'codeOwed' })
    one?.submitCode(RIGHT_CODE)
    expect(await other?.waitFor(({ gate }) => gate === 'open')).toMatchObject({ state: 'idle' })
    expect(one?.getView()).toMatchObject({ state: 'elevated', gate: 'open' })
    expect(sent).toEqual(['0: changed'])
  })

  it('a removal is announced if another tab’s news interrupted it, since it may have succeeded', async () => {
    const backend = scriptedBackend({ verified: true })
    const flow = await start(backend, { tabs: channel })
    backend.hangs('deleteMfaDevice')
    flow.deleteDevice()
    flow.submitCode(RIGHT_CODE)
    await flow.waitFor(({ state }) => state === 'deleting')
    backend.next('getMfaDevices', async () => [])
    hear('changed')
    expect(await flow.settled()).toMatchObject({ state: 'idle', device: null })
    expect(sent).toEqual(['changed'])
  })

  it('replaced recovery codes are announced to other tabs, which stop showing theirs', async () => {
    const made = { count: 1, recoveryCodes: ['bbbbb-22222'] }
    const more = {
      getMfaRecoveryCodes: async () => ({ count: 1, recoveryCodes: [], acknowledged: false }),
      createNewMfaRecoveryCodes: async () => made,
    }
    const flow = await start({ ...scriptedBackend({ verified: true }), ...more }, { tabs: channel })
    await flow.renewRecoveryCodes()
    expect(sent).toEqual(['codesReplaced'])
    expect(flow.getView().recoveryCodes?.unseal()).toEqual(made.recoveryCodes)
    hear('codesReplaced')
    expect(flow.getView()).toMatchObject({ state: 'idle', recoveryCodes: null, error: null })
    expect(sent).toEqual(['codesReplaced'])
  })

  it('a change is announced if it is found while another tab announces something else', async () => {
    const backend = scriptedBackend()
    const flow = await start(backend, { tabs: channel })
    const list = Promise.withResolvers<never>()
    backend.next('getMfaDevices', () => list.promise)
    flow.refresh()
    hear('codesReplaced')
    list.resolve([{ id: 'd1', type: 'totp', verified: true, createdAt: '2026-01-01T00:00:00Z' }] as never)
    expect(await flow.settled()).toMatchObject({ device: { id: 'd1' } })
    expect(sent).toEqual(['changed'])
  })

  it('a change that another tab announced is not announced again', async () => {
    const backend = scriptedBackend()
    const flow = await start(backend, { tabs: channel })
    const list = Promise.withResolvers<never>()
    backend.next('getMfaDevices', () => list.promise)
    hear('changed')
    hear('codesReplaced')
    list.resolve([{ id: 'd1', type: 'totp', verified: true, createdAt: '2026-01-01T00:00:00Z' }] as never)
    expect(await flow.settled()).toMatchObject({ device: { id: 'd1' } })
    expect(sent).toEqual([])
  })

  it('malformed messages from other tabs are ignored', async () => {
    const flow = await start(scriptedBackend({ verified: true }), { tabs: channel })
    const before = flow.getView()
    for (const nonsense of [null, 1, 'toString', '__proto__', { type: 'session.end' }, ['changed']])
      hear(nonsense)
    expect(flow.getView()).toBe(before)
    hear('signedOut')
    expect(flow.getView()).toMatchObject({ device: undefined, error: { code: 'unauthenticated' } })
  })
})

describe('an acknowledgment of recovery codes', () => {
  const withCodes = (acknowledgeRecoveryCodes: TotpBackend['acknowledgeRecoveryCodes']) => {
    const backend = scriptedBackend()
    return {
      ...backend,
      authenticateTotpMfaDevice: async (...given: Parameters<TotpBackend['authenticateTotpMfaDevice']>) => ({
        ...(await backend.authenticateTotpMfaDevice(...given)),
        recoveryCodes: RECOVERY_CODES,
      }),
      ...(acknowledgeRecoveryCodes && { acknowledgeRecoveryCodes }),
    }
  }
  async function enroll(flow: TotpFlow) {
    flow.register()
    await flow.settled()
    flow.submitCode(RIGHT_CODE)
    await flow.settled()
    expect(flow.getView().recoveryCodes?.unseal()).toEqual(RECOVERY_CODES)
  }

  it('recovery codes disappear once the backend has their acknowledgment', async () => {
    const told = vi.fn(async () => {})
    const flow = await start(withCodes(told))
    await enroll(flow)
    await flow.acknowledgeRecoveryCodes()
    expect(told).toHaveBeenCalledOnce()
    expect(flow.getView().recoveryCodes).toBeNull()
  })

  it('recovery codes stay when their acknowledgment fails, with a typed error', async () => {
    const flow = await start(withCodes(() => Promise.reject(new Error('down'))))
    await enroll(flow)
    await expect(flow.acknowledgeRecoveryCodes()).rejects.toMatchObject({ code: 'server' })
    expect(flow.getView().recoveryCodes).not.toBeNull()
  })

  it('newer recovery codes stay when an older set is acknowledged', async () => {
    const late = Promise.withResolvers<void>()
    const flow = await start(withCodes(() => late.promise))
    await enroll(flow)
    const old = flow.getView().recoveryCodes
    const acknowledging = flow.acknowledgeRecoveryCodes()
    flow.stepUp([], { fresh: true })
    flow.submitCode(RIGHT_CODE)
    await flow.settled()
    expect(flow.getView().recoveryCodes).not.toBe(old)
    late.resolve()
    await acknowledging
    expect(flow.getView().recoveryCodes).not.toBeNull()
  })

  it('an acknowledgment is aborted after its time-out, and by a stop', async () => {
    const flow = await start(
      withCodes(() => new Promise(() => {})),
      { callTimeout: 20 },
    )
    await enroll(flow)
    await expect(flow.acknowledgeRecoveryCodes()).rejects.toMatchObject({ code: 'timeout' })
    const another = await start(withCodes(() => new Promise(() => {})))
    await enroll(another)
    const acknowledging = another.acknowledgeRecoveryCodes()
    another.stop()
    await expect(acknowledging).rejects.toMatchObject({ code: 'aborted' })
  })
})

describe('a hostile backend', () => {
  const strange: [string, () => unknown][] = [
    ['a code of nobody', () => new TotpFlowError('wrong_code' as never, { message: 'x' })],
    ['a time that is no number', () => new TotpFlowError('rate_limited', { retryAt: 10n as never })],
    [
      'a name that throws',
      () =>
        Object.defineProperty(new Error('x'), 'name', {
          get: () => {
            throw new Error('y')
          },
        }),
    ],
    [
      'a trap',
      () =>
        new Proxy(
          {},
          {
            getPrototypeOf: () => {
              throw new Error('y')
            },
          },
        ),
    ],
  ]
  it.each(strange)('a backend that rejects with %s leaves the flow usable', async (_, make) => {
    const backend = scriptedBackend({ verified: true })
    const flow = await start(backend)
    flow.stepUp(['wallet:export'])
    backend.fails('authenticateTotpMfaDevice', make())
    flow.submitCode(RIGHT_CODE)
    const { state, error } = await flow.settled()
    expect(state).toBe('awaitingCode')
    expect(['server', 'rate_limited']).toContain(error?.code)
    flow.cancel()
    expect(flow.getView().state).toBe('idle')
  })

  it('an answer that throws when it is read leaks nothing of its content', async () => {
    const seen: string[] = []
    const backend = scriptedBackend({ verified: true })
    const flow = await start(backend, {
      inspect: ({ actorRef, ...sent }) =>
        void seen.push(
          JSON.stringify({ ...sent, sourceRef: undefined }),
          String('event' in sent && 'error' in sent.event && sent.event.error),
        ),
    })
    const trap = {
      get deviceId() {
        throw new Error(`the code was ${RIGHT_CODE}`)
      },
    }
    backend.next('authenticateTotpMfaDevice', async () => trap)
    flow.stepUp(['wallet:export'])
    flow.submitCode(RIGHT_CODE)
    expect((await flow.settled()).error?.code).toBe('malformed_response')
    expect(seen.join()).not.toContain(RIGHT_CODE)
  })
})

it.each([undefined, null, 'wallet:export', 5, ['x'], [1], new Array(1)])(
  'a step-up for the scopes %j is refused with a typed error',
  async (scopes) => {
    for (const isElevated of [false, true]) {
      const flow = await start(scriptedBackend({ verified: true }))
      if (isElevated) {
        flow.stepUp(['wallet:sign'])
        flow.submitCode(RIGHT_CODE)
        await flow.settled()
      }
      const { state } = flow.getView()
      flow.stepUp(scopes as never)
      expect(flow.getView()).toMatchObject({ state, error: { code: 'scope_not_allowed' } })
    }
  },
)

it('a code that is no string throws nothing', async () => {
  const flow = await start(scriptedBackend({ verified: true }))
  for (const code of [undefined, null, {}, []]) {
    flow.stepUp(['wallet:export'], { fresh: true })
    flow.submitCode(code as never)
    flow.submitRecoveryCode(code as never)
    flow.authenticate({ code } as never)
    expect(flow.getView().state).toBe('awaitingCode')
  }
  flow.submitCode(Number(RIGHT_CODE) as never)
  expect((await flow.settled()).state).toBe('elevated')
})

it.each([Number.POSITIVE_INFINITY, 2 ** 40])(
  'a callTimeout of %d ms still waits for a call',
  async (callTimeout) => {
    const clock = new TestClock(1_000)
    const backend = scriptedBackend({ verified: true })
    backend.hangs('getMfaDevices')
    const flow = createTotpFlow({ backend, clock, callTimeout })
    flows.push(flow)
    clock.pass(14_000)
    expect(flow.getView()).toMatchObject({ busy: true, error: null })
  },
)

it('a restored value that throws when it is read makes the flow start clean', async () => {
  const restore = {
    version: 1,
    get resumable() {
      throw new Error('no')
    },
  }
  const flow = await start(scriptedBackend(), { restore })
  expect(flow.getView()).toMatchObject({ state: 'idle', detail: 'ready' })
})

it('waiting for a stopped flow rejects', async () => {
  const backend = scriptedBackend()
  backend.hangs('getMfaDevices')
  const flow = createTotpFlow({ backend })
  const waiting = flow.settled()
  flow.stop()
  await expect(waiting).rejects.toMatchObject({ code: 'aborted' })
  await expect(flow.settled()).rejects.toMatchObject({ code: 'aborted' })
})

it('waitFor rejects on its time-out, and if its predicate throws', async () => {
  const flow = await start(scriptedBackend())
  await expect(flow.waitFor(() => false, { timeout: 5 })).rejects.toMatchObject({ code: 'timeout' })
  const asking = flow.waitFor(({ state }) => {
    if (state === 'registering') throw new Error('mine')
    return false
  })
  flow.register()
  await expect(asking).rejects.toThrow('mine')
})

it('a wait ends exactly on time for the next code, even if the timer slept', async () => {
  const clock = new TestClock(1_000)
  const backend = scriptedBackend({ verified: true, now: () => clock.now() })
  const flow = await start(backend, { clock })
  flow.stepUp(['wallet:export'])
  backend.fails(
    'authenticateTotpMfaDevice',
    new TotpFlowError('rate_limited', { retryAt: clock.now() + 30_000 }),
  )
  flow.submitCode('000000')
  expect((await flow.settled()).detail).toBe('throttled')
  clock.sleep(30_000)
  flow.submitCode(RIGHT_CODE)
  expect((await flow.settled()).state).toBe('elevated')
})

it('a refused scope leaves the elevations that are held', async () => {
  const backend = scriptedBackend({ verified: true })
  const flow = await start(backend)
  flow.stepUp(['wallet:export'])
  flow.submitCode(RIGHT_CODE)
  await flow.settled()
  backend.fails('authenticateTotpMfaDevice', new TotpFlowError('scope_not_allowed'))
  flow.stepUp(['wallet:sign'])
  flow.submitCode(RIGHT_CODE)
  expect(await flow.settled()).toMatchObject({ state: 'elevated', error: { code: 'scope_not_allowed' } })
  expect(flow.takeElevatedToken('wallet:export')).toBe(TOKEN)
})
