import { expect, it, onTestFinished, vi } from 'vitest'
import type { TotpBackend } from '../../src/contract/backend.ts'
import { TotpFlowError } from '../../src/contract/errors.ts'
import { createTotpFlow, type TotpFlow } from '../../src/flow/create-totp-flow.ts'
import { memoryBackend } from '../../src/memory/index.ts'
import { authenticator } from '../../src/testing/authenticator.ts'

/** A flow over the real service, with an authenticator that is on and codes that are kept. */
async function enrolled(change: (real: TotpBackend) => Partial<TotpBackend> = () => ({})) {
  const real = memoryBackend()
  const flow = createTotpFlow({ backend: { ...real, ...change(real) } })
  onTestFinished(() => flow.stop())
  await flow.settled()
  flow.register()
  const { registration } = await flow.waitFor(({ state }) => state === 'awaitingCode')
  const phone = authenticator(registration?.unseal().secret ?? '')
  flow.submitCode(phone.code())
  const { recoveryCodes } = await flow.waitFor(({ state }) => state === 'elevated')
  await flow.acknowledgeRecoveryCodes()
  return { flow, old: recoveryCodes?.unseal() ?? [] }
}

const asksForCode = (flow: TotpFlow) => flow.waitFor(({ showsCodeField }) => showsCodeField)
const outcomeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    (cause: unknown) => TotpFlowError.from(cause).code,
  )

it('new codes cost a code, replace the old ones, and are shown until they are kept', async () => {
  const { flow, old } = await enrolled()
  expect(await flow.countRecoveryCodes()).toBe(10)
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
  expect(await flow.countRecoveryCodes()).toBe(9)
})

it('whoever does not give the code keeps the codes there are', async () => {
  const { flow } = await enrolled()
  const outcome = outcomeOf(flow.renewRecoveryCodes())
  await asksForCode(flow)
  flow.cancel()
  expect(await outcome).toBe('cancelled')
  expect(flow.getView().recoveryCodes).toBeNull()
  expect(await flow.countRecoveryCodes()).toBe(10)
})

it('codes that come after the user has gone are shown to nobody', async () => {
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
  expect(await outcome).toBe('done')
  expect(flow.getView().recoveryCodes).toBeNull()
})

it('no code is asked for where there is no authenticator, and none where the backend fails afterwards', async () => {
  const flow = createTotpFlow({ backend: memoryBackend() })
  onTestFinished(() => flow.stop())
  expect(await outcomeOf(flow.renewRecoveryCodes())).toBe('no_device')
  expect(await flow.countRecoveryCodes()).toBe(0)

  const broken = vi.fn(() => Promise.reject(new TotpFlowError('server')))
  const { flow: another, old } = await enrolled(() => ({ createNewMfaRecoveryCodes: broken }))
  const outcome = outcomeOf(another.renewRecoveryCodes())
  await asksForCode(another)
  another.submitRecoveryCode(old[0] ?? '')
  expect(await outcome).toBe('server')
  expect(broken).toHaveBeenCalledOnce()
  expect(another.getView().recoveryCodes).toBeNull()
})

it('a backend that does not count says so', async () => {
  const { flow } = await enrolled(() => ({ getMfaRecoveryCodes: undefined }) as object)
  expect(await flow.countRecoveryCodes()).toBeNull()
})

it('a call is given up with the flow, and after as long as any timer can wait', async () => {
  const timeout = vi.spyOn(AbortSignal, 'timeout')
  onTestFinished(() => timeout.mockRestore())
  const getMfaRecoveryCodes = vi.fn<NonNullable<TotpBackend['getMfaRecoveryCodes']>>(
    () => new Promise(() => {}),
  )
  const backend = { ...memoryBackend(), getMfaRecoveryCodes }
  const flow = createTotpFlow({ backend, callTimeout: Number.POSITIVE_INFINITY })
  const outcome = outcomeOf(flow.countRecoveryCodes())
  expect(timeout).toHaveBeenCalledExactlyOnceWith(2 ** 31 - 1)
  flow.stop()
  expect(await outcome).toBe('aborted')
  expect(getMfaRecoveryCodes.mock.calls[0]?.[0]?.signal?.aborted).toBe(true)
})
