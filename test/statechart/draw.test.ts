import ElkModule from 'elkjs/lib/elk.bundled.js'
import { expect, it } from 'vitest'
import { totpMachine } from '../../machines/totp.machine.ts'
import { chartOf } from '../../src/statechart/chart.ts'
import { draw } from '../../src/statechart/draw.ts'
import { layOut } from '../../src/statechart/layout.ts'
import { nameless, player } from './machines.ts'

const elk = new ElkModule.default()

it.each([totpMachine, player])(
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
      expect(label?.lines.length ?? 0).toBe(ways.length)
    }
  },
)

it('lets no box of one parent lie over another', async () => {
  const { boxes } = await layOut(chartOf(totpMachine), elk)
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

it('draws names as text, whatever they hold', async () => {
  const chart = chartOf(nameless)
  const svg = draw(chart, await layOut(chart, elk))
  expect(svg).not.toMatch(/<(img|script)/)
  expect(svg).toContain('&#60;script&#62;')
})
