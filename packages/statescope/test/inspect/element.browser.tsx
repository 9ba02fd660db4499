import type { StatelyInspectionEvent } from '@statelyai/inspect'
import 'statescope/state-inspector'
import { createInspector, type Inspector } from 'statescope'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { createActor, createMachine, fromPromise } from 'xstate'
import { player } from '../statechart/machines.ts'

let viewer: HTMLElementTagNameMap['state-inspector']
let inspector: Inspector
let told: StatelyInspectionEvent[]
beforeEach(async () => {
  await page.viewport(1200, 800)
  const element = document.createElement('state-inspector')
  viewer = element
  viewer.style.height = '780px'
  document.body.replaceChildren(viewer)
  told = []
  const receive = (message: StatelyInspectionEvent) => {
    told.push(message)
    element.receive(message)
  }
  inspector = createInspector({ to: { receive } })
})
afterEach(() => {
  inspector.stop()
  viewer.remove()
})

const rows = () => page.getByRole('listbox').getByRole('option')
const chosen = () => viewer.shadowRoot?.querySelector('[aria-selected=true][role=option]')?.textContent
const answered = () => expect.element(rows().filter({ hasText: 'xstate.done.actor' })).toBeVisible()
const chart = () => viewer.shadowRoot?.querySelector('state-chart')
const chartSays = (words: string | RegExp) =>
  expect.poll(() => chart()?.shadowRoot?.querySelector('[role=status]')?.textContent).toMatch(words)
const count = (words: string) => expect.element(page.getByText(words, { exact: true })).toBeVisible()

it('the viewer says what to do before it has received anything', async () => {
  await expect.element(page.getByText('No actor has been seen yet.', { exact: false })).toBeVisible()
  await expect.element(page.getByRole('button', { name: 'Copy as test' })).toBeDisabled()
})

it('the viewer follows an actor, and goes back in time with keys and the mouse', async () => {
  const actor = createActor(player, { inspect: inspector.inspect }).start()
  actor.send({ type: 'mute' })
  await chartSays('In track.stopped and sound.off')
  actor.send({ type: 'mute' })
  await chartSays('In track.stopped and sound.on')
  await count('3 of 3')
  page.getByRole('listbox').element().focus()
  await userEvent.keyboard('{ArrowUp}')
  await chartSays('sound.off')
  await expect.poll(chosen).toContain('mute')
  await userEvent.keyboard('{Home}')
  await chartSays('sound.on')
  actor.send({ type: 'mute' }) // and what happens meanwhile does not carry one away
  await count('4 of 4')
  await chartSays('sound.on')
  await rows().nth(3).click()
  await chartSays('sound.off')
  await page.getByRole('button', { name: 'Live' }).click()
  await expect.element(page.getByRole('button', { name: 'Live' })).toHaveAttribute('aria-pressed', 'true')
  actor.stop()
})

it('the viewer filters steps by words, actor and kind', async () => {
  const actor = createActor(player, { inspect: inspector.inspect }).start()
  for (const type of ['mute', 'play', 'mute']) actor.send({ type })
  await answered()
  await page.getByRole('searchbox', { name: 'Search' }).fill('mute')
  await expect.element(rows().nth(1)).toBeVisible()
  expect(rows().elements().length).toBe(2)
  await page.getByRole('searchbox', { name: 'Search' }).fill('')
  const own = page.getByRole('checkbox', { name: 'XState’s own events' })
  await own.click()
  await expect.poll(() => rows().elements().length).toBe(3)
  await own.click()
  await page.getByRole('checkbox', { name: 'Ended actors' }).click()
  const select = page.getByRole('combobox', { name: 'Actor' })
  const child = [...(select.element() as HTMLSelectElement).options].find(({ text }) =>
    text.includes('loading'),
  )
  await select.selectOptions(child?.value ?? '')
  await expect.element(page.getByText('it has no chart', { exact: false })).toBeVisible()
  actor.stop()
})

it('the event shown is one of the picked actor, whatever step was chosen before', async () => {
  const switches = createMachine({ on: { mute: {}, play: {} } })
  const [first, second] = ['first', 'second'].map((id) =>
    createActor(switches, { id, inspect: inspector.inspect }).start(),
  )
  first?.send({ type: 'mute' })
  second?.send({ type: 'play' })
  await rows().filter({ hasText: 'play' }).click()
  await expect.poll(() => lines('Event')).toContain('type:"play"')
  const select = page.getByRole('combobox', { name: 'Actor' })
  await select.selectOptions(first?.sessionId ?? '')
  await expect.poll(() => lines('Event')).toContain('type:"mute"')
  first?.stop()
  second?.stop()
})

