/** The dialog without a face: what it keeps from a host's page while it is open, and gives back afterwards. */
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { createModal } from '../../src/ui/modal.ts'
import { shownFlow } from './views.ts'

/** Of a modal of the host's that is open before the dialog is made, such as Mantine's. */
const early: Event[] = []
window.addEventListener('keydown', (event) => early.push(event), true)

let opener: HTMLButtonElement
let place: HTMLElement
let dialog: HTMLDialogElement
let inside: HTMLButtonElement
beforeEach(() => {
  document.body.innerHTML = `<button>Export</button><div><dialog><button>Cancel</button></dialog></div>`
  opener = document.body.querySelector('body > button') as HTMLButtonElement
  place = document.body.querySelector('body > div') as HTMLElement
  dialog = place.querySelector('dialog') as HTMLDialogElement
  inside = dialog.querySelector('button') as HTMLButtonElement
})

function start() {
  const cancel = vi.fn()
  const flow = Object.assign(shownFlow().flow, { cancel })
  const modal = createModal(flow, dialog)
  onTestFinished(() => {
    modal.ask(false)
    document.body.replaceChildren()
  })
  opener.focus()
  return { modal, cancel, flow }
}
/** What of these the page hears, while `act` is done. */
function heardBy(target: EventTarget, types: readonly string[], act: () => void, capture = false): Event[] {
  const heard: Event[] = []
  const hear = (event: Event) => heard.push(event)
  for (const type of types) target.addEventListener(type, hear, capture)
  act()
  for (const type of types) target.removeEventListener(type, hear, capture)
  return heard
}
const POINTER = [
  'pointerdown',
  'pointerup',
  'mousedown',
  'mouseup',
  'touchstart',
  'touchend',
  'touchmove',
  'wheel',
  'contextmenu',
]
const press = (type: string) => new Event(type, { bubbles: true, composed: true })
const key = (type: string, name: string) =>
  new KeyboardEvent(type, { key: name, bubbles: true, composed: true, cancelable: true })

it.each(POINTER)(
  '%s in the open dialog does not reach the page, and elsewhere or afterwards it does',
  (type) => {
    const { modal } = start()
    const hears = (at: Element) => heardBy(document, [type], () => at.dispatchEvent(press(type))).length
    expect(hears(inside)).toBe(1)
    modal.ask(true)
    expect(hears(inside)).toBe(0)
    expect(hears(opener)).toBe(1)
    modal.ask(false)
    expect(hears(inside)).toBe(1)
  },
)

it.each([
  ['Escape', 0],
  ['Tab', 0],
  ['a', 1],
  ['Enter', 1],
])('the key %s in the open dialog is heard by the page %i times', (name, times) => {
  const { modal } = start()
  const hears = (at: Element) =>
    heardBy(document, ['keydown'], () => at.dispatchEvent(key('keydown', name))).length
  expect(hears(inside)).toBe(1)
  expect(hears(document.body)).toBe(1)
  modal.ask(true)
  expect(hears(inside)).toBe(times)
  expect(hears(document.body)).toBe(times) // where the focus is lost to
  expect(hears(opener)).toBe(1)
  modal.ask(false)
  expect(hears(inside)).toBe(1)
  expect(hears(document.body)).toBe(1)
})

it('Escape in the open dialog does not reach a modal that listened before the dialog was made', () => {
  const { modal } = start()
  const pressEscape = () => ['keydown', 'keyup'].map((type) => inside.dispatchEvent(key(type, 'Escape')))
  modal.ask(true)
  early.length = 0
  pressEscape()
  expect(early).toEqual([])
  modal.ask(false)
  pressEscape()
  expect(early).toHaveLength(1)
})

it.each([
  ['in the page', () => inside],
  [
    'in a shadow tree',
    () => {
      const root = place.attachShadow({ mode: 'open' })
      root.append(dialog)
      return place
    },
  ],
])(
  'a popover that closes when the focus leaves it stays open while the focus is in the dialog: %s',
  (_where, make) => {
    const { modal } = start()
    const relatedTarget = make()
    const types = ['blur', 'focusout']
    const leave = () => {
      for (const type of types)
        opener.dispatchEvent(new FocusEvent(type, { bubbles: type === 'focusout', relatedTarget }))
    }
    modal.ask(true)
    expect(heardBy(document, types, leave, true)).toEqual([])
    modal.ask(false)
    expect(heardBy(document, types, leave, true)).toHaveLength(2)
  },
)

