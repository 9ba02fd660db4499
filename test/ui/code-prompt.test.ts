import { afterEach, expect, it, vi } from 'vitest'
import { TotpFlowError } from '../../src/contract/errors.ts'
import { createTotpFlow, type TotpFlow } from '../../src/flow/create-totp-flow.ts'
import { memoryBackend } from '../../src/memory/index.ts'
import { createCodePrompt } from '../../src/ui/code-prompt.ts'

let flow: TotpFlow
afterEach(() => {
  vi.useRealTimers()
  flow.stop()
})

const throttle = () => Promise.reject(new TotpFlowError('rate_limited', { retryAt: Date.now() + 60_000 }))

async function throttled(): Promise<void> {
  flow = createTotpFlow({
    backend: { ...memoryBackend(), authenticateTotpMfaDevice: throttle },
    clock: {
      now: () => Date.now(),
      setTimeout: (call, ms) => setTimeout(call, ms),
      clearTimeout: (id) => clearTimeout(Number(id)),
    },
  })
  await flow.waitFor(({ device }) => device === null)
  flow.register()
  await flow.waitFor(({ state }) => state === 'awaitingCode')
  flow.submitCode('123456')
  await flow.waitFor(({ detail }) => detail === 'throttled')
}

it('counts down from its first moment when it is opened in the middle of a wait', async () => {
  await throttled()
  const { secondsLeft } = createCodePrompt(flow).getState()
  expect(secondsLeft).toBeGreaterThan(50)
  expect(secondsLeft).toBeLessThanOrEqual(60)
})

it('counts while somebody listens, and leaves no timer behind', async () => {
  await throttled()
  vi.useFakeTimers({ now: Date.now() })
  const before = vi.getTimerCount()
  const prompt = createCodePrompt(flow)
  const heard = vi.fn()
  const stop = prompt.subscribe(heard)
  vi.advanceTimersByTime(3000)
  expect(heard.mock.calls.length).toBeGreaterThanOrEqual(2)
  stop()
  expect(vi.getTimerCount()).toBe(before)
})

it('sends nothing where nothing was typed', async () => {
  await throttled()
  expect(createCodePrompt(flow).submit()).toBe(false)
})

it('says why it counts down, though the flow was left and begun again since', async () => {
  await throttled()
  flow.cancel()
  await flow.settled()
  flow.register()
  await flow.settled()
  expect(flow.getView()).toMatchObject({ detail: 'throttled', error: null })
  const prompt = createCodePrompt(flow)
  const { error, isSpent } = prompt.getState()
  expect({ code: error?.code, isSpent }).toEqual({ code: 'rate_limited', isSpent: false })
})