it('a chosen step is shown in the chart of the machine that took it, parent or child', async () => {
  const child = createMachine({
    initial: 'waiting',
    states: {
      waiting: { on: { begin: 'working' } },
      working: { invoke: { src: fromPromise(async () => 1), onDone: 'rested' } },
      rested: {},
    },
  })
  const parent = createMachine({
    initial: 'whole',
    states: { whole: { invoke: { src: child, id: 'child' }, on: { split: 'split' } }, split: {} },
  })
  const actor = createActor(parent, { inspect: inspector.inspect }).start()
  actor.getSnapshot().children.child?.send({ type: 'begin' })
  await answered()
  await chartSays('In whole')
  await rows().filter({ hasText: 'begin' }).click()
  await chartSays('In working')
  await rows().filter({ hasText: 'xstate.promise.resolve' }).click()
  await chartSays('In working')
  await rows().nth(0).click()
  await chartSays('In whole')
  actor.stop()
})

it('the viewer draws which actor sent which event to which', async () => {
  const actor = createActor(player, { inspect: inspector.inspect }).start()
  actor.send({ type: 'play' })
  await answered()
  page.getByRole('tab', { name: 'Events' }).element().focus()
  await userEvent.keyboard('{ArrowRight}')
  await expect.element(page.getByRole('tab', { name: 'Sequence' })).toHaveAttribute('aria-selected', 'true')
  await expect.element(rows().filter({ hasText: /^\s*play/ })).toBeVisible()
  expect(viewer.shadowRoot?.querySelectorAll('b.left').length).toBe(1) // what the child answered
  actor.stop()
})

it('the viewer names what its tabs show and what stands below the chart, and reads no step aloud by itself', async () => {
  const actor = createActor(player, { inspect: inspector.inspect }).start()
  actor.send({ type: 'mute' })
  await chartSays('sound.off')
  const tree = (name: string) => page.getByRole('tree', { name, exact: true })
  await expect.poll(() => tree('Event').query()?.textContent).toContain('mute')
  await expect.poll(() => tree('Snapshot').query()?.textContent).toContain('off')
  for (const name of ['Events', 'Sequence']) {
    const tab = page.getByRole('tab', { name })
    await tab.click()
    const panel = page.getByRole('tabpanel', { name })
    await expect.element(panel.getByRole('listbox', { name })).toBeVisible()
    const root = tab.element().getRootNode() as ShadowRoot
    expect(root.getElementById(tab.element().getAttribute('aria-controls') ?? '')).toBe(panel.element())
  }
  const within = [viewer.shadowRoot, chart()?.shadowRoot].flatMap((root) => [
    ...(root?.querySelectorAll('[role=status], [role=alert], output, [aria-live]') ?? []),
  ])
  const spoken = within.filter(({ ariaLive }) => ariaLive !== 'off').map(({ textContent }) => textContent)
  expect(spoken).toEqual(['', '']) // for what is found in the chart, and what becomes of copying
  actor.stop()
})

it('the viewer clears its steps, and copies a test', async () => {
  const actor = createActor(player, { inspect: inspector.inspect }).start()
  actor.send({ type: 'mute' })
  await chartSays('sound.off')
  const copied: string[] = []
  Object.defineProperty(navigator, 'clipboard', {
    configurable: true,
    value: { writeText: async (text: string) => copied.push(text) },
  })
  await page.getByRole('button', { name: 'Copy as test' }).click()
  await expect.element(page.getByText('Copied a test to the clipboard.')).toBeVisible()
  expect(copied[0]).toContain("actor.send({ type: 'mute' })")
  Reflect.deleteProperty(navigator, 'clipboard')
  await page.getByRole('button', { name: 'Clear' }).click()
  await count('0 of 0')
  actor.stop()
})

