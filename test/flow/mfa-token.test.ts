import { expect, it } from 'vitest'
import { createTotpFlow } from '../../src/flow/create-totp-flow.ts'
import type { TotpFlow } from '../../src/flow/totp-flow.ts'
import { memoryBackend } from '../../src/memory/index.ts'
import { authenticator } from '../../src/testing/authenticator.ts'
import { TestClock } from '../../src/testing/test-clock.ts'

/** A flow over the real service, with an authenticator that is set up, and its next code. */
async function enrolled(options: { allowMfaToken?: boolean } = {}) {
  const clock = new TestClock(Date.UTC(2026, 0, 1))
  const backend = memoryBackend({ clock: () => clock.now() })
  const flow = createTotpFlow({ backend, clock, ...options })
  await flow.settled()
  flow.register()
  const secret = (await flow.settled()).registration?.unseal().secret ?? ''
  const type = async (to: TotpFlow) => {
    to.submitCode(authenticator(secret, { clock }).code())
    const view = await to.settled()
    clock.pass(30_000) // so that the next code is another
    return view
  }
  const { device } = await type(flow)
  return { backend, flow, type, deviceId: device?.id ?? '' }
}

it('the deprecated MFA token is handed out once, and removes the device once', async () => {
  const { backend, flow, type, deviceId } = await enrolled()
  const warnings: string[] = []
  flow.on('deprecation', ({ message }) => warnings.push(message))
  flow.stepUp([], { createMfaTokenOptions: { singleUse: true } })
  await type(flow)
  const mfaAuthToken = flow.consumeMfaToken()
  expect(mfaAuthToken).toEqual(expect.any(String))
  expect(flow.consumeMfaToken()).toBeNull()
  await backend.deleteMfaDevice({ deviceId, mfaAuthToken: mfaAuthToken ?? '' })
  expect(await backend.getMfaDevices()).toEqual([])
  await expect(backend.deleteMfaDevice({ deviceId, mfaAuthToken: mfaAuthToken ?? '' })).rejects.toThrow()

  flow.stepUp([], { createMfaTokenOptions: { singleUse: true } })
  expect(warnings).toHaveLength(1)
  flow.stop()
})

it('an elevation removes the device too, and the host needs no token', async () => {
  const { backend, flow, type } = await enrolled()
  flow.deleteDevice()
  expect((await type(flow)).device).toBeNull()
  expect(await backend.getMfaDevices()).toEqual([])
  flow.stop()
})

it('allowMfaToken: false refuses MFA tokens with a typed error, for a step-up and for a removal', async () => {
  const { flow } = await enrolled({ allowMfaToken: false })
  flow.stepUp([], { createMfaTokenOptions: {} })
  expect(flow.getView()).toMatchObject({ state: 'elevated', error: { code: 'mfa_token_disabled' } })
  flow.deleteDevice({ createMfaTokenOptions: {} })
  expect(flow.getView()).toMatchObject({ state: 'elevated', error: { code: 'mfa_token_disabled' } })
  expect(flow.consumeMfaToken()).toBeNull()
  flow.stop()
})
