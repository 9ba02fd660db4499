import { createInspector, type StatelyInspectionEvent } from '@statelyai/inspect'
import { expect, it } from 'vitest'
import { createTotpFlow } from '../../src/flow/create-totp-flow.ts'
import { MFA_TOKEN, RIGHT_CODE, SECRET, scriptedBackend, TOKEN } from './scripted-backend.ts'

it("shows Stately's inspector the states and events of a whole run, and no secret, code or token", async () => {
  const sent: StatelyInspectionEvent[] = []
  const inspector = createInspector({ send: (event) => sent.push(event) })
  const flow = createTotpFlow({ backend: scriptedBackend(), inspect: inspector.inspect })
  await flow.settled()
  flow.register()
  await flow.settled()
  flow.submitCode(RIGHT_CODE)
  await flow.settled()
  flow.stepUp([], { createMfaTokenOptions: {} })
  flow.submitCode(RIGHT_CODE)
  await flow.settled()
  flow.stepUp(['credential:unlink'])
  flow.submitCode(RIGHT_CODE)
  await flow.settled()
  flow.deleteDevice()
  await flow.settled()
  expect(flow.getView()).toMatchObject({ state: 'idle', device: null })
  flow.stop()

  const values = () =>
    sent.map((event) => ('snapshot' in event && 'value' in event.snapshot ? event.snapshot.value : null))
  await expect.poll(values).toContain('deleting') // it sends when the page is idle
  expect(values()).toContain('elevated')
  const text = JSON.stringify(sent)
  expect(text).toContain('"type":"code.submit"')
  for (const hidden of [SECRET, RIGHT_CODE, TOKEN, MFA_TOKEN]) expect(text).not.toContain(hidden)
})
