import { expect, it, onTestFinished } from 'vitest'
import { createTotpFlow } from '../../src/flow/create-totp-flow.ts'
import { elevate } from '../../src/flow/elevate.ts'
import { RIGHT_CODE, scriptedBackend, TOKEN } from './scripted-backend.ts'

it('callers of what serves once are asked one after another, each for a code of its own', async () => {
  const flow = createTotpFlow({ backend: scriptedBackend({ verified: true }) })
  onTestFinished(() => flow.stop())
  const tokens = Promise.all([elevate(flow, ['wallet:export']), elevate(flow, ['wallet:export'])])
  for (const _ of ['the first', 'the second']) {
    await flow.waitFor(({ showsCodeField }) => showsCodeField)
    flow.submitCode(RIGHT_CODE)
    await flow.settled()
  }
  expect(await tokens).toEqual([TOKEN, TOKEN])
})