it('the viewer holds 10,000 events and 200 states, and draws only what is visible', async () => {
  const groups = Array.from({ length: 20 }, (_, group) => {
    const states = Array.from({ length: 9 }, (_, n) => [
      `s${n}`,
      { on: { next: `s${(n + 1) % 9}`, jump: `#big.g${(group * 7 + n) % 20}` } },
    ])
    return [`g${group}`, { initial: 's0', states: Object.fromEntries(states) }]
  })
  const big = createMachine({ id: 'big', initial: 'g0', states: Object.fromEntries(groups) })
  const actor = createActor(big).start()
  const shared = { _version: '0', id: '', createdAt: '0', rootId: 'big', sessionId: 'big' }
  const definition = JSON.stringify(big.config)
  const snapshot = () => ({ value: actor.getSnapshot().value }) as never
  viewer.receive({
    ...shared,
    type: '@xstate.actor',
    name: 'big',
    parentId: undefined,
    definition,
    snapshot: snapshot(),
  })
  for (let sent = 0; sent < 10_000; sent++) {
    const event = { type: sent % 3 === 0 ? 'jump' : 'next', sent }
    actor.send(event)
    viewer.receive({ ...shared, type: '@xstate.event', sourceId: undefined, event })
    viewer.receive({ ...shared, type: '@xstate.snapshot', event, snapshot: snapshot() })
  }
  await count('10,000 of 10,000')
  expect(rows().elements().length).toBeLessThan(60)
  await expect
    .poll(() => chart()?.shadowRoot?.querySelectorAll('[data-state]').length, { timeout: 60_000 })
    .toBe(21)
  page.getByRole('listbox').element().focus()
  await userEvent.keyboard('{Home}')
  await expect.poll(chosen).toContain('jump')
  actor.stop()
})

it('the viewer highlights the state of an actor known only by a snapshot, and follows a restarted app', async () => {
  const actor = createActor(player, { inspect: inspector.inspect }).start()
  await expect.poll(() => told.length).toBeGreaterThan(1)
  actor.stop()
  const known = told.find((message) => message.type === '@xstate.actor')
  if (!known) throw new Error('No actor was told of')
  const anew = document.createElement('state-inspector')
  anew.style.height = '780px'
  viewer.replaceWith(anew)
  viewer = anew
  viewer.receive(known)
  await chartSays('In track.stopped and sound.on')
  viewer.receive({
    ...known,
    sessionId: '2/x:0',
    name: 'anew',
    snapshot: { ...known.snapshot, value: { track: 'stopped', sound: 'off' } },
  })
  await chartSays('In track.stopped and sound.off')
})

it('the viewer lists every actor, even those that claim to contain each other', async () => {
  const shared = {
    _version: '',
    id: '',
    rootId: 'a',
    createdAt: '1',
    definition: '',
    type: '@xstate.actor' as const,
  }
  const snapshot = { status: 'active' as const, output: undefined, error: undefined }
  const parents = { own: 'own', a: 'c', b: 'a', c: 'b', d: undefined, e: 'd', f: 'unknown' }
  for (const [sessionId, parentId] of Object.entries(parents))
    viewer.receive({ ...shared, name: sessionId, sessionId, parentId, snapshot })
  const select = page.getByRole('combobox', { name: 'Actor' }).element() as HTMLSelectElement
  await expect
    .poll(() => [...select.options].slice(1).map(({ text }) => text.replaceAll('\u2003', '>')))
    .toEqual(['d (d)', '>e (e)', 'f (f)', 'own (own)', 'a (a)', '>b (b)', '>>c (c)'])
})

it('the sequence shows the actor that acts, however many there are', async () => {
  const shared = { _version: '', id: '', rootId: 'a', createdAt: '1', sourceId: undefined }
  const snapshot = { status: 'active' as const, output: undefined, error: undefined }
  const actorOf = (sessionId: string): StatelyInspectionEvent => ({
    ...{
      ...shared,
      type: '@xstate.actor',
      name: sessionId,
      sessionId,
      parentId: undefined,
      definition: '',
      snapshot,
    },
  })
  const eventOf = (sessionId: string): StatelyInspectionEvent => ({
    ...{ ...shared, type: '@xstate.event', sessionId, event: { type: `to ${sessionId}` } },
  })
  const names = Array.from({ length: 30 }, (_, index) => `actor ${index}`)
  for (const name of names) viewer.receive(actorOf(name))
  await page.getByRole('tab', { name: 'Sequence' }).click()
  const isSeen = (words: string) => () => {
    const list = page.getByRole('listbox').element().getBoundingClientRect()
    const arrow = page.getByText(words, { exact: true }).elements().at(-1)?.getBoundingClientRect()
    return arrow !== undefined && arrow.left >= list.left && arrow.left < list.right
  }
  for (const name of ['actor 29', 'actor 0', 'actor 15']) {
    viewer.receive(eventOf(name))
    await expect.poll(isSeen(`to ${name}`)).toBe(true)
  }
  const drawn = viewer.shadowRoot?.querySelectorAll('[role=option] > *').length
  expect(drawn).toBe(3 * 2) // for each event an arrow and its words, not a piece of every actor's line
})

