import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createTotpFlow } from '../../src/flow/create-totp-flow.ts'
import { createJustEnrolled } from '../../src/ui/just-enrolled.ts'
import { RIGHT_CODE, scriptedBackend } from '../flow/scripted-backend.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('justEnrolled holds for a while after an enrollment, if it has a listener', async () => {
  const flow = createTotpFlow({ backend: scriptedBackend() })
  const justEnrolled = createJustEnrolled(flow)
  const listener = vi.fn()
  const leave = justEnrolled.subscribe(listener)
  await flow.settled()
  flow.register()
  await flow.settled()
  expect(justEnrolled.getState()).toBe(false)
  flow.submitCode(RIGHT_CODE)
  await flow.settled()
  expect(justEnrolled.getState()).toBe(true)
  expect(listener).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(8000)
  expect(justEnrolled.getState()).toBe(false)
  expect(listener).toHaveBeenCalledTimes(2)
  flow.stop()
  leave()
})

it('justEnrolled leaves no timer behind', async () => {
  const flow = createTotpFlow({ backend: scriptedBackend() })
  const justEnrolled = createJustEnrolled(flow)
  const leave = justEnrolled.subscribe(() => {})
  await flow.settled()
  flow.register()
  await flow.settled()
  flow.submitCode(RIGHT_CODE)
  await flow.settled()
  flow.stop()
  leave()
  expect(justEnrolled.getState()).toBe(false)
  expect(vi.getTimerCount()).toBe(0)
})
