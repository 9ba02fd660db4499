import type { StatelyInspectionEvent } from '@statelyai/inspect'
import { expect, it } from 'vitest'
import { createActor, createMachine } from 'xstate'
import { createInspector } from '../../src/inspect/create-inspector.ts'

const lamp = createMachine({
  id: 'lamp',
  initial: 'off',
  states: { off: { on: { turn: 'on' } }, on: { on: { turn: 'off' } } },
})

/** What a viewer is told, in short. */
function watched() {
  const told: string[] = []
  const receive = (message: StatelyInspectionEvent) =>
    told.push(
      'event' in message
        ? `${message.event.type}${'snapshot' in message ? ` ${message.snapshot.status}` : ''}`
        : 'actor',
    )
  const inspector = createInspector({ to: { receive } })
  return { told, inspector }
}

it('the inspector does not report an actor that never starts', async () => {
  const { told, inspector } = watched()
  createActor(lamp, { inspect: inspector.inspect })
  await Promise.resolve()
  expect(told).toEqual([])
})

it('the inspector reports an actor that is stopped at once and does not restart', async () => {
  const { told, inspector } = watched()
  createActor(lamp, { inspect: inspector.inspect }).start().stop()
  await Promise.resolve()
  expect(told).toEqual(['actor', 'xstate.init', 'xstate.init active', 'xstate.stop stopped'])
})

it('the inspector reports at once what an actor receives while it starts', () => {
  const { told, inspector } = watched()
  createActor(lamp, { inspect: inspector.inspect }).start().send({ type: 'turn' })
  expect(told).toEqual(['actor', 'xstate.init', 'xstate.init active', 'turn', 'turn active'])
})