it('the release of the Escape that closed the dialog does not reach the page, and the next one does', () => {
  const { modal } = start()
  const releases = (name: string) =>
    heardBy(document, ['keyup'], () => document.body.dispatchEvent(key('keyup', name))).length
  modal.ask(true)
  expect(releases('Escape')).toBe(1) // of a press before
  inside.dispatchEvent(key('keydown', 'Escape'))
  modal.ask(false)
  expect(releases('a')).toBe(1)
  expect(releases('Escape')).toBe(0)
  expect(releases('Escape')).toBe(1)
  opener.dispatchEvent(key('keydown', 'Escape'))
  expect(releases('Escape')).toBe(1)
})

it.each(['click', 'focusin'])(
  'the document is told that a %s in the dialog happened to the opener, and the dialog is told the truth',
  (type) => {
    const { modal } = start()
    modal.ask(true)
    const told: [EventTarget | null, EventTarget[]][] = []
    const note = (event: Event) => told.push([event.target, event.composedPath()])
    document.addEventListener(type, note, true)
    inside.addEventListener(type, note)
    onTestFinished(() => document.removeEventListener(type, note, true))
    const event = press(type)
    const after = heardBy(window, [type], () => inside.dispatchEvent(event))
    expect(told[0]?.[0]).toBe(opener)
    expect(told[0]?.[1]).toEqual([opener, document.body, document.documentElement, document, window])
    expect(told[1]?.[0]).toBe(inside)
    expect(told[1]?.[1]?.[0]).toBe(inside)
    expect(after).toEqual([])
    expect(event.target).toBe(opener) // some ask a frame later
    told.length = 0
    expect(heardBy(document, [type], () => opener.dispatchEvent(press(type)))).toHaveLength(1)
    expect(told[0]?.[0]).toBe(opener)
  },
)

it('who keeps a click in the dialog for later is told of the opener, although a handler stops it on its way', async () => {
  const { modal } = start()
  modal.ask(true)
  dialog.addEventListener('click', (one) => one.stopPropagation())
  const event = press('click')
  inside.dispatchEvent(event)
  await vi.waitFor(() => expect(event.target).toBe(opener))
})

it('the document hears which field in the dialog got the focus, without which user-event types nothing', () => {
  const { modal } = start()
  modal.ask(true)
  const told: (EventTarget | null)[] = []
  const note = ({ target }: Event) => told.push(target)
  document.addEventListener('focus', note, true)
  onTestFinished(() => document.removeEventListener('focus', note, true))
  inside.addEventListener('focus', note)
  inside.dispatchEvent(new FocusEvent('focus'))
  expect(told).toEqual([inside, inside])
})

it('a press in a dialog that nothing opened is told as what it is', () => {
  const { modal } = start()
  opener.blur()
  opener.remove()
  modal.ask(true)
  const targets: unknown[] = []
  const note = ({ target }: Event) => targets.push(target)
  document.addEventListener('click', note, true)
  onTestFinished(() => document.removeEventListener('click', note, true))
  inside.dispatchEvent(press('click'))
  expect(targets).toEqual([document.body]) // which has the focus where nothing has it
})

const click = (at: Element, init: MouseEventInit & { type?: string } = {}) => {
  const event = new MouseEvent(init.type ?? 'click', {
    bubbles: true,
    composed: true,
    cancelable: true,
    clientX: 50,
    clientY: 50,
    detail: 1,
    ...init,
  })
  at.dispatchEvent(event)
  return event
}
it.each<[what: string, isHeard: boolean, press: MouseEventInit & { type?: string }]>([
  ['the second click of a double click', false, { detail: 2 }],
  ['a click that begins another press', true, { detail: 1 }],
  ['a second click at another place', true, { detail: 2, clientX: 80 }],
  ['the second press of a double click', false, { type: 'mousedown', detail: 2 }],
])('once a click closed the dialog, %s is heard beneath it: %s', (_what, isHeard, init) => {
  const { modal } = start()
  modal.ask(true)
  click(inside)
  modal.ask(false)
  const heard = heardBy(opener, [init.type ?? 'click'], () => click(opener, init))
  expect(heard).toHaveLength(Number(isHeard))
})

