import ElkModule from 'elkjs/lib/elk.bundled.js'
import { expect, it } from 'vitest'
import type { AnyStateMachine } from 'xstate'
import { markupIn } from '../../src/draw/markup.ts'
import { machineFrom } from '../../src/inspect/machine-from.ts'
import { svg } from '../../src/statechart/build.ts'
import { chartOf } from '../../src/statechart/chart.ts'
import { draw } from '../../src/statechart/draw.ts'
import { layOut } from '../../src/statechart/layout.ts'
import { CHART_STYLE } from '../../src/statechart/look.ts'
import { DEFINITION, elementsIn, PAYLOADS, strangersAmong, withEachReplaced } from '../statechart/hostile.ts'
import { nameless, order, player } from '../statechart/machines.ts'

const elk = new ElkModule.default()
async function bothOf(machine: AnyStateMachine) {
  const chart = chartOf(machine)
  const layout = await layOut(chart, elk)
  const { markup } = draw(chart, layout, markupIn('light')).picture
  const file = new DOMParser().parseFromString(markup, 'image/svg+xml')
  return { element: draw(chart, layout, svg).picture, file }
}

/** XState finds out late that a machine names states that it has not. */
function isSound(machine: AnyStateMachine): boolean {
  try {
    return chartOf(machine) !== null
  } catch {
    return false
  }
}

/** Every shape with its text, and with those of its attributes that have these names. */
const shapesIn = (picture: Element, named: (attribute: string) => boolean) =>
  [picture, ...picture.querySelectorAll('*')].map(({ localName, attributes, textContent }) => [
    localName,
    textContent,
    Object.fromEntries(
      [...attributes].flatMap(({ name, value }) => (named(name) ? [[name, rounded(value)]] : [])),
    ),
  ])
/** As exactly as a file has it. */
const rounded = (value: string) =>
  value.replace(/\d+\.\d+/g, (number) => String(Math.round(Number(number) * 100) / 100))

/** What a file says in addition: how it looks. */
const isOwn = (name: string) => !/^(xmlns|fill|stroke.*|font-.*|text-anchor|opacity)$/.test(name)

it.each(Object.entries({ player, order, nameless }))(
  'writes %s down as it is drawn in a page',
  async (_name, machine) => {
    const { element, file } = await bothOf(machine)
    expect(shapesIn(file.documentElement, isOwn)).toEqual(shapesIn(element, isOwn))
  },
)

it('a chart looks the same in a file as in a page with its style', async () => {
  const { element, file } = await bothOf(player)
  const page = document.createElement('div').attachShadow({ mode: 'open' })
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(`:host{color-scheme:light}${CHART_STYLE}`)
  page.adoptedStyleSheets = [sheet]
  document.body.append(page.host)
  const looksOf = (picture: Element) => {
    page.replaceChildren(picture)
    const looks = [
      'fill',
      'stroke',
      'strokeWidth',
      'strokeDasharray',
      'fontSize',
      'fontWeight',
      'textAnchor',
      'opacity',
    ]
    return [...picture.querySelectorAll(':is(rect,text,circle,g>path)')].map((shape) => {
      const style = getComputedStyle(shape)
      return looks.map((look) => Reflect.get(style, look))
    })
  }
  const inPage = looksOf(element)
  const copy = document.importNode(file.documentElement, true)
  sheet.replaceSync('')
  expect(looksOf(copy)).toEqual(inPage)
})

it.each(PAYLOADS)('a definition with %j for every name is drawn as text', async (payload) => {
  let drawn = 0
  for (const definition of withEachReplaced(DEFINITION, payload)) {
    const machine = machineFrom(JSON.stringify(definition))
    if (!machine || !isSound(machine)) continue
    const { element, file } = await bothOf(machine)
    expect(file.querySelector('parsererror')).toBeNull()
    expect(strangersAmong(elementsIn(file))).toEqual([])
    expect(file.documentElement.textContent).toBe(element.textContent)
    drawn++
  }
  expect(drawn).toBeGreaterThan(60)
})
