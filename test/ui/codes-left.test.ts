import { expect, it, vi } from 'vitest'
import { createTotpFlow } from '../../src/flow/create-totp-flow.ts'
import { memoryBackend } from '../../src/memory/index.ts'
import { authenticator } from '../../src/testing/authenticator.ts'
import { createCodesLeft } from '../../src/ui/codes-left.ts'
import { settle } from '../flow/live-flow.ts'
import { scriptedBackend } from '../flow/scripted-backend.ts'

it('an answer after the last listener left is ignored', async () => {
  const flow = createTotpFlow({ backend: scriptedBackend({ verified: true }) })
  const { promise, resolve } = Promise.withResolvers<{ count: number; acknowledged: boolean }>()
  const asked = vi.spyOn(flow, 'checkRecoveryCodes').mockReturnValue(promise)
  await flow.settled()
  const left = createCodesLeft(flow)
  const leave = left.subscribe(() => {})
  expect(asked).toHaveBeenCalledTimes(1)
  leave()
  resolve({ count: 3, acknowledged: true })
  await settle()
  expect(left.getState()).toBeNull()
  const leaveAgain = left.subscribe(() => {})
  await settle()
  expect(left.getState()).toEqual({ count: 3, acknowledged: true })
  leaveAgain()
  flow.stop()
})

it('the count of recovery codes is neither loaded nor shown once no app is on', async () => {
  const flow = createTotpFlow({ backend: scriptedBackend({ verified: true }) })
  const asked = vi
    .spyOn(flow, 'checkRecoveryCodes')
    .mockImplementation(async () => ({ count: 3, acknowledged: true }))
  await flow.settled()
  const left = createCodesLeft(flow)
  const leave = left.subscribe(() => {})
  await settle()
  expect(left.getState()).toEqual({ count: 3, acknowledged: true })
  flow.signOut()
  await settle()
  expect(left.getState()).toBeNull()
  expect(asked).toHaveBeenCalledTimes(1)
  leave()
  flow.stop()
})

it('the count of recovery codes is not loaded while an enrollment shows them, and once when they are saved', async () => {
  const flow = createTotpFlow({ backend: memoryBackend() })
  const asked = vi
    .spyOn(flow, 'checkRecoveryCodes')
    .mockImplementation(async () => ({ count: 2, acknowledged: true }))
  await flow.settled()
  const left = createCodesLeft(flow)
  const leave = left.subscribe(() => {})
  flow.register()
  const { registration } = await flow.waitFor(({ state }) => state === 'awaitingCode')
  flow.submitCode(authenticator(registration?.unseal().secret ?? '').code())
  const { recoveryCodes } = await flow.waitFor(({ state }) => state === 'elevated')
  expect(recoveryCodes).not.toBeNull()
  await settle()
  expect(asked).not.toHaveBeenCalled()
  expect(left.getState()).toBeNull()
  await left.keep()
  await settle()
  expect(asked).toHaveBeenCalledTimes(1)
  expect(left.getState()).toEqual({ count: 2, acknowledged: true })
  leave()
  flow.stop()
})
