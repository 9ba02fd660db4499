import { expect, it, onTestFinished } from 'vitest'
import { createTotpFlow } from '../../src/flow/create-totp-flow.ts'
import { memoryBackend } from '../../src/memory/index.ts'
import { scriptedBackend } from './scripted-backend.ts'

it('the view says that a code is being checked, and only while it is', async () => {
  const backend = scriptedBackend({ verified: true })
  const flow = createTotpFlow({ backend })
  onTestFinished(() => flow.stop())
  await flow.settled()
  flow.stepUp(['wallet:export'])
  expect(flow.getView().checking).toBeNull()
  flow.submitCode('654321')
  expect(flow.getView().checking).toBe('code')
  await flow.settled()
  expect(flow.getView()).toMatchObject({ checking: null, error: { code: 'invalid_code' } })
})

it('the view says that the browser asks for a passkey, until the flow stops', async () => {
  const ceremony = (act: string) => (act === 'authenticate' ? new Promise<void>(() => {}) : undefined)
  const backend = memoryBackend({ passkeys: { ceremony } })
  await backend.registerPasskey?.()
  const flow = createTotpFlow({ backend })
  await flow.settled()
  flow.stepUp(['wallet:export'])
  flow.submitPasskey()
  expect(flow.getView().checking).toBe('passkey')
  flow.stop()
  expect(flow.getView().checking).toBeNull()
})
