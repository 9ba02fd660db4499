import { afterEach, expect, it, onTestFinished, vi } from 'vitest'
import { TotpFlowError } from '../../src/contract/errors.ts'
import { createTotpFlow } from '../../src/flow/create-totp-flow.ts'
import type { TotpFlow } from '../../src/flow/totp-flow.ts'
import { memoryBackend } from '../../src/memory/index.ts'
import { authenticator } from '../../src/testing/authenticator.ts'
import { TestClock } from '../../src/testing/test-clock.ts'
import { createCodePrompt } from '../../src/ui/code-prompt.ts'
import { scriptedBackend } from '../flow/scripted-backend.ts'

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

it('the code prompt counts down at once if it opens during a wait', async () => {
  await throttled()
  const { secondsLeft } = createCodePrompt(flow).getState()
  expect(secondsLeft).toBeGreaterThan(50)
  expect(secondsLeft).toBeLessThanOrEqual(60)
})

it('the code prompt counts down only with a listener, and leaves no timer', async () => {
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

it('the code prompt sends nothing if nothing was typed', async () => {
  await throttled()
  expect(createCodePrompt(flow).submit()).toBe(false)
})

it('the code prompt says why it counts down after the flow was canceled and restarted', async () => {
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

it('the code prompt reduces a pasted message to its six digits', async () => {
  await throttled()
  const prompt = createCodePrompt(flow)
  const shownFor = (text: string) => {
    prompt.type(text)
    return prompt.getState().typed
  }
  for (const text of [
    '123 456',
    ' 12-34-56 ',
    '１２３４５６',
    '12345',
    '1234567',
    'Code: 12345',
    '123456, 654321',
  ])
    expect(shownFor(text)).toBe(text)
  for (const text of [
    'Code: 123 456',
    '#123456',
    '123–456',
    '123456 is your code. Don’t share it.',
    '123\u200b456',
  ])
    expect(shownFor(text)).toBe('123456')
  prompt.use('recovery')
  expect(shownFor('1. abcde-12345-fgh0k')).toBe('1. abcde-12345-fgh0k')
})

it('the code prompt recognizes a code of the app sent as a recovery code, until the next one', async () => {
  const clock = new TestClock()
  flow = createTotpFlow({ backend: memoryBackend({ clock: () => clock.now() }), clock })
  await flow.settled()
  flow.register()
  const { registration } = await flow.waitFor(({ state }) => state === 'awaitingCode')
  flow.submitCode(authenticator(registration?.unseal().secret ?? '', { clock }).code())
  await flow.waitFor(({ state }) => state === 'elevated')
  flow.stepUp(['wallet:export'])
  const prompt = createCodePrompt(flow)
  onTestFinished(prompt.subscribe(() => {}))
  prompt.use('recovery')
  const said = async (text: string) => {
    prompt.type(text)
    prompt.submit()
    await flow.settled()
    const { error, isAppCode } = prompt.getState()
    return [error?.code, isAppCode]
  }
  for (const code of ['123456', '123 456', 'Code: 123456'])
    expect(await said(code)).toEqual(['malformed_code', true])
  expect(await said('abcde-123')).toEqual(['malformed_code', false])
  expect(await said('00000-00000')).toEqual(['invalid_code', false])
  prompt.use('app')
  expect(await said('abcde-12345-fgh0k')).toEqual(['malformed_code', false])
})

it('the code prompt sends six digits automatically a moment later, once, and only with a listener', async () => {
  vi.useFakeTimers()
  const backend = scriptedBackend()
  flow = createTotpFlow({ backend })
  const codes = () => backend.calls.flatMap(({ params }) => (params ? [params] : []))
  await flow.settled()
  flow.register()
  await flow.settled()
  const prompt = createCodePrompt(flow)
  const leave = prompt.subscribe(() => {})
  prompt.type('111111')
  vi.advanceTimersByTime(799)
  expect(codes()).toHaveLength(0)
  prompt.type('11111')
  vi.advanceTimersByTime(1000)
  expect(codes()).toHaveLength(0)
  prompt.type('111111')
  vi.advanceTimersByTime(800)
  expect(prompt.getState().busy).toBe(true)
  await flow.settled()
  expect(codes()).toHaveLength(1)
  expect(prompt.getState()).toMatchObject({ busy: false, isSpent: true, typed: '111111' })
  prompt.type('111 111') // the same code was refused: it would cost a try
  vi.advanceTimersByTime(1000)
  expect([prompt.submit(), codes().length]).toEqual([false, 1])
  prompt.type('222222')
  leave()
  vi.advanceTimersByTime(1000)
  expect(codes()).toHaveLength(1)
  expect(vi.getTimerCount()).toBe(0)
})

it('the code prompt resends a code after a network failure only at a press', async () => {
  vi.useFakeTimers()
  const backend = scriptedBackend()
  flow = createTotpFlow({ backend })
  await flow.settled()
  flow.register()
  await flow.settled()
  const prompt = createCodePrompt(flow)
  onTestFinished(prompt.subscribe(() => {}))
  backend.fails('authenticateTotpMfaDevice', new TotpFlowError('network'))
  prompt.type('123456')
  expect(prompt.submit()).toBe(true)
  await flow.settled()
  expect(prompt.getState()).toMatchObject({ isSpent: false, typed: '123456', error: { code: 'network' } })
  prompt.type('123-456')
  vi.advanceTimersByTime(1000)
  expect(flow.getView().state).toBe('awaitingCode')
  expect(prompt.submit()).toBe(true)
  expect((await flow.settled()).state).toBe('elevated')
})

it('the code prompt forgets the typed text when the flow’s prompt ends, and accepts nothing then', async () => {
  flow = createTotpFlow({ backend: scriptedBackend() })
  await flow.settled()
  flow.register()
  await flow.settled()
  const prompt = createCodePrompt(flow)
  onTestFinished(prompt.subscribe(() => {}))
  prompt.use('recovery')
  prompt.type('abc')
  flow.cancel()
  expect(prompt.getState()).toMatchObject({ method: 'app', typed: '' })
  prompt.type('123456')
  prompt.use('recovery')
  expect(prompt.submit()).toBe(false)
  expect(prompt.getState()).toMatchObject({ method: 'app', typed: '' })
})

it('the code prompt sends nothing during a wait, and announces the wait instead', async () => {
  await throttled()
  const prompt = createCodePrompt(flow)
  onTestFinished(prompt.subscribe(() => {}))
  prompt.type('654321')
  expect(prompt.submit()).toBe(true)
  expect(flow.getView().state).toBe('awaitingCode')
  expect(prompt.getState()).toMatchObject({ typed: '654321', isSpent: true })
})

it('the prompt offers help from the second wrong code on, until it is left', async () => {
  const wrong = () => Promise.reject(new TotpFlowError('invalid_code'))
  flow = createTotpFlow({ backend: { ...memoryBackend(), authenticateTotpMfaDevice: wrong } })
  const prompt = createCodePrompt(flow)
  const needed: boolean[] = []
  onTestFinished(prompt.subscribe(() => {}))
  await flow.waitFor(({ device }) => device === null)
  flow.register()
  await flow.waitFor(({ state }) => state === 'awaitingCode')
  for (const code of ['111111', '222222', '333333']) {
    prompt.type(code)
    prompt.submit()
    await flow.waitFor(({ error, busy }) => error !== null && !busy)
    needed.push(prompt.getState().needsHelp)
  }
  expect(needed).toEqual([false, true, true])
  flow.cancel()
  await flow.settled()
  flow.register()
  await flow.waitFor(({ state }) => state === 'awaitingCode')
  expect(prompt.getState().needsHelp).toBe(false)
})

it('the prompt offers no help where nothing was wrong with the code', async () => {
  const failures = [
    new TotpFlowError('network'),
    new TotpFlowError('network'),
    new TotpFlowError('invalid_code'),
  ]
  const failing = () => Promise.reject(failures.shift())
  flow = createTotpFlow({ backend: { ...memoryBackend(), authenticateTotpMfaDevice: failing } })
  const prompt = createCodePrompt(flow)
  onTestFinished(prompt.subscribe(() => {}))
  await flow.waitFor(({ device }) => device === null)
  flow.register()
  await flow.waitFor(({ state }) => state === 'awaitingCode')
  while (failures.length > 0) {
    prompt.type('111111')
    prompt.submit()
    await flow.waitFor(({ error, busy }) => error !== null && !busy)
  }
  expect(prompt.getState().needsHelp).toBe(false)
})
