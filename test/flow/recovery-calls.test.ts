import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { TotpBackend } from '../../src/contract/backend.ts'
import { TotpFlowError } from '../../src/contract/errors.ts'
import { createTotpFlow } from '../../src/flow/create-totp-flow.ts'
import type { TotpFlow } from '../../src/flow/totp-flow.ts'
import { memoryBackend } from '../../src/memory/index.ts'
import { authenticator } from '../../src/testing/authenticator.ts'

/** A flow over the real service, with an authenticator that is on and codes that are kept. */
async function enrolled(
  change: (real: TotpBackend) => Partial<TotpBackend> = () => ({}),
  { isKept = true } = {},
) {
  const real = memoryBackend()
  const flow = createTotpFlow({ backend: { ...real, ...change(real) } })
  onTestFinished(() => flow.stop())
  await flow.settled()
  flow.register()
  const { registration } = await flow.waitFor(({ state }) => state === 'awaitingCode')
  const phone = authenticator(registration?.unseal().secret ?? '')
  flow.submitCode(phone.code())
  const { recoveryCodes } = await flow.waitFor(({ state }) => state === 'elevated')
  if (isKept) await flow.acknowledgeRecoveryCodes()
  return { flow, old: recoveryCodes?.unseal() ?? [] }
}

const asksForCode = (flow: TotpFlow) => flow.waitFor(({ showsCodeField }) => showsCodeField)
const outcomeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    (cause: unknown) => TotpFlowError.from(cause).code,
  )

it('new recovery codes require a code, replace the old ones, and are shown until they are acknowledged', async () => {
  const { flow, old } = await enrolled()
  expect(await flow.checkRecoveryCodes()).toEqual({ count: 10, acknowledged: true })
  const outcome = outcomeOf(flow.renewRecoveryCodes())
  await asksForCode(flow)
  expect(flow.getView().recoveryCodes).toBeNull()
  flow.submitRecoveryCode(old[0] ?? '')
  expect(await outcome).toBe('done')
  const renewed = flow.getView().recoveryCodes?.unseal() ?? []
  expect(renewed).toHaveLength(10)
  expect(renewed.filter((code) => old.includes(code))).toEqual([])
  await flow.acknowledgeRecoveryCodes()
  expect(flow.getView().recoveryCodes).toBeNull()

  flow.stepUp(['wallet:export'])
  flow.submitRecoveryCode(old[1] ?? '')
  expect((await flow.settled()).error?.code).toBe('invalid_code')
  flow.submitRecoveryCode(renewed[0] ?? '')
  expect((await flow.settled()).state).toBe('elevated')
  expect(await flow.checkRecoveryCodes()).toEqual({ count: 9, acknowledged: true })
})

describe('unacknowledged recovery codes', () => {
  const made = vi.fn<NonNullable<TotpBackend['createNewMfaRecoveryCodes']>>()
  afterEach(() => made.mockReset())
  const unkept = () => enrolled(() => ({ createNewMfaRecoveryCodes: made }), { isKept: false })

  it('unacknowledged recovery codes differ from acknowledged ones', async () => {
    const { flow } = await unkept()
    expect(await flow.checkRecoveryCodes()).toEqual({ count: 10, acknowledged: false })
    await flow.acknowledgeRecoveryCodes()
    expect(await flow.checkRecoveryCodes()).toEqual({ count: 10, acknowledged: true })
  })

  it('unacknowledged recovery codes are renewed without a code if the backend requires none', async () => {
    const { flow } = await unkept()
    made.mockResolvedValueOnce({ count: 1, recoveryCodes: ['bbbbb-22222'] })
    expect(await outcomeOf(flow.renewRecoveryCodes())).toBe('done')
    expect(made).toHaveBeenCalledExactlyOnceWith({}, { signal: expect.any(AbortSignal) })
    expect(flow.getView()).toMatchObject({ state: 'elevated', showsCodeField: false })
    expect(flow.getView().recoveryCodes?.unseal()).toEqual(['bbbbb-22222'])
  })

  it.each(['proof_required', 'elevation_required'] as const)(
    'renewing unacknowledged recovery codes prompts for a code if the backend says %s',
    async (code) => {
      const { flow, old } = await unkept()
      made.mockRejectedValueOnce(new TotpFlowError(code))
      made.mockResolvedValueOnce({ count: 1, recoveryCodes: ['bbbbb-22222'] })
      const outcome = outcomeOf(flow.renewRecoveryCodes())
      await asksForCode(flow)
      expect(flow.getView().requestedScopes).toEqual(['credential:update'])
      flow.submitRecoveryCode(old[0] ?? '')
      expect(await outcome).toBe('done')
      expect(made.mock.calls.map(([proof]) => Object.keys(proof ?? {}))).toEqual([
        [],
        ['elevatedAccessToken'],
      ])
      expect(flow.getView().recoveryCodes?.unseal()).toEqual(['bbbbb-22222'])
    },
  )

  it('renewing unacknowledged recovery codes fails without a prompt if the backend fails otherwise', async () => {
    const { flow } = await unkept()
    made.mockRejectedValueOnce(new TotpFlowError('network'))
    expect(await outcomeOf(flow.renewRecoveryCodes())).toBe('network')
    expect(made).toHaveBeenCalledOnce()
    expect(flow.getView().showsCodeField).toBe(false)
  })
})

