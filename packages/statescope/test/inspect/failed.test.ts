/** XState tells inspectors nothing of what throws: an actor that failed must not look as though it ran on. */
import type { StatelyInspectionEvent } from '@statelyai/inspect'
import { expect, it, vi } from 'vitest'
import { assign, createActor, createMachine, fromCallback } from 'xstate'
import { createInspector } from '../../src/inspect/create-inspector.ts'
import { Timeline } from '../../src/inspect/timeline.ts'

const settle = () => new Promise<void>((resolve) => setTimeout(resolve))
const fail = () => {
  throw new Error('no milk')
}

function watched() {
  const timeline = new Timeline()
  const told: StatelyInspectionEvent[] = []
  const { inspect } = createInspector({
    to: {
      receive(message) {
        told.push(message)
        timeline.receive(message)
      },
    },
  })
  return { timeline, told, inspect }
}

const fridge = createMachine({
  id: 'fridge',
  initial: 'closed',
  context: { count: 0 },
  entry: ({ event }) => (event.type === 'xstate.init' && event.input === 'fail' ? fail() : undefined),
  states: {
    closed: {
      on: {
        count: { actions: assign({ count: fail }) },
        ask: { guard: fail, target: 'opened' },
        open: { actions: fail, target: 'opened' },
        knock: { actions: [({ self }) => self.send({ type: 'late' }), fail] },
      },
    },
    opened: {},
  },
})

it.for(['count', 'ask', 'open', 'knock'])(
  'an actor that throws at %s is shown as failed by it',
  async (type) => {
    const { timeline, inspect } = watched()
    const actor = createActor(fridge, { inspect })
    actor.subscribe({ error: () => {} })
    actor.start()
    actor.send({ type })
    await settle()
    const failed = timeline.steps.find(({ event }) => event.type === type)
    expect(failed?.snapshot).toMatchObject({
      status: 'error',
      value: 'closed',
      error: { message: expect.stringContaining('no milk') },
    })
    expect(timeline.actors.get(actor.sessionId)?.ended).toBe('error')
  },
)

it('an actor that throws as it starts is shown as failed', async () => {
  const { timeline, inspect } = watched()
  const actor = createActor(fridge, { inspect, input: 'fail' })
  actor.subscribe({ error: () => {} })
  actor.start()
  await settle()
  expect(timeline.actors.get(actor.sessionId)?.ended).toBe('error')
  expect(timeline.steps.at(-1)?.snapshot).toMatchObject({ status: 'error', error: { message: 'no milk' } })
})

it('a callback that throws as it starts is shown as failed, and its parent as running', async () => {
  const { timeline, inspect } = watched()
  const parent = createMachine({ invoke: { id: 'milk', src: fromCallback(fail), onError: {} } })
  const actor = createActor(parent, { inspect }).start()
  await settle()
  expect([...timeline.actors.values()].map(({ ended }) => ended)).toEqual([null, 'error'])
  actor.stop()
})

it('an actor fails once, and takes no event after that', async () => {
  const { timeline, told, inspect } = watched()
  const actor = createActor(fridge, { inspect })
  actor.subscribe({ error: () => {} })
  actor.start()
  actor.send({ type: 'open' })
  await settle()
  actor.send({ type: 'ask' })
  await settle()
  expect(timeline.steps.at(-1)).toMatchObject({ event: { type: 'ask' }, snapshot: undefined })
  expect(told.filter((message) => 'snapshot' in message && message.snapshot.status === 'error')).toHaveLength(
    1,
  )
})

it('a viewer that throws is reported once, and affects neither its app nor other messages', async () => {
  const complained = vi.spyOn(console, 'error').mockReturnValue()
  let count = 0
  const receive = () => {
    count += 1
    throw new Error('the viewer broke')
  }
  const { inspect } = createInspector({ to: { receive } })
  const actor = createActor(fridge, { inspect }).start()
  actor.send({ type: 'unknown' })
  await settle()
  expect(count).toBe(5) // the actor, and two events with what came of them
  expect(complained).toHaveBeenCalledTimes(1)
})
