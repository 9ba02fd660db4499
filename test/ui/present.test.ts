import { expect, it } from 'vitest'
import { TotpFlowError } from '../../src/contract/errors.ts'
import { createTotpFlow } from '../../src/flow/create-totp-flow.ts'
import { en } from '../../src/messages/en.ts'
import { type Known, present, standingOf } from '../../src/ui/present.ts'
import { scriptedBackend } from '../flow/scripted-backend.ts'

const OFFLINE = en.errors.network
const NO_DEVICE = en.errors.no_device

async function saidOf(more: Partial<Known>) {
  const flow = createTotpFlow({ backend: scriptedBackend() })
  await flow.settled()
  flow.deleteDevice()
  const { texts } = present({ view: flow.getView(), messages: en, ...more })
  flow.stop()
  return [texts.error, texts['codes-error']]
}
const failed = { codesWork: { pending: null, failure: new TotpFlowError('network'), taken: null } }

it.each([
  ['the error of the flow, without work on recovery codes', {}, [NO_DEVICE, '']],
  [
    'both errors, where the one about recovery codes has a place of its own',
    { ...failed, hasCodesError: true },
    [NO_DEVICE, OFFLINE],
  ],
  ['the error about recovery codes, where there is one place for both', failed, [OFFLINE, OFFLINE]],
])('the presentation says %s', async (_, more, said) => {
  expect(await saidOf(more)).toEqual(said)
})

it.each([
  [0, [false, false, false]],
  [1, [true, false, false]],
  [2, [true, true, false]],
  [3, [true, true, true]],
])('at step %i the steps before it are done', (current, done) => {
  expect([0, 1, 2].map((step) => standingOf(step, current).isDone)).toEqual(done)
})

it.each([0, 1, 2, 3])('at step %i one of three steps is the current one', (current) => {
  expect([0, 1, 2].filter((step) => standingOf(step, current).isCurrent)).toEqual([Math.min(current, 2)])
})

it.each([8.64e15 + 1, Number.MAX_SAFE_INTEGER, Number.MAX_VALUE])(
  'an enrollment that may be postponed until %d, beyond all dates, is shown as due on the last date',
  async (enrollBy) => {
    const backend = scriptedBackend()
    const gated = { ...backend, getGate: () => ({ state: 'enrollmentOwed', enrollBy }) as const }
    const flow = createTotpFlow({ backend: gated, tabs: false })
    await flow.settled()
    const { texts } = present({ view: flow.getView(), messages: en })
    flow.stop()
    expect(texts['enroll-by']).toContain('275760')
  },
)