it('cancelling the prompt for new recovery codes keeps the old ones', async () => {
  const { flow } = await enrolled()
  const outcome = outcomeOf(flow.renewRecoveryCodes())
  await asksForCode(flow)
  flow.cancel()
  expect(await outcome).toBe('cancelled')
  expect(flow.getView().recoveryCodes).toBeNull()
  expect(await flow.checkRecoveryCodes()).toEqual({ count: 10, acknowledged: true })
})

it('recovery codes that arrive after a sign-out are not shown', async () => {
  const asked = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<{ count: number; recoveryCodes: string[] }>()
  const { flow, old } = await enrolled(() => ({
    createNewMfaRecoveryCodes() {
      asked.resolve()
      return answer.promise
    },
  }))
  const outcome = outcomeOf(flow.renewRecoveryCodes())
  await asksForCode(flow)
  flow.submitRecoveryCode(old[0] ?? '')
  await asked.promise
  flow.signOut()
  answer.resolve({ count: 1, recoveryCodes: ['aaaaa-aaaaa'] })
  expect(await outcome).toBe('unauthenticated')
  expect(flow.getView().recoveryCodes).toBeNull()
})

it('recovery codes that arrive as the flow stops are not reported as shown', async () => {
  const answer = Promise.withResolvers<{ count: number; recoveryCodes: string[] }>()
  const createNewMfaRecoveryCodes = vi.fn(() => answer.promise)
  const { flow } = await enrolled(() => ({ createNewMfaRecoveryCodes }), { isKept: false })
  const outcome = outcomeOf(flow.renewRecoveryCodes())
  await vi.waitFor(() => expect(createNewMfaRecoveryCodes).toHaveBeenCalledOnce())
  answer.resolve({ count: 1, recoveryCodes: ['aaaaa-aaaaa'] })
  flow.stop()
  expect(await outcome).toBe('aborted')
})

it('a renewal prompts for no code without an authenticator, and for none after a failure of the backend', async () => {
  const flow = createTotpFlow({ backend: memoryBackend() })
  onTestFinished(() => flow.stop())
  expect(await outcomeOf(flow.renewRecoveryCodes())).toBe('no_device')
  expect(await flow.checkRecoveryCodes()).toEqual({ count: 0, acknowledged: false })

  const broken = vi.fn(() => Promise.reject(new TotpFlowError('server')))
  const { flow: another, old } = await enrolled(() => ({ createNewMfaRecoveryCodes: broken }))
  const outcome = outcomeOf(another.renewRecoveryCodes())
  await asksForCode(another)
  another.submitRecoveryCode(old[0] ?? '')
  expect(await outcome).toBe('server')
  expect(broken).toHaveBeenCalledOnce()
  expect(another.getView().recoveryCodes).toBeNull()
})

