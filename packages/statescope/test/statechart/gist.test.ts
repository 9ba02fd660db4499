import ElkModule from 'elkjs/lib/elk.bundled.js'
import { expect, it } from 'vitest'
import { createMachine } from 'xstate'
import { type Chart, chartOf } from '../../src/statechart/chart.ts'
import { collapsedAtFirst, gistOf } from '../../src/statechart/gist.ts'
import { layOut } from '../../src/statechart/layout.ts'
import { order, player } from './machines.ts'

const gistAt = (chart: Chart, depth: number) => gistOf(chart, collapsedAtFirst(chart, depth), true)
const arrowsOf = (machine: Parameters<typeof chartOf>[0], depth: number) =>
  gistAt(chartOf(machine), depth).chart.ways.map(
    ({ source, event, targets }) => `${source} ${event} ${targets}`,
  )

it('a gist has the states down to its depth, and no others', () => {
  const namesAt = (depth: number) => [...gistAt(chartOf(player), depth).chart.states.keys()]
  expect(namesAt(1)).toEqual(['player', 'player.track', 'player.sound'])
  expect(namesAt(2)).toContain('player.track.playing')
  expect(namesAt(2)).not.toContain('player.track.playing.fast')
  expect(namesAt(9)).toEqual([...chartOf(player).states.keys()])
})

it('a way from or to a state that is not shown leads from or to the state around it, once for each event', () => {
  const machine = createMachine({
    id: 'm',
    initial: 'a',
    states: {
      a: {
        initial: 'one',
        states: { one: { on: { GO: '#m.b.two', SWAP: 'other' } }, other: { on: { GO: '#m.b' } } },
      },
      b: { initial: 'two', states: { two: { on: { BACK: '#m.a.other' } } } },
    },
  })
  expect(arrowsOf(machine, 1)).toEqual(['m.a GO m.b', 'm.b BACK m.a'])
  const { wayOf } = gistAt(chartOf(machine), 1)
  expect(new Set(wayOf.values()).size).toBe(2)
  expect(wayOf.size).toBe(3) // both GO are one way; SWAP has none
})

it('a gist keeps room for the longest text that says where one is inside a state', () => {
  const { states } = gistAt(chartOf(player), 1).chart
  expect(states.get('player.track')?.longestInside).toBe('playing.normal')
  const regions = createMachine({
    id: 'r',
    initial: 'on',
    states: {
      on: {
        type: 'parallel',
        states: { left: { initial: 'up', states: { up: {}, down: {} } }, right: {} },
      },
    },
  })
  expect(gistAt(chartOf(regions), 1).chart.states.get('r.on')?.longestInside).toBe('left.down, right')
})

it.each([order, player])(
  'a gist is laid out within its picture, much smaller than the whole',
  async (machine) => {
    const elk = new ElkModule.default()
    const chart = chartOf(machine)
    const whole = await layOut(chart, elk)
    const { width, height, arrows } = await layOut(gistAt(chart, 1).chart, elk, { brief: true })
    expect(width * height).toBeLessThan((whole.width * whole.height) / 2)
    for (const { label } of arrows) if (label) expect(label.x).toBeGreaterThanOrEqual(0)
  },
)

it('the whole chart is not changed by its gist', () => {
  const chart = chartOf(player)
  const before = JSON.stringify([...chart.states])
  gistAt(chart, 1)
  expect(JSON.stringify([...chart.states])).toBe(before)
})

it('what is collapsed alone is drawn without its states, and the rest stays as it is', () => {
  const chart = chartOf(player)
  const { chart: shown, wayOf } = gistOf(chart, new Set(['player.track.playing']))
  expect(shown.states.size).toBe(chart.states.size - 3)
  expect(shown.states.get('player.track.playing')).toMatchObject({
    type: 'atomic',
    entry: [],
    longestInside: 'normal',
  })
  expect(shown.states.get('player.track.loading')?.invoke).toEqual(['load'])
  const kept = chart.ways.filter(({ source }) => !source.startsWith('player.track.playing.'))
  expect(shown.ways).toEqual(kept)
  for (const way of kept) expect(wayOf.get(way)).toBe(way)
  expect(wayOf.size).toBe(kept.length)
})