it('a second click that lands beneath the dialog does nothing that a browser does by default', () => {
  const { modal } = start()
  modal.ask(true)
  click(inside)
  modal.ask(false)
  expect(click(opener, { detail: 2 }).defaultPrevented).toBe(true)
  expect(click(opener, { detail: 1 }).defaultPrevented).toBe(false)
})

it('a click by the keyboard in the dialog is followed by no second one', () => {
  const { modal } = start()
  modal.ask(true)
  click(inside, { detail: 0, clientX: 300 })
  modal.ask(false)
  expect(heardBy(opener, ['click'], () => click(opener, { detail: 2, clientX: 300 }))).toHaveLength(1)
})

it.each<
  [
    what: string,
    before: Record<string, string>,
    meanwhile: Record<string, string>,
    isOpenerThere: boolean,
    after: Record<string, string>,
  ]
>([
  [
    'what was hidden from assistive technology',
    { 'aria-hidden': 'true' },
    { 'aria-hidden': 'false' },
    true,
    { 'aria-hidden': 'true' },
  ],
  ['what was inert', { inert: '' }, {}, true, { inert: '' }],
  [
    'what was both',
    { 'aria-hidden': 'true', inert: '' },
    { 'aria-hidden': 'false' },
    true,
    { 'aria-hidden': 'true', inert: '' },
  ],
  ['what was neither', {}, {}, true, {}],
  [
    'what says that it is not hidden',
    { 'aria-hidden': 'false' },
    { 'aria-hidden': 'false' },
    true,
    { 'aria-hidden': 'false' },
  ],
  [
    'what was hidden, although the opener is gone',
    { 'aria-hidden': 'true' },
    { 'aria-hidden': 'false' },
    false,
    { 'aria-hidden': 'true' },
  ],
  ['what was inert for an opener that is gone', { inert: '' }, {}, false, {}],
])(
  'around the open dialog, %s can be used, and is given back afterwards as it was',
  (_what, before, meanwhile, isOpenerThere, after) => {
    const state = () =>
      Object.fromEntries(
        ['aria-hidden', 'inert'].flatMap((name) =>
          place.hasAttribute(name) ? [[name, place.getAttribute(name)]] : [],
        ),
      )
    const { modal } = start()
    for (const [name, value] of Object.entries(before)) place.setAttribute(name, value)
    modal.ask(true)
    expect(state()).toEqual(meanwhile)
    if (!isOpenerThere) opener.remove()
    modal.ask(false)
    expect(state()).toEqual(after)
  },
)

it('elements that a host releases while the dialog is open stay released', () => {
  const { modal } = start()
  place.setAttribute('aria-hidden', 'true')
  place.setAttribute('inert', '')
  modal.ask(true)
  place.removeAttribute('aria-hidden')
  modal.ask(false)
  expect([place.hasAttribute('aria-hidden'), place.hasAttribute('inert')]).toEqual([false, false])
})

it('inert elements stay usable if the opener is hidden meanwhile', () => {
  const { modal } = start()
  place.setAttribute('inert', '')
  modal.ask(true)
  opener.hidden = true
  modal.ask(false)
  expect(place.hasAttribute('inert')).toBe(false)
})

it.each([
  ['with', 20, 'stable'],
  ['without', 0, ''],
])(
  'a page %s a scroll bar keeps its width while the dialog is open, and its own style afterwards',
  (_with, bar, gutter) => {
    const { modal } = start()
    const root = document.documentElement
    const { style } = root
    style.overflow = 'clip'
    onTestFinished(() => {
      root.removeAttribute('style')
      vi.restoreAllMocks()
    })
    vi.spyOn(window, 'innerWidth', 'get').mockReturnValue(root.clientWidth + bar)
    modal.ask(true)
    expect([style.overflow, style.scrollbarGutter]).toEqual(['hidden', gutter])
    modal.ask(false)
    expect([style.overflow, style.scrollbarGutter]).toEqual(['clip', ''])
  },
)

