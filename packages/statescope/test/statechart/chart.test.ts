import { expect, it } from 'vitest'
import { createMachine } from 'xstate'
import { definitionOf } from '../../src/inspect/definition.ts'
import { machineFrom } from '../../src/inspect/machine-from.ts'
import { chartOf } from '../../src/statechart/chart.ts'
import { nameless, order, player } from './machines.ts'

const chart = chartOf(player)
const ways = chart.ways.map(
  ({ source, event, guard, targets }) => `${source} ${event}${guard ? ` [${guard}]` : ''} → ${targets}`,
)

it('the chart has every state, nested, parallel, history and final ones', () => {
  expect([...chart.states.values()].map(({ id, type }) => `${id} ${type}`)).toEqual([
    'player parallel',
    'player.track compound',
    'player.track.stopped atomic',
    'player.track.loading atomic',
    'player.track.playing compound',
    'player.track.playing.normal atomic',
    'player.track.playing.fast atomic',
    'player.track.playing.before history',
    'player.track.ended atomic',
    'player.track.over final',
    'player.sound compound',
    'player.sound.on atomic',
    'player.sound.off atomic',
  ])
})

it('the chart has every transition from one state to another, in the words that people use', () => {
  expect(ways).toEqual([
    'player.track.stopped play → player.track.loading',
    'player.track.loading done → player.track.playing',
    'player.track.loading error → player.track.stopped',
    'player.track.loading after 5000 → player.track.stopped',
    'player.track.playing stop → player.track.stopped',
    'player.track.playing track.* [isLast] → player.track.ended',
    'player.track.playing.normal skip → player.track.playing.fast',
    'player.track.playing.fast skip → player.track.playing.normal',
    'player.track.ended always [isLast] → player.track.over',
    'player.track.ended always → player.track.stopped',
    'player.sound.on mute → player.sound.off',
    'player.sound.off mute [not isLast] → player.sound.on',
  ])
})

it('the chart has the events that a state handles without leaving, its invokes, and its initial state', () => {
  const stopped = chart.states.get('player.track.stopped')
  expect(stopped).toMatchObject({ tags: ['quiet'], parent: 'player.track', reactions: [{ event: 'mute' }] })
  expect(chart.states.get('player.track.loading')?.invoke).toEqual(['load'])
  expect(chart.states.get('player.track.playing')).toMatchObject({
    initial: 'player.track.playing.normal',
    entry: ['assign(volume)'],
  })
})

it('a chart leaves out nothing of a machine', () => {
  const { ways, states } = chartOf(order)
  const reactions = [...states.values()].flatMap((state) => state.reactions)
  const events = new Set([...ways, ...reactions].map(({ eventType }) => eventType))
  expect([...events].filter((type) => type && !type.startsWith('xstate.')).toSorted()).toEqual(
    order.events.filter((type) => !type.startsWith('xstate.')).toSorted(),
  )
})

it('a chart names even what has no name', () => {
  const { ways, states } = chartOf(nameless)
  expect(ways[0]).toMatchObject({ guard: '() => true', targets: [expect.stringContaining('c&d')] })
  expect([...states.values()][2]?.reactions).toMatchObject([
    { event: 'again', targets: [expect.stringContaining('c&d')] },
  ])
})

it('a machine without states has a chart', () => {
  expect(chartOf(createMachine({ id: 'alone', on: { ping: {} } }))).toMatchObject({
    id: 'alone',
    ways: [],
    root: { type: 'atomic', reactions: [{ event: 'ping' }] },
  })
})

it('the chart has the default target of a history state that names one', () => {
  const history = (target?: string) => ({ type: 'history' as const, ...(target !== undefined && { target }) })
  const machine = createMachine({
    id: 'h',
    initial: 'a',
    states: {
      a: {
        initial: 'one',
        states: {
          one: {},
          'two.half': { id: 'half', initial: 'x', states: { x: {} } },
          silent: history(),
          near: history('one'),
          deep: history('two\\.half.x'),
          byId: history('#half.x'),
          nowhere: history('three'),
          lost: history('#lost'),
        },
      },
    },
  })
  expect(
    chartOf(machine).ways.map(({ source, event, targets }) => `${source} ${event} → ${targets}`),
  ).toEqual([
    'h.a.near default → h.a.one',
    'h.a.deep default → h.a.two.half.x',
    'h.a.byId default → h.a.two.half.x',
  ])
})

it('what XState takes for a state and is none has no arrow', () => {
  const states = { a: { on: { x: 'toString', y: 'b', z: '__proto__' } }, b: {}, ['__proto__']: {} }
  const { ways, states: known } = chartOf(createMachine({ id: 'odd', initial: 'a', states }))
  expect([...known.keys()]).toEqual(['odd', 'odd.a', 'odd.b'])
  expect(ways.map(({ event, targets }) => [event, targets])).toEqual([['y', ['odd.b']]])
})

it('an actor by the name of its logic is said once, also where the logic stands in the chart', () => {
  const child = createMachine({ id: 'child' })
  const invoke = [
    { id: 'child', src: child },
    { id: 'other', src: child },
  ]
  const machine = createMachine({ invoke })
  expect(chartOf(machine).root.invoke).toEqual(['child', 'child (id: other)'])
  expect(chartOf(machineFrom(definitionOf(machine)) ?? createMachine({})).root.invoke).toEqual(
    chartOf(machine).root.invoke,
  )
})
