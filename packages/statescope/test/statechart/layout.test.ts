import ElkModule from 'elkjs/lib/elk.bundled.js'
import { expect, it } from 'vitest'
import { createMachine } from 'xstate'
import { chartOf } from '../../src/statechart/chart.ts'
import { layOut } from '../../src/statechart/layout.ts'
import { nested, order, player, shop, wide } from './machines.ts'

const elk = new ElkModule.default()

it.each([order, player, shop])(
  'gives each state a place within its parent, and each way a line and its words',
  async (machine) => {
    const chart = chartOf(machine)
    const { boxes, arrows, width, height } = await layOut(chart, elk)
    expect(boxes.map(({ state }) => state.id)).toEqual([...chart.states.keys()])
    for (const { state, x, y, width: w, height: h } of boxes) {
      const outer = boxes.find((box) => box.state.id === state.parent) ?? { x: 0, y: 0, width, height }
      expect(
        x >= outer.x && y >= outer.y && x + w <= outer.x + outer.width && y + h <= outer.y + outer.height,
        state.id,
      ).toBe(true)
    }
    expect(arrows.flatMap(({ ways }) => ways).length).toBe(chart.ways.length)
    for (const { points, ways, label } of arrows) {
      expect(points.length).toBeGreaterThanOrEqual(2)
      expect(label?.words.length ?? 0).toBe(ways.length)
    }
  },
)

it.each([
  ['of a chart', order, 'down'],
  ['of a chart from left to right', order, 'right'],
  ['of a large chart', nested, 'down'],
  ['of a wide chart', wide, 'down'],
] as const)('no box %s overlaps another box of its parent', async (_, machine, direction) => {
  const { boxes } = await layOut(chartOf(machine), elk, { direction })
  for (const one of boxes) {
    for (const other of boxes) {
      if (one === other || one.state.parent !== other.state.parent) continue
      const apart =
        one.x + one.width <= other.x ||
        other.x + other.width <= one.x ||
        one.y + one.height <= other.y ||
        other.y + other.height <= one.y
      expect(apart, `${one.state.id} and ${other.state.id}`).toBe(true)
    }
  }
})

it('draws states whose ids are like the marks of the drawing', async () => {
  const machine = createMachine({
    id: 'all',
    initial: 'a',
    states: {
      a: { id: 'a → b', on: { x: '#all:start' } },
      b: {
        id: 'all:start',
        initial: 'c',
        on: { z: '#a → b' },
        states: { c: { id: '0', on: { up: '#all' } } },
      },
    },
  })
  const { boxes, arrows } = await layOut(chartOf(machine), elk)
  expect(boxes.map(({ state }) => state.id)).toEqual(['all', 'a → b', 'all:start', '0'])
  expect(arrows.map(({ points }) => points.length > 1)).toEqual([true, true, true, true, true])
})

it('no arrow ends where nothing is drawn', async () => {
  const machine = createMachine({
    id: 'both',
    type: 'parallel',
    states: { left: { initial: 'on', states: { on: { on: { anew: { target: '#both', reenter: true } } } } } },
  })
  const { arrows } = await layOut(chartOf(machine), elk)
  const anew = arrows.find(({ target }) => target === 'both')
  const end = anew?.points.at(-1)
  const { x = 0, y = 0 } = anew?.dotAt ?? {}
  expect(Math.hypot((end?.x ?? 0) - x, (end?.y ?? 0) - y)).toBeLessThan(6)
})

it('leads an arrow from a history state to where it goes at first', async () => {
  const states = { b: {}, c: {}, past: { type: 'history' as const, target: 'c' } }
  const machine = createMachine({ id: 'h', initial: 'a', states: { a: { initial: 'b', states } } })
  const { arrows } = await layOut(chartOf(machine), elk)
  expect(arrows).toContainEqual(
    expect.objectContaining({ source: 'h.a.past', target: 'h.a.c', points: expect.anything() }),
  )
})

it('the chart distinguishes deep from shallow history', async () => {
  const machine = createMachine({
    initial: 'a',
    states: { a: {}, back: { type: 'history' }, exactly: { type: 'history', history: 'deep' } },
  })
  const { boxes } = await layOut(chartOf(machine), elk)
  expect(boxes.map(({ name }) => name)).toEqual([
    '(machine)',
    'a',
    'back (history)',
    'exactly (deep history)',
  ])
})

it('makes a box around states wide enough for its own words, and no higher than it has to be', async () => {
  const name = 'a machine with a longer name than its states'
  const inner = { initial: 'a', entry: 'anActionWithALongNameToo', states: { a: {} } }
  const { boxes } = await layOut(
    chartOf(createMachine({ id: name, initial: 'b', states: { b: inner } })),
    elk,
  )
  const [outer, box] = boxes
  expect(outer?.width).toBeGreaterThan(name.length * 7.8)
  expect(box?.width).toBeGreaterThan('entry / anActionWithALongNameToo'.length * 6.6)
  expect(box?.height).toBeLessThan(200)
})

it('wide characters get the room of two', async () => {
  const boxOf = async (name: string) => {
    const { boxes } = await layOut(chartOf(createMachine({ initial: name, states: { [name]: {} } })), elk)
    return boxes.at(1)?.width
  }
  expect(await boxOf('状態名状態名状態名')).toBe(await boxOf('abcdefghijklmnopqr'))
})

it.each([nested, wide])(
  'very many states each have a place, and each way a line to where it leads',
  async (machine) => {
    const chart = chartOf(machine)
    const { boxes, arrows, width, height, isMap } = await layOut(chart, elk)
    expect(isMap).toBe(true)
    expect(Math.max(width, height)).toBeLessThan(3000)
    const boxOf = new Map(boxes.map((box) => [box.state.id, box]))
    expect(boxes.length).toBe(chart.states.size)
    expect(new Set(arrows.flatMap(({ ways }) => ways)).size).toBe(chart.ways.length)
    for (const { points, target } of arrows) {
      const end = points.at(-1) ?? { x: Number.NaN, y: Number.NaN }
      const { x, y, width, height } = boxOf.get(target) ?? { x: 0, y: 0, width: 0, height: 0 }
      const isThere =
        end.x > x - 0.1 && end.x < x + width + 0.1 && end.y > y - 0.1 && end.y < y + height + 0.1
      expect(isThere, target).toBe(true)
    }
  },
)

it('a chart from left to right is wider than high', async () => {
  const [down, right] = await Promise.all([
    layOut(chartOf(order), elk),
    layOut(chartOf(order), elk, { direction: 'right' }),
  ])
  expect(down.height).toBeGreaterThan(down.width)
  expect(right.width).toBeGreaterThan(right.height)
  const [outer] = right.boxes
  expect(outer?.state.id).toBe('order')
})