it('the open dialog takes presses on a page that takes none, and is as it was afterwards', () => {
  const { modal } = start()
  modal.ask(true)
  expect([dialog.style.pointerEvents, dialog.hidden, dialog.matches(':modal')]).toEqual(['auto', false, true])
  modal.ask(false)
  expect([dialog.style.pointerEvents, dialog.hidden, dialog.open]).toEqual(['', true, false])
})

it('focus returns to the opener from the dialog or from nowhere, and stays if it moved elsewhere', () => {
  const { modal } = start()
  modal.ask(true)
  inside.focus()
  modal.ask(false)
  expect(document.activeElement).toBe(opener)
  modal.ask(true)
  inside.blur()
  modal.ask(false)
  expect(document.activeElement).toBe(opener)
  const other = document.body.appendChild(document.createElement('input'))
  modal.ask(true)
  dialog.addEventListener('close', () => other.focus())
  modal.leave()
  other.focus()
  modal.ask(false)
  expect(document.activeElement).toBe(other)
  other.blur()
  modal.ask(false)
  expect(document.activeElement).toBe(document.body) // it is over, and nothing to go back from
})

it('a dialog that was left for a while restores its focus', () => {
  const { modal } = start()
  const field = dialog.appendChild(document.createElement('input'))
  modal.ask(true)
  field.focus()
  modal.leave()
  expect(dialog.open).toBe(false)
  modal.ask(true)
  expect(document.activeElement).toBe(field)
  modal.ask(false)
  expect(document.activeElement).toBe(opener)
})

it('a dialog that the host closes is canceled, and one that closes after its prompt is not', async () => {
  const { modal, cancel } = start()
  const closed = () => new Promise((resolve) => dialog.addEventListener('close', resolve, { once: true }))
  modal.ask(true)
  let over = closed()
  modal.ask(false)
  await over
  expect(cancel).not.toHaveBeenCalled()
  modal.ask(true)
  over = closed()
  dialog.close()
  await over
  expect(cancel).toHaveBeenCalledTimes(1)
})

it('a dialog that its host opened before is made a modal one', () => {
  dialog.show()
  const { modal } = start()
  expect(dialog.hidden).toBe(false)
  modal.ask(true)
  expect(dialog.matches(':modal')).toBe(true)
})

it.each<[by: string, hide: () => void]>([
  [
    'hidden',
    () => {
      place.hidden = true
    },
  ],
  [
    'hidden around what has no box of its own',
    () => {
      const inner = document.createElement('div')
      inner.style.display = 'contents'
      place.append(inner)
      inner.append(dialog)
      place.style.visibility = 'hidden'
    },
  ],
  [
    'without contents that can be seen',
    () => {
      place.style.contentVisibility = 'hidden'
    },
  ],
  [
    'off the page',
    () => {
      place.remove()
    },
  ],
])('no dialog opens in a place that is %s', (_by, hide) => {
  const { modal } = start()
  hide()
  modal.ask(true)
  expect(dialog.open).toBe(false)
})

it('the first of two dialogs of a flow opens, and the second when the first leaves', () => {
  const second = document.body.appendChild(document.createElement('dialog'))
  const { modal, flow } = start()
  const other = createModal(flow, second)
  onTestFinished(() => other.ask(false))
  const areOpen = () => [dialog.open, second.open]
  modal.ask(true)
  other.ask(true)
  expect(areOpen()).toEqual([true, false])
  modal.ask(true)
  expect(areOpen()).toEqual([true, false])
  modal.leave()
  expect(areOpen()).toEqual([false, true])
  modal.ask(true)
  expect(areOpen()).toEqual([false, true])
  other.ask(false)
  expect(areOpen()).toEqual([true, false])
})

it('in a document without modal dialogs, the attribute alone opens the dialog', () => {
  for (const name of ['showModal', 'close']) Object.defineProperty(dialog, name, { value: undefined })
  const { modal } = start()
  modal.ask(true)
  expect([dialog.open, dialog.hidden]).toEqual([true, false])
  modal.ask(false)
  expect([dialog.open, dialog.hidden]).toEqual([false, true])
})
