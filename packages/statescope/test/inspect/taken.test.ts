import { expect, it } from 'vitest'
import { type AnyStateMachine, assign, createActor, createMachine, raise, setup } from 'xstate'
import { createInspector } from '../../src/inspect/create-inspector.ts'
import { Timeline } from '../../src/inspect/timeline.ts'
import { takenAt } from '../../src/statechart/active.ts'
import { chartOf } from '../../src/statechart/chart.ts'

/** What a viewer is told that each event took, as it would draw it. */
function takenBy(machine: AnyStateMachine, ...types: string[]): string[][] {
  const timeline = new Timeline()
  const inspector = createInspector({
    to: { receive: (message) => timeline.receive(JSON.parse(JSON.stringify(message))) },
  })
  const actor = createActor(machine, { inspect: inspector.inspect }).start()
  for (const type of types) actor.send({ type })
  actor.stop()
  inspector.stop()
  const [seen] = timeline.actors.values()
  if (!seen?.machine) throw new Error('no machine was told of')
  const chart = chartOf(seen.machine)
  return timeline.steps
    .filter(({ event }) => types.includes(event.type))
    .map(({ taken = [] }) =>
      takenAt(chart, taken).map(
        ({ source, transition: { event, guard, targets } }) =>
          `${source} ${event}${guard ? ` [${guard}]` : ''} → ${targets}`,
      ),
    )
}

it.each<[string, AnyStateMachine, string, string[]]>([
  [
    'a final child and the done that follows',
    createMachine({
      id: 'm',
      initial: 'a',
      states: {
        a: {
          initial: 'first',
          onDone: 'b',
          states: { first: { on: { go: 'last' } }, last: { type: 'final' } },
        },
        b: {},
      },
    }),
    'go',
    ['m.a.first go → m.a.last', 'm.a done → m.b'],
  ],
  [
    'a transition at once after an assignment',
    setup({ types: {} as { context: { count: number } } }).createMachine({
      id: 'm',
      context: { count: 0 },
      initial: 'a',
      states: {
        a: {
          on: { go: { actions: assign({ count: ({ context }) => context.count + 1 }) } },
          always: { guard: ({ context }) => context.count > 0, target: 'b' },
        },
        b: {},
      },
    }),
    'go',
    ['m.a go → ', 'm.a always [({ context }) => context.count > 0] → m.b'],
  ],
  [
    'an event that is raised on the way in',
    createMachine({
      id: 'm',
      initial: 'a',
      states: { a: { on: { go: 'b' } }, b: { entry: raise({ type: 'on' }), on: { on: 'c' } }, c: {} },
    }),
    'go',
    ['m.a go → m.b', 'm.b on → m.c'],
  ],
  [
    'the second of two ways to one place',
    createMachine({
      id: 'm',
      initial: 'a',
      states: { a: { on: { go: [{ guard: () => false, target: 'b' }, { target: 'b' }] } }, b: {} },
    }),
    'go',
    ['m.a go → m.b'],
  ],
  [
    'events that stand for many',
    createMachine({ id: 'm', initial: 'a', states: { a: { on: { 'key.*': 'b' } }, b: {} } }),
    'key.down',
    ['m.a key.* → m.b'],
  ],
  [
    'an event that stands for any',
    createMachine({ id: 'm', initial: 'a', states: { a: { on: { '*': 'b' } }, b: {} } }),
    'whatever',
    ['m.a any event → m.b'],
  ],
  [
    'a machine without states',
    createMachine({ id: 'm', on: { ping: { actions: 'log' } } }, { actions: { log: () => {} } }),
    'ping',
    ['m ping → '],
  ],
  ['an event that nothing takes', createMachine({ id: 'm', initial: 'a', states: { a: {} } }), 'go', []],
])('the transitions of %s are told as XState took them', (_, machine, type, taken) => {
  expect(takenBy(machine, type)).toEqual([taken])
})

it('the transitions of one event are not reported again with the next', () => {
  const turn = createMachine({
    id: 'm',
    initial: 'a',
    states: { a: { on: { go: 'b' } }, b: { on: { go: 'a' } } },
  })
  expect(takenBy(turn, 'go', 'go')).toEqual([['m.a go → m.b'], ['m.b go → m.a']])
})