const shared = { _version: '', id: '', rootId: 'a', createdAt: '1' }
const made = (sessionId: string, name = sessionId): StatelyInspectionEvent => ({
  ...{ ...shared, type: '@xstate.actor', name, sessionId, parentId: undefined, definition: '' },
  snapshot: { status: 'active' } as never,
})
const moved = (sessionId: string, snapshot: object, type = 'go') =>
  ({ ...shared, type: '@xstate.snapshot', sessionId, event: { type }, snapshot }) as never
const sent = (sessionId: string, type: string, sourceId?: string): StatelyInspectionEvent => ({
  ...{ ...shared, type: '@xstate.event', sessionId, sourceId, event: { type } },
})
const select = () => page.getByRole('combobox', { name: 'Actor' }).element() as HTMLSelectElement
const listed = () => [...select().options].slice(1).map(({ text }) => text)

it('the viewer lists ended actors on request, says how each ended, and clears them permanently', async () => {
  for (const id of ['runs', 'stops', 'fails', 'leaves'])
    viewer.receive(made(id === 'leaves' ? '2/x:0' : id, id))
  viewer.receive(moved('stops', { status: 'stopped' }))
  viewer.receive(moved('fails', { status: 'error' }))
  viewer.leave('2/')
  await expect.poll(listed).toEqual(['runs (runs)'])
  await page.getByRole('checkbox', { name: 'Ended actors' }).click()
  await expect
    .poll(listed)
    .toEqual(['runs (runs)', 'stops (stops), stopped', 'fails (fails), error', 'leaves (2/x:0), gone'])
  await expect.element(page.getByRole('option', { name: /fails go → error$/ })).toBeVisible()
  let cleared = 0
  viewer.addEventListener('clear', () => cleared++)
  await page.getByRole('button', { name: 'Clear' }).click()
  await expect.poll(listed).toEqual(['runs (runs)'])
  expect(cleared).toBe(1)
  await count('0 of 0')
})

it('the viewer finds actors by a part of their name, with the steps they took part in', async () => {
  for (const id of ['parent', 'child 1', 'child 2']) viewer.receive(made(id))
  for (const id of ['child 1', 'child 2']) viewer.receive(sent(id, `for ${id}`, 'parent'))
  await page.getByRole('searchbox', { name: 'Named' }).fill('CHILD 2')
  await expect.poll(listed).toEqual(['child 2 (child 2)'])
  await count('1 of 2')
  await page.getByRole('tab', { name: 'Sequence' }).click()
  const heads = () =>
    [...(viewer.shadowRoot?.querySelectorAll('.heads span') ?? [])].map(({ textContent }) => textContent)
  await expect.poll(heads).toEqual(['parent', 'child 2'])
})

it('the viewer stays fast with 500 active actors, and draws only the visible columns', async () => {
  for (let n = 0; n < 500; n++) viewer.receive(made(`actor ${n}`))
  await page.getByRole('tab', { name: 'Sequence' }).click()
  const frames: number[] = []
  for (let round = 0; round < 20; round++) {
    for (let n = 0; n < 500; n++)
      viewer.receive(sent(`actor ${n}`, `event ${round}`, `actor ${(n + 1) % 500}`))
    const before = performance.now()
    await new Promise(requestAnimationFrame)
    await viewer.updateComplete
    frames.push(performance.now() - before)
  }
  await count('10,000 of 10,000')
  expect(viewer.shadowRoot?.querySelectorAll('.heads span').length).toBeLessThan(60)
  expect(frames.toSorted((one, other) => one - other)[10]).toBeLessThan(200)
})

const tree = (name: string) => page.getByRole('tree', { name, exact: true })
const lines = (name: string) =>
  [...(tree(name).element().querySelectorAll('[role=treeitem]') ?? [])].map(({ textContent }) =>
    textContent?.replace('▸', ''),
  )

