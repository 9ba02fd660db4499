import ElkModule from 'elkjs/lib/elk.bundled.js'
import { expect, it } from 'vitest'
import { type AnyStateMachine, createMachine } from 'xstate'
import { svg } from '../../src/statechart/build.ts'
import { chartOf } from '../../src/statechart/chart.ts'
import { draw } from '../../src/statechart/draw.ts'
import { layOut } from '../../src/statechart/layout.ts'
import { nameless, shop } from './machines.ts'

const elk = new ElkModule.default()
async function pictureOf(machine: AnyStateMachine) {
  const chart = chartOf(machine)
  const { picture } = draw(chart, await layOut(chart, elk), svg)
  return picture
}
const textsIn = (picture: Element, kind: string) =>
  [...picture.querySelectorAll(kind)].map(({ textContent }) => textContent ?? '')

it('names are drawn as text, whatever they contain', async () => {
  const picture = await pictureOf(nameless)
  expect(picture.querySelector('img, script')).toBeNull()
  expect(picture.getAttribute('aria-label')).toBe('Statechart of <img src=x onerror=alert(1)>')
  expect(textsIn(picture, 'text')).toContain('</text><script>alert(1)</script> [() => true]')
})

it('draws a broken arrow from a history state to where it leads at first', async () => {
  const states = { b: {}, c: {}, past: { type: 'history' as const, target: 'c' } }
  const machine = createMachine({ id: 'h', initial: 'a', states: { a: { initial: 'b', states } } })
  expect((await pictureOf(machine)).querySelectorAll('.line.dotted').length).toBe(1)
})

it('shortens what nobody could read in one line, and says all of it in the title', async () => {
  const endless = 'isAllowed'.repeat(30)
  const machine = createMachine({
    initial: 'a',
    states: { a: { entry: endless, on: { go: { target: 'b', guard: endless } } }, b: {} },
  })
  const picture = await pictureOf(machine)
  expect(Number(picture.getAttribute('width'))).toBeLessThan(700)
  expect(textsIn(picture, 'text').filter((text) => text.endsWith('…')).length).toBe(2)
  expect(textsIn(picture, 'title').filter((text) => text.includes(endless)).length).toBe(2)
})

it.each([
  ['characters that no document may hold', 'a\u0000\u0008\uFFFE\ud800'],
  ['characters that turn the text after them', 'a\u202e\u2066\u2069\u202a'],
])('draws %s as ones that it may', async (_kind, name) => {
  const picture = await pictureOf(createMachine({ id: name, initial: name, states: { [name]: {} } }))
  const said = 'a\ufffd\ufffd\ufffd\ufffd'
  expect(textsIn(picture, '.name')).toEqual([said, said])
  expect(picture.querySelector('[data-state]')?.getAttribute('data-state')).toBe(said)
  const file = new XMLSerializer().serializeToString(picture)
  expect(new DOMParser().parseFromString(file, 'image/svg+xml').querySelector('parsererror')).toBeNull()
})

it('draws all that a machine says: what a state has, and what each transition does', async () => {
  const { picture, boxes } = await drawnOf(shop)
  expect(boxes.get('shop.open')).toEqual([
    'open',
    'Takes orders',
    'tags: busy, lit',
    'invoke / load (id: cart, input: {size: 2})',
    'invoke / loadCart',
    'invoke / ship',
    'entry / greet({name: "Bo"}), raise(TICK, tick, after 10)',
    'exit / cancel(tick), log(bye), stopChild(helper), emit(left)',
    'initial / beep',
    '× BELL: forbidden',
    '× CLOSE: forbidden',
    '• 2. PAY [isPaid] / sendTo(cart, PING)',
    '× else PAY: forbidden “Not yet”',
    '↻ AGAIN (reenter) “Starts over” meta: {key: "r"}',
    '↻ STAY',
    '• SPAWN / spawnChild(load, helper), enqueueActions',
    '• error (cart) / beep',
    expect.stringMatching(/^• snapshot .* \/ assign\(wait\)$/),
  ])
  expect(boxes.get('shop')).toEqual([
    'shop',
    'Sells things',
    'output: total',
    'meta: {owner: "Ada", levels: [1,2]}',
    '• BELL / beep',
  ])
  expect(boxes.get('shop.open.over')).toEqual(['over', 'output: {sum: 1}'])
  expect(textsIn(picture, '.way text.event').toSorted()).toEqual([
    '1. PAY [isAbove({least: 3})] / beep, beep',
    'CLOSE',
    'INTO (reenter)',
    'after 100',
    'after later (computed)',
    'after soon (500) / beep',
    'done (cart)',
    'done / beep',
  ])
})

it('draws a machine without states', async () => {
  const { boxes } = await drawnOf(
    createMachine({ id: 'bell', entry: 'hang', on: { RING: { actions: 'ring' } } }),
  )
  expect([...boxes]).toEqual([['bell', ['bell', 'entry / hang', '• RING / ring']]])
})

async function drawnOf(machine: AnyStateMachine) {
  const picture = await pictureOf(machine)
  const states = [...picture.querySelectorAll('[data-state]')]
  const boxes = new Map(
    states.map((state) => [state.getAttribute('data-state') ?? '', textsIn(state, 'text')]),
  )
  return { picture, boxes }
}
