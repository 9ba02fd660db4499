import 'statescope/state-chart'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { machineFrom } from '../../src/inspect/machine-from.ts'
import { DEFINITION, NAMES, PAYLOADS, strangersIn, withEachReplaced } from './hostile.ts'

let chart: HTMLElementTagNameMap['state-chart']
beforeEach(() => {
  Reflect.deleteProperty(globalThis, 'ran')
  chart = document.createElement('state-chart')
  document.body.replaceChildren(chart)
})
afterEach(() => chart.remove())

const hasRun = () => 'ran' in globalThis
const status = () => chart.shadowRoot?.querySelector('[role=status]')?.textContent
const isDone = () => expect.poll(status, { interval: 1 }).not.toBe('Drawing the statechart …')
it('runs the payloads where they are taken for markup, so that the tests below can fail', async () => {
  const page = document.createElement('div')
  page.innerHTML = PAYLOADS[0]
  await expect.poll(hasRun).toBe(true)
})

it.each(PAYLOADS)('draws %j as text in place of every name of a definition', async (payload) => {
  let drawn = 0
  for (const definition of withEachReplaced(DEFINITION, payload)) {
    const machine = machineFrom(JSON.stringify(definition))
    if (!machine) continue
    chart.machine = machine
    await isDone()
    chart.show('first', { taken: [{ source: 'machine.first', eventType: payload, nth: 0 }] })
    expect(strangersIn(chart.shadowRoot), JSON.stringify(definition)).toEqual([])
    const picture = chart.shadowRoot?.querySelector('svg[role=img]')
    if (!picture) continue // this machine cannot be drawn
    drawn++
    const text = new XMLSerializer().serializeToString(picture)
    const file = new DOMParser().parseFromString(text, 'image/svg+xml')
    expect(file.querySelector('parsererror, script, img, foreignObject, a, [onload]')).toBeNull()
  }
  expect(drawn).toBeGreaterThan(60)
  expect(hasRun()).toBe(false)
})

it('lights a state of any name, and the way that led there', async () => {
  const found: Record<string, string[]> = {}
  const names = [...PAYLOADS, ...NAMES]
  for (const name of names) {
    const states = { [name]: { on: { [name]: 'b' } }, b: { initial: name, states: { [name]: {} } } }
    chart.machine = machineFrom(JSON.stringify({ id: 'm', initial: name, states }))
    await isDone()
    chart.show({ b: name }, { taken: [{ source: `m.${name}`, eventType: name, nth: 0 }] })
    const lit = chart.shadowRoot?.querySelectorAll('.state[data-active], text[data-taken]') ?? []
    const file = new DOMParser().parseFromString(chart.toSvg(), 'image/svg+xml')
    expect(file.querySelector('parsererror, script, img, [onload]')).toBeNull()
    found[name] = [...lit].map((element) => element.getAttribute('class') ?? '')
  }
  const each = names.map((name) => [name, ['state compound', 'state compound', 'state atomic', 'event']])
  expect(found).toEqual(Object.fromEntries(each))
})

it('lights no state that its value does not name, though every object has a property of that name', async () => {
  const states = { constructor: {}, toString: {}, plain: {} }
  chart.machine = machineFrom(JSON.stringify({ id: 'm', type: 'parallel', states }))
  await isDone()
  chart.show({ plain: {} })
  const lit = [...(chart.shadowRoot?.querySelectorAll('[data-active]') ?? [])]
  expect(lit.map((state) => state.getAttribute('data-state'))).toEqual(['m', 'm.plain'])
})

it('makes nothing of an attribute that the page sets', async () => {
  const before = chart.shadowRoot?.innerHTML
  for (const payload of PAYLOADS)
    for (const name of ['machine', 'actor', 'value', 'definition']) chart.setAttribute(name, payload)
  expect(chart.shadowRoot?.innerHTML).toBe(before)
  expect(hasRun()).toBe(false)
})