it('recovery codes are null for a backend that cannot list them, and acknowledged for one that does not say', async () => {
  const { flow } = await enrolled(() => ({ getMfaRecoveryCodes: undefined }) as object)
  expect(await flow.checkRecoveryCodes()).toBeNull()
  const dynamic = await enrolled(() => ({
    getMfaRecoveryCodes: async () => ({ count: 3, recoveryCodes: [] }),
  }))
  expect(await dynamic.flow.checkRecoveryCodes()).toEqual({ count: 3, acknowledged: true })
})

it('the view offers new recovery codes only if the backend makes them', async () => {
  expect((await enrolled()).flow.getView().offersRenewal).toBe(true)
  const { flow } = await enrolled(() => ({ createNewMfaRecoveryCodes: undefined }) as object)
  expect(flow.getView().offersRenewal).toBe(false)
})

/** A backend that is asked for the codes and has not answered yet. */
function askedForCodes() {
  const answer = Promise.withResolvers<{ count: number; recoveryCodes: string[] }>()
  const getMfaRecoveryCodes = vi.fn<NonNullable<TotpBackend['getMfaRecoveryCodes']>>(() => answer.promise)
  const signal = () => getMfaRecoveryCodes.mock.calls[0]?.[0]?.signal
  return { getMfaRecoveryCodes, signal, answer }
}

it('stopping the flow aborts a recovery-code call', async () => {
  const { getMfaRecoveryCodes, signal } = askedForCodes()
  const flow = createTotpFlow({ backend: { ...memoryBackend(), getMfaRecoveryCodes } })
  const outcome = outcomeOf(flow.checkRecoveryCodes())
  flow.stop()
  expect(await outcome).toBe('aborted')
  expect(signal()?.aborted).toBe(true)
  expect(signal()?.reason).toMatchObject({ name: 'AbortError' }) // by which a backend's own `fetch` is known to be aborted
})

it('a sign-out aborts a recovery-code call, so that no other user sees its answer', async () => {
  const { getMfaRecoveryCodes, signal, answer } = askedForCodes()
  const { flow } = await enrolled(() => ({ getMfaRecoveryCodes }))
  const outcome = outcomeOf(flow.checkRecoveryCodes())
  answer.resolve({ count: 3, recoveryCodes: [] })
  flow.signOut()
  expect(await outcome).toBe('unauthenticated')
  expect(signal()?.aborted).toBe(true)
})

it('a sign-out aborts a recovery-code call before the devices are known, too', async () => {
  const { getMfaRecoveryCodes, answer } = askedForCodes()
  const backend = {
    ...memoryBackend(),
    getMfaRecoveryCodes,
    getMfaDevices: () => new Promise<never>(() => {}),
  }
  const flow = createTotpFlow({ backend })
  onTestFinished(() => flow.stop())
  const outcome = outcomeOf(flow.checkRecoveryCodes())
  flow.signOut()
  answer.resolve({ count: 3, recoveryCodes: [] })
  expect(await outcome).toBe('unauthenticated')
})

it('removing the authenticator aborts a recovery-code call about it', async () => {
  const { getMfaRecoveryCodes, signal } = askedForCodes()
  let isRemoved = false
  const { flow } = await enrolled((real) => ({
    getMfaRecoveryCodes,
    getMfaDevices: async (options) => (isRemoved ? [] : real.getMfaDevices(options)),
  }))
  const outcome = outcomeOf(flow.checkRecoveryCodes())
  flow.release()
  isRemoved = true // by another tab, say
  flow.refresh()
  expect(await flow.settled()).toMatchObject({ device: null })
  expect(await outcome).toBe('cancelled')
  expect(signal()?.aborted).toBe(true)
})

it('a recovery-code call waits until the devices are known', async () => {
  const { getMfaRecoveryCodes, answer } = askedForCodes()
  const flow = createTotpFlow({ backend: { ...memoryBackend(), getMfaRecoveryCodes } })
  onTestFinished(() => flow.stop())
  const check = flow.checkRecoveryCodes()
  expect(await flow.settled()).toMatchObject({ state: 'idle', device: null })
  answer.resolve({ count: 3, recoveryCodes: [] })
  expect(await check).toEqual({ count: 3, acknowledged: true })
})