it('the viewer draws a snapshot as a tree that opens with keys and the mouse, and marks changes', async () => {
  const context = {
    user: { name: 'Ada', tags: ['a', 'b'] },
    count: 1,
    map: { '[Map]': [] },
    gone: true,
    bad: '[threw: no]',
  }
  viewer.receive(made('a'))
  viewer.receive(moved('a', { status: 'active', value: 'here', context }))
  const { gone: _gone, ...rest } = context
  viewer.receive(moved('a', { status: 'active', value: 'here', context: { ...rest, count: 2, fresh: null } }))
  await expect
    .poll(() => lines('Snapshot'))
    .toEqual([
      'value:"here"',
      'context:changed',
      'user:{ name, tags }',
      'count:2changed',
      'map:{ [Map] }',
      'bad:"[threw: no]"',
      'fresh:nullnew',
      'gone:trueremoved',
      'status:"active"',
    ])
  tree('Snapshot').element().focus()
  await userEvent.keyboard('{ArrowDown}{ArrowDown}{ArrowDown}{ArrowRight}{ArrowRight}{ArrowDown}{ArrowRight}')
  await expect
    .poll(() => lines('Snapshot').slice(2, 7))
    .toEqual(['user:', 'name:"Ada"', 'tags:', '0:"a"', '1:"b"'])
  const at = () => {
    const root = tree('Snapshot').element().getRootNode() as ShadowRoot
    return root.getElementById(tree('Snapshot').element().getAttribute('aria-activedescendant') ?? '')
  }
  expect([at()?.ariaLevel, at()?.ariaExpanded, at()?.ariaPosInSet, at()?.ariaSetSize]).toEqual([
    '3',
    'true',
    '2',
    '2',
  ])
  await userEvent.keyboard('{ArrowLeft}{ArrowLeft}{ArrowLeft}')
  await expect.poll(() => lines('Snapshot')[2]).toBe('user:{ name, tags }')
  await page.getByRole('treeitem', { name: /^user:/ }).click()
  await expect.poll(() => lines('Snapshot')[3]).toBe('name:"Ada"')
  viewer.receive(moved('a', { status: 'active', value: 'here', context }))
  await expect
    .poll(() => lines('Snapshot').slice(2, 6))
    .toEqual(['user:', 'name:"Ada"', 'tags:[ 2 ]', 'count:1changed'])
})

it('the viewer opens a list of 5,000 items in portions, and a long text in full', async () => {
  viewer.receive(made('a'))
  const list = Array.from({ length: 5_000 }, (_, n) => n)
  viewer.receive(moved('a', { status: 'active', context: { list, text: 'x'.repeat(9_000) } }))
  await page.getByRole('treeitem', { name: /^list:/ }).click()
  await expect.poll(() => lines('Snapshot').length).toBe(105)
  await page.getByRole('treeitem', { name: /4,900 more/ }).click()
  await expect.poll(() => lines('Snapshot').length).toBe(205)
  await page.getByRole('treeitem', { name: /^list:/ }).click()
  const text = page.getByRole('treeitem', { name: /^text:/ })
  expect(text.element().textContent).toContain('(9,000 characters)')
  await text.click()
  await expect.poll(() => text.element().textContent?.length).toBeGreaterThan(9_000)
})

/** What is copied while something is done. */
async function copiedBy(does: () => Promise<unknown>) {
  const { promise, resolve } = Promise.withResolvers<string>()
  Object.defineProperty(navigator, 'clipboard', {
    configurable: true,
    value: { writeText: async (text: string) => resolve(text) },
  })
  await does()
  const text = await promise
  Reflect.deleteProperty(navigator, 'clipboard')
  return text
}

it('the viewer copies the whole value or the selected part as JSON', async () => {
  viewer.receive(made('a'))
  const snapshot = { status: 'active', value: 'here', context: { user: { name: 'Ada' } } }
  viewer.receive(moved('a', snapshot))
  const button = page.getByRole('button', { name: 'Copy snapshot as JSON' })
  expect(JSON.parse(await copiedBy(() => button.click()))).toEqual(snapshot)
  await page.getByRole('treeitem', { name: /^user:/ }).click()
  expect(JSON.parse(await copiedBy(() => userEvent.keyboard('{Control>}c{/Control}')))).toEqual({
    name: 'Ada',
  })
})

