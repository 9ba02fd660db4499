import assert from 'node:assert/strict'
import { createTotpFlow } from 'totp-flow'
import { httpBackend } from 'totp-flow/client'
import { authenticator } from '../../src/testing/authenticator.ts'

/** A flow of one user, at the end of `…/sdk/{environmentId}`. */
function flowOver(api: string, token: string) {
  const [baseUrl = '', environmentId = ''] = api.split('/sdk/')
  return createTotpFlow({ backend: httpBackend({ baseUrl, environmentId, getAccessToken: () => token }) })
}

/** Sets an app up after a wrong code, and steps up with it. Answers a recovery code. */
export async function enrollAndStepUp(api: string, token: string): Promise<string> {
  const flow = flowOver(api, token)
  await flow.settled()
  flow.register()
  const { registration, error } = await flow.settled()
  assert(registration, error?.message)
  const { code, wrongCode } = authenticator(registration.unseal().uri)
  flow.submitCode(wrongCode())
  assert.equal((await flow.settled()).error?.code, 'invalid_code')
  flow.submitCode(code())
  const enrolled = await flow.settled()
  assert.equal(enrolled.state, 'elevated', enrolled.error?.message)
  const [recoveryCode = ''] = enrolled.recoveryCodes?.unseal() ?? []
  flow.stepUp(['wallet:export'])
  flow.submitCode(code(1))
  await flow.settled()
  assert(flow.takeElevatedToken('wallet:export'))
  flow.stop()
  return recoveryCode
}

/** The app that was set up is still on, and a recovery code removes it. */
export async function removeByRecoveryCode(api: string, token: string, recoveryCode: string): Promise<void> {
  const flow = flowOver(api, token)
  assert.equal((await flow.settled()).device?.verified, true)
  flow.deleteDevice()
  flow.submitRecoveryCode(recoveryCode)
  const removed = await flow.waitFor(
    ({ busy, device, error }) => !busy && (device === null || error !== null),
  )
  assert.equal(removed.error, null)
  assert.equal(removed.device, null)
  flow.stop()
}
