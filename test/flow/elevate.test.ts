import { expect, it, onTestFinished } from 'vitest'
import { createTotpFlow } from '../../src/flow/create-totp-flow.ts'
import { elevate } from '../../src/flow/elevate.ts'
import { RIGHT_CODE, scriptedBackend, TOKEN } from './scripted-backend.ts'

it('what is in hand serves, but not who wants it fresh', async () => {
  const backend = scriptedBackend({ verified: true })
  const flow = createTotpFlow({ backend })
  onTestFinished(() => flow.stop())
  const winOne = async () => {
    await flow.waitFor(({ showsCodeField }) => showsCodeField)
    flow.submitCode(RIGHT_CODE)
    await flow.settled()
  }
  const codesAsked = () => backend.calls.filter(({ name }) => name === 'authenticateTotpMfaDevice').length
  await flow.settled()
  flow.stepUp(['wallet:export'])
  await winOne()
  expect(await elevate(flow, ['wallet:export'])).toBe(TOKEN)
  expect(codesAsked()).toBe(1)

  flow.stepUp(['wallet:export'])
  await winOne()
  const fresh = elevate(flow, ['wallet:export'], { fresh: true })
  await winOne()
  expect(await fresh).toBe(TOKEN)
  expect(codesAsked()).toBe(3)
})

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