it('the viewer sends an actor the events it accepts, or any typed event, if its app allows that', async () => {
  const allowing = createInspector({ to: viewer, allowEvents: true })
  const actor = createActor(player, { inspect: allowing.inspect }).start()
  await chartSays('sound.on')
  await page.getByText('Send an event').click()
  const types = page.getByRole('group', { name: 'Events that player takes now' })
  const offered = () =>
    types
      .getByRole('button')
      .elements()
      .map(({ textContent }) => textContent)
  expect(offered()).toEqual(['play', 'mute'])
  await types.getByRole('button', { name: 'mute' }).click()
  await chartSays('sound.off')
  const words = viewer.shadowRoot
    ?.querySelector('state-chart')
    ?.shadowRoot?.querySelector('[data-event="mute"]')
  words?.scrollIntoView({ block: 'center' })
  await userEvent.click(words ?? expect.unreachable())
  await chartSays('sound.on')
  await types.getByRole('button', { name: 'mute' }).click()
  await chartSays('sound.off')
  await expect.element(page.getByText('Sent mute to player.')).toBeVisible()
  const field = page.getByRole('textbox', { name: 'As JSON' })
  for (const [text, note] of [
    ['{ type', 'This is no JSON'],
    ['[]', 'An event is an object'],
    ['{ "type": 7 }', 'The event has no type'],
    ['{ "type": "xstate.stop" }', 'XState sends events of this type by itself.'],
  ] as const) {
    await field.fill(text)
    await userEvent.keyboard('{Enter}')
    await expect.element(page.getByText(note, { exact: false })).toBeVisible()
  }
  await field.fill('{ "type": "play", "from": 3 }')
  await userEvent.keyboard('{Enter}')
  await chartSays('playing.normal')
  await expect.poll(offered).toEqual(['stop', 'track.*', 'skip', 'mute'])
  await types.getByRole('button', { name: 'track.*' }).click()
  await expect.element(field).toHaveValue('{"type":"track."}')
  actor.stop()
  await expect.element(page.getByText('This actor has come to its end', { exact: false })).toBeVisible()
  allowing.stop()
})

it('the viewer sends no event to an actor whose app does not allow it, and says so', async () => {
  const actor = createActor(player, { inspect: inspector.inspect }).start()
  await chartSays('sound.on')
  await page.getByText('Send an event').click()
  await expect.element(page.getByText('allowEvents: true', { exact: false })).toBeVisible()
  expect(page.getByRole('textbox', { name: 'As JSON' }).elements()).toEqual([])
  actor.stop()
})

it('the viewer shows how many messages were dropped until it is cleared, without interrupting', async () => {
  viewer.receive(made('a'))
  for (let times = 0; times < 3; times++) viewer.receive({ type: '@statescope.dropped', count: 500 })
  const words = page.getByText('1,500 messages were dropped: they came too fast, or were too large.')
  await expect.element(words).toBeVisible()
  expect(words.element().closest('[role=status], [aria-live]')).toBeNull()
  await page.getByRole('button', { name: 'Clear' }).click()
  await expect.poll(() => words.elements()).toEqual([])
})

it('the viewer shows the newest of contexts of 50 kB, says how many steps it dropped, and stays within its limit', async () => {
  viewer.receive(made('a'))
  const filling = 'x'.repeat(50_000)
  for (let count = 0; count < 2_000; count++)
    viewer.receive(moved('a', { status: 'active', context: { count, filling } }))
  await expect.poll(() => lines('Snapshot')[1]).toBe('count:1999changed')
  const [, shown = '', dropped = ''] =
    /of ([\d,]+).*?([\d,]+) older steps were dropped/s.exec(viewer.shadowRoot?.textContent ?? '') ?? []
  const numbers = [shown, dropped].map((text) => Number(text.replaceAll(',', '')))
  expect(numbers[0]).toBeLessThan(700) // of 100 kB each
  expect((numbers[0] ?? 0) + (numbers[1] ?? 0)).toBe(2_000)
})

it('the viewer reads from left to right in a right-to-left page', async () => {
  document.documentElement.dir = 'rtl'
  viewer.receive(made('a'))
  viewer.receive(moved('a', { status: 'active', context: { user: { name: 'Ada' } } }))
  await expect.poll(() => lines('Snapshot').length).toBe(3)
  tree('Snapshot').element().focus()
  await userEvent.keyboard('{ArrowDown}{ArrowDown}{ArrowRight}')
  await expect.poll(() => lines('Snapshot').length).toBe(4)
  const [outer = 0, inner = 0] = ['context', 'user'].map(
    (name) =>
      page
        .getByRole('treeitem', { name: new RegExp(`^${name}:`) })
        .element()
        .querySelector('.name')
        ?.getBoundingClientRect().left,
  )
  expect(inner).toBeGreaterThan(outer)
  document.documentElement.removeAttribute('dir')
})