describe('a slow call', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => void vi.useRealTimers())

  it.each([
    ['as long as the flow waits for answers', 5000, 5000],
    ['as long as any timer can wait', Number.POSITIVE_INFINITY, 2 ** 31 - 1],
  ])('a call is given up after waiting %s', async (_, callTimeout, patience) => {
    const { getMfaRecoveryCodes, signal } = askedForCodes()
    const flow = createTotpFlow({ backend: { ...memoryBackend(), getMfaRecoveryCodes }, callTimeout })
    onTestFinished(() => flow.stop())
    const outcome = outcomeOf(flow.checkRecoveryCodes())
    await vi.advanceTimersByTimeAsync(patience - 1)
    expect(signal()?.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(await outcome).toBe('timeout')
    expect(signal()?.reason).toMatchObject({ name: 'TimeoutError', message: 'No answer in time.' })
  })

  it('an answered call leaves no timer, and no signal that fires later', async () => {
    const { getMfaRecoveryCodes, signal, answer } = askedForCodes()
    const flow = createTotpFlow({ backend: { ...memoryBackend(), getMfaRecoveryCodes } })
    onTestFinished(() => flow.stop())
    await flow.settled()
    const timers = vi.getTimerCount()
    const check = flow.checkRecoveryCodes()
    expect(vi.getTimerCount()).toBe(timers + 1)
    answer.resolve({ count: 3, recoveryCodes: [] })
    await check
    expect(vi.getTimerCount()).toBe(timers)
    expect(signal()?.aborted).toBe(false)
  })
})

it('calls that end with their flows each have their own error', async () => {
  const backend = { ...memoryBackend(), getMfaRecoveryCodes: () => new Promise<never>(() => {}) }
  const flows = [createTotpFlow({ backend }), createTotpFlow({ backend })]
  const outcomes = flows.map((flow) => flow.checkRecoveryCodes().catch((thrown: unknown) => thrown))
  for (const flow of flows) flow.stop()
  const [one, other] = await Promise.all(outcomes)
  for (const error of [one, other]) expect(error).toMatchObject({ code: 'aborted' })
  expect(one).not.toBe(other)
})

it('a stopped flow does not call its backend', async () => {
  const getMfaRecoveryCodes = vi.fn<NonNullable<TotpBackend['getMfaRecoveryCodes']>>()
  const flow = createTotpFlow({ backend: { ...memoryBackend(), getMfaRecoveryCodes } })
  flow.stop()
  expect(await outcomeOf(flow.checkRecoveryCodes())).toBe('aborted')
  expect(await outcomeOf(flow.renewRecoveryCodes())).toBe('aborted')
  expect(getMfaRecoveryCodes).not.toHaveBeenCalled()
})

it('stopping the flow does not abort a call that was answered, and the flow does not hold it', async () => {
  const getMfaRecoveryCodes = vi.fn<NonNullable<TotpBackend['getMfaRecoveryCodes']>>(async () => ({
    count: 1,
    recoveryCodes: [],
  }))
  const flow = createTotpFlow({ backend: { ...memoryBackend(), getMfaRecoveryCodes } })
  expect(await flow.checkRecoveryCodes()).toEqual({ count: 1, acknowledged: true })
  flow.stop()
  expect(getMfaRecoveryCodes.mock.calls[0]?.[0]?.signal?.aborted).toBe(false)
})

it('a recovery-code call ends with a flow that broke', async () => {
  const getMfaRecoveryCodes = () => new Promise<never>(() => {})
  const flow = createTotpFlow({ backend: { ...memoryBackend(), getMfaRecoveryCodes } })
  const outcome = outcomeOf(flow.checkRecoveryCodes())
  const { proxy, revoke } = Proxy.revocable<never[]>([], {})
  revoke()
  flow.stepUp(proxy)
  expect(flow.actor.getSnapshot().status).toBe('error')
  expect(await outcome).toBe('aborted')
  flow.stop()
})
