import type { StatelyInspectionEvent } from '@statelyai/inspect'
import 'statescope/state-inspector'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { page } from 'vitest/browser'
import {
  DEFINITION,
  NAMES,
  PAYLOADS,
  strangersIn,
  TEMPLATE,
  withEachReplaced,
} from '../statechart/hostile.ts'

let viewer: HTMLElementTagNameMap['state-inspector']
beforeEach(async () => {
  Reflect.deleteProperty(globalThis, 'ran')
  await page.viewport(1200, 800)
  viewer = document.createElement('state-inspector')
  viewer.style.height = '4000px' // so that every row is drawn
  document.body.replaceChildren(viewer)
})
afterEach(() => viewer.remove())

/** A message of each type, that says everything a message can say. */
const shared = { _version: '1', id: 'id', createdAt: '1', rootId: 'root', sessionId: 'x:0' }
const snapshot = {
  status: 'active',
  value: { first: 'within' },
  output: 'o',
  error: 'e',
  context: { a: 'b' },
}
const MESSAGES = [
  {
    ...shared,
    type: '@xstate.actor',
    name: 'name',
    parentId: 'x:9',
    definition: JSON.stringify(DEFINITION),
    snapshot,
  },
  {
    ...shared,
    type: '@xstate.event',
    sourceId: 'x:9',
    event: { type: 'go.on', data: 'data', nested: ['n'] },
  },
  {
    ...shared,
    type: '@xstate.snapshot',
    event: { type: 'go.on' },
    snapshot: { ...snapshot, value: 'second' },
  },
]
const receive = (message: unknown) => viewer.receive(message as StatelyInspectionEvent)
const rendered = async () => {
  await new Promise(requestAnimationFrame)
  await viewer.updateComplete
}
const tab = (name: string) => page.getByRole('tab', { name }).click()
const shownIn = (selector: string) =>
  [...(viewer.shadowRoot?.querySelectorAll(selector) ?? [])].map(({ textContent }) => textContent ?? '')

it.each([...PAYLOADS, TEMPLATE])('a message with %j for every value is shown as text', async (payload) => {
  for (const message of MESSAGES) receive(message)
  for (const message of MESSAGES) for (const other of withEachReplaced(message, payload)) receive(other)
  await rendered()
  expect(shownIn('[role=option]').length).toBeGreaterThan(5)
  expect(strangersIn(viewer.shadowRoot)).toEqual([])
  await tab('Sequence')
  await rendered()
  expect(strangersIn(viewer.shadowRoot)).toEqual([])
  expect('ran' in globalThis).toBe(false)
})

it('draws the chart of a definition that is called and typed by payloads', async () => {
  for (const payload of [...PAYLOADS, ...NAMES]) {
    const definition = {
      id: payload,
      type: payload,
      initial: 'a',
      states: { a: { type: payload, tags: payload } },
    }
    viewer.remove()
    viewer = document.createElement('state-inspector')
    document.body.append(viewer)
    receive({ ...MESSAGES[0], name: payload, definition: JSON.stringify(definition) })
    const chart = () => viewer.shadowRoot?.querySelector('state-chart')?.shadowRoot
    await expect.poll(() => chart()?.querySelectorAll('[data-state]').length, { interval: 5 }).toBe(2)
    expect(strangersIn(viewer.shadowRoot)).toEqual([])
  }
  expect('ran' in globalThis).toBe(false)
})

it('no name reverses the text around it', async () => {
  const turned = 'a\u202eb\u2066c'
  for (const message of MESSAGES)
    receive({ ...message, sessionId: turned, name: turned, event: { type: turned } })
  await rendered()
  const text = shownIn('*').join()
  expect(text).toContain('a\ufffdb\ufffdc')
  expect(text).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/)
})

it('the inspector continues after an event that nests too deep to be written', async () => {
  const depth = 200_000
  const deep = `{"type":"deep","nested":${'['.repeat(depth)}${']'.repeat(depth)}}`
  for (const message of MESSAGES) receive({ ...message, event: JSON.parse(deep) })
  receive({ ...MESSAGES[2], event: { type: 'deep' }, snapshot: { value: JSON.parse(deep).nested } })
  await rendered()
  for (const message of MESSAGES.slice(1)) receive({ ...message, event: { type: 'next' } })
  await expect.poll(() => shownIn('[role=option] code')).toContain('next')
  await tab('Sequence')
  await expect.poll(() => shownIn('[role=option] code').join()).toContain('next')
})
