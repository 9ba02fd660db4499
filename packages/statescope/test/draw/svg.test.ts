import { createRequire } from 'node:module'
import sharp from 'sharp'
import { expect, it } from 'vitest'
import { createMachine } from 'xstate'
import { folderApart } from '../../../../test/support/apart.ts'
import { drawMermaid, drawSvg } from '../../src/draw/index.ts'
import { pngOf } from '../../src/draw/png.ts'
import { order, player } from '../statechart/machines.ts'

const { Resvg } = createRequire(`${folderApart('pictures')}/package.json`)('@resvg/resvg-js')
const byResvg = (svg: string): Buffer =>
  new Resvg(svg, { fitTo: { mode: 'zoom', value: 2 } }).render().asPng()
const byLibrsvg = pngOf

/** The color of each pixel, as long as the picture is opaque. */
async function pixelsOf(png: Buffer) {
  const { data, info } = await sharp(png).flatten().removeAlpha().raw().toBuffer({ resolveWithObject: true })
  return { ...info, data }
}
/** How many pixels of a color there are. */
async function countOf(png: Buffer, color: string): Promise<number> {
  const { data } = await pixelsOf(png)
  const wanted = Buffer.from(color.replace('#', ''), 'hex')
  let count = 0
  for (let at = 0; at < data.length; at += 3) if (wanted.equals(data.subarray(at, at + 3))) count++
  return count
}

it('the same machine gives the same file', async () => {
  expect(await drawSvg(order)).toBe(await drawSvg(order))
})

it('an SVG file references nothing outside itself', async () => {
  const svg = await drawSvg(player)
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/)
  expect(svg).not.toMatch(/light-dark|var\(|context-stroke|<script|href|url\((?!#head\))/)
})

it('an SVG with the automatic theme has the colors of both themes, and any other those of one', async () => {
  const [auto, light, dark] = await Promise.all(
    (['auto', 'light', 'dark'] as const).map((theme) => drawSvg(player, { theme })),
  )
  const [LIGHT, DARK] = [/fill="#1f2633"/, /fill="#e6e9ef"/]
  expect(auto).toMatch(LIGHT)
  expect(auto).toMatch(/@media \(prefers-color-scheme:dark\)\{.*\.name\{fill:#e6e9ef\}/)
  expect(light).toMatch(LIGHT)
  expect(dark).toMatch(DARK)
  for (const one of [light, dark]) expect(one).not.toContain('<style')
  expect(dark).not.toMatch(LIGHT)
})

it.each(['light', 'dark', 'auto'] as const)(
  'librsvg and resvg draw an SVG with the theme %s alike',
  async (theme) => {
    const svg = await drawSvg(player, { theme })
    const [one, other] = await Promise.all(
      [byLibrsvg(svg), byResvg(svg)].map(async (png) => pixelsOf(await png)),
    )
    expect([one?.width, one?.height]).toEqual([other?.width, other?.height])
    let apart = 0
    one?.data.forEach((value, at) => {
      if (Math.abs(value - (other?.data[at] ?? 0)) > 64) apart++
    })
    expect(apart / (one?.data.length ?? 0)).toBeLessThan(0.01)
  },
)

it.each([
  ['librsvg', byLibrsvg],
  ['resvg', byResvg],
])('%s shows boxes, lines, arrow heads and words', async (_program, render) => {
  const svg = await drawSvg(player, { theme: 'light' })
  const png = await render(svg)
  expect(await countOf(png, '#f6f7f9')).toBeGreaterThan(100_000)
  expect(await countOf(png, '#1f2633')).toBeGreaterThan(1_000)
  const headless = svg.replaceAll(' marker-end="url(#head)"', '')
  const heads = (await countOf(png, '#8d97a6')) - (await countOf(await render(headless), '#8d97a6'))
  expect(heads).toBeGreaterThan(500)
})

it('a depth draws the states down to that level, and the transitions between them', async () => {
  const svg = await drawSvg(order, { depth: 1 })
  expect(svg.match(/data-state="[^"]*"/g)?.length).toBe(9)
  expect(svg).toContain('>checkout<')
  expect(svg).not.toContain('display')
  const diagram = drawMermaid(order, { depth: 1 })
  expect(diagram).toContain('"payment"')
  expect(diagram).not.toContain('"choosing"')
})

it.each([0, 1.5, Number.NaN])('a depth of %d is rejected with a RangeError', async (depth) => {
  await expect(drawSvg(order, { depth })).rejects.toThrow('depth must be a whole number from 1 on.')
  expect(() => drawMermaid(order, { depth })).toThrow('depth must be a whole number from 1 on.')
})

it('a PNG is at most as large as renderers draw', async () => {
  const states = Object.fromEntries(
    Array.from({ length: 250 }, (_, index) => [`s${index}`, { on: { next: `s${index + 1}` } }]),
  )
  const long = createMachine({ id: 'long', initial: 's0', states: { ...states, s250: {} } })
  const { width, height } = await sharp(await pngOf(await drawSvg(long)), {
    limitInputPixels: false,
  }).metadata()
  expect(Math.max(width, height)).toBeGreaterThan(30_000)
  expect(Math.max(width, height)).toBeLessThanOrEqual(32_000)
})
