import type { TotpFlow } from '../flow/totp-flow.ts'
import { focused, isShown } from './focus-soon.ts'
import { hide } from './hide.ts'
import { isByPointer, isNear } from './once-elsewhere.ts'

/** The dialog in which a face asks for a code. */
export interface Modal {
  readonly flow: TotpFlow
  readonly dialog: HTMLDialogElement
  /**
   * Opens it while a code is asked for: as long as its place in the page can be seen, since a hidden dialog would leave the
   * page dead, and unless another face of the same flow asks already.
   */
  ask(isAsking: boolean): void
  /** Closes it until `ask` is called again, when the focus goes where it was. */
  leave(): void
}

interface Asking {
  isOpen(): boolean
  canBeSeen(): boolean
  set(isOpen: boolean): void
}

/** Those that would ask for a code of a flow; by a function of the flow, which is the same behind a reactive proxy. */
const askingOf = new WeakMap<TotpFlow['subscribe'], Set<Asking>>()

/** Puts a dialog over the page, other people's modals included: they hear of nothing that is pressed in it. */
export function createModal(flow: TotpFlow, dialog: HTMLDialogElement): Modal {
  const all = askingOf.get(flow.subscribe) ?? new Set()
  askingOf.set(flow.subscribe, all)
  const watches = [globalThis.ResizeObserver, globalThis.IntersectionObserver].flatMap((Watch) =>
    Watch ? [new Watch(settle)] : [],
  )
  let isOpen = false
  let opener: Element | null = null
  let lastFocused: Element | null = null
  let uncover = () => {}

  function settle() {
    const visible = [...all].filter((one) => one.canBeSeen())
    const chosen = visible.find((one) => one.isOpen()) ?? visible[0]
    for (const one of all) if (one !== chosen) one.set(false)
    chosen?.set(true)
  }

  const asking: Asking = {
    isOpen: () => isOpen,
    canBeSeen() {
      const place = placeOf(dialog) ?? dialog
      return dialog.isConnected && isShown(place) && getComputedStyle(place).contentVisibility !== 'hidden'
    },
    set(next) {
      if (next === isOpen) return
      isOpen = next
      if (next) {
        opener ??= focused()
        hide(dialog, false)
        if (dialog.open) close(dialog)
        const before = lastFocused // since the browser focuses something of its own choice
        uncover = cover(dialog, opener)
        showModal(dialog)
        focus(before)
      } else {
        close(dialog)
        uncover()
        hide(dialog, true)
      }
    },
  }

  /** By the browser or the host, and not by us. */
  function notice() {
    if (isOpen && !dialog.open) flow.cancel()
  }

  function leave() {
    all.delete(asking)
    asking.set(false)
    for (const watch of watches) watch.disconnect()
    settle()
  }

  if (!dialog.open) hide(dialog, true)
  guard(dialog.ownerDocument)
  dialog.addEventListener('close', notice)
  // As it comes: when a place is hidden, the browser may have dropped the focus before anyone is told.
  dialog.addEventListener('focusin', ({ target }) => {
    if (target instanceof Element) lastFocused = target
  })
  return {
    flow,
    dialog,
    ask(isAsking) {
      if (isAsking && !all.has(asking)) {
        all.add(asking)
        const place = placeOf(dialog)
        for (const watch of watches) for (const one of [dialog, place]) if (one) watch.observe(one)
        settle()
      }
      if (isAsking) return
      leave()
      const now = focused()
      if (now === document.body || pathOf(now).includes(dialog)) focus(opener)
      opener = null
      lastFocused = null
    },
    leave,
  }
}

/** The tests of hosts run in documents that know of no modal dialogs. */
function showModal(dialog: HTMLDialogElement) {
  if (typeof dialog.showModal === 'function') dialog.showModal()
  else dialog.setAttribute('open', '')
}
function close(dialog: HTMLDialogElement) {
  if (typeof dialog.close === 'function') dialog.close()
  else dialog.removeAttribute('open')
}

function focus(element: Element | null) {
  if (element instanceof HTMLElement && element.isConnected) element.focus()
}

const parentOf = (node: Node): Element | null => {
  const root = node.getRootNode()
  return node.parentElement ?? (root instanceof ShadowRoot ? root.host : null)
}

/** It and all around it, out of shadow trees too. */
function pathOf(element: Element | null): Element[] {
  return element ? [element, ...pathOf(parentOf(element))] : []
}

/** The closest element around that has a box of its own. */
function placeOf(dialog: HTMLDialogElement): Element | null {
  let place = parentOf(dialog)
  while (place && getComputedStyle(place).display === 'contents') place = parentOf(place)
  return place
}

const KEPT = [
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
/** By which modals close, or keep the focus. */
const KEYS = ['Escape', 'Tab']

/** Of each open dialog, what had the focus when it opened: in the host's modal, if there is one. */
const openers = new Map<EventTarget, Element | null>()
const dialogOf = (event: Event) => event.composedPath().find((one) => openers.has(one))

/** The last press in a dialog. Another one that soon is the second of a double click, and would hit the page beneath. */
let pressed: MouseEvent | undefined
const DOUBLE_MS = 500
const isSecond = (event: Event) =>
  pressed !== undefined &&
  event instanceof MouseEvent &&
  (event.detail > 1 || /^pointer/.test(event.type)) &&
  event.timeStamp - pressed.timeStamp < DOUBLE_MS &&
  isNear(event, pressed)

const guarded = new WeakSet<Document>()
/**
 * Keeps what is pressed in a dialog from the modals of hosts, which would close at what they take for a press beside them,
 * scroll, close first at Escape, or cancel it. For good, and from before they open: of the listeners of a window the first
 * is heard first.
 */
function guard(page: Document) {
  const { defaultView: view } = page
  if (!view || guarded.has(page)) return
  guarded.add(page)
  let isEscaping = false // a release of the key comes when the dialog is gone

  function keep(event: Event) {
    if (dialogOf(event) || isSecond(event)) event.stopImmediatePropagation()
  }
  function keepKey(event: KeyboardEvent) {
    const { key, type, target } = event
    const isAtNone = target === page.body && openers.size > 0
    const isKept = type === 'keydown' ? isAtNone || dialogOf(event) !== undefined : isEscaping
    if (key === 'Escape') isEscaping = type === 'keydown' && isKept
    if (isKept && KEYS.includes(key)) event.stopImmediatePropagation()
  }
  for (const type of KEPT) view.addEventListener(type, keep, { capture: true, passive: true })
  for (const type of ['keydown', 'keyup'] as const) view.addEventListener(type, keepKey, true)

  // What the dialog has to hear itself goes through the page. Whoever asks there learns that it happened to the opener, and
  // who asks within the page, the truth.
  const disguises = new WeakMap<Event, PropertyDescriptorMap>()
  const put = (event: Event) => Object.defineProperties(event, disguises.get(event) ?? {})
  function disguise(event: Event) {
    const dialog = dialogOf(event)
    if (!dialog && isSecond(event)) {
      event.stopImmediatePropagation()
      event.preventDefault()
    }
    if (!dialog) return
    if (event instanceof MouseEvent && isByPointer(event)) pressed = event
    const path = pathOf(openers.get(dialog) ?? null)
    const target = path.find((one) => one.getRootNode() === page)
    const told = { target: of(target), composedPath: of(() => [...path, page, view]) }
    disguises.set(event, target ? told : {})
    put(event)
  }
  function undisguise(event: Event) {
    for (const name of Object.keys(disguises.get(event) ?? {})) Reflect.deleteProperty(event, name)
  }
  function end(event: Event) {
    if (!disguises.has(event)) return
    event.stopImmediatePropagation()
    put(event) // some ask a frame later
  }
  for (const type of ['click', 'focusin']) {
    view.addEventListener(type, disguise, true)
    page.documentElement.addEventListener(type, undisguise, true)
    page.addEventListener(type, end)
  }
}
const of = (value: unknown) => ({ value, configurable: true })

/** Takes the page from whoever has it, while a dialog is open; gives the function that returns it. */
function cover(dialog: HTMLDialogElement, opener: Element | null): () => void {
  guard(dialog.ownerDocument)
  openers.set(dialog, opener)
  dialog.style.pointerEvents = 'auto' // which a modal of the host's takes from the whole page
  const unhide = unhideFor(dialog, opener)
  const unlock = lockScrolling(dialog.ownerDocument)
  return () => {
    openers.delete(dialog)
    dialog.style.pointerEvents = ''
    unhide()
    unlock()
  }
}

/** A modal of the host's hides all else from assistive technology, or from everybody. What it lets go of meanwhile stays so. */
function unhideFor(dialog: HTMLDialogElement, opener: Element | null): () => void {
  const hidden: { one: Element; isHidden: boolean; isInert: boolean }[] = []
  for (const one of pathOf(dialog)) {
    const isHidden = one.getAttribute('aria-hidden') === 'true'
    const isInert = one.hasAttribute('inert')
    if (isHidden || isInert) hidden.push({ one, isHidden, isInert })
    if (isHidden) one.setAttribute('aria-hidden', 'false')
    one.removeAttribute('inert')
  }
  return () => {
    for (const { one, isHidden, isInert } of hidden) {
      // Of what is inert alone nothing tells that it was let go of: it is while the modal shows that asked for the code.
      const isHeld = isHidden
        ? one.getAttribute('aria-hidden') === 'false'
        : opener?.isConnected && isShown(opener)
      if (!isHeld) continue
      if (isHidden) one.setAttribute('aria-hidden', 'true')
      one.toggleAttribute('inert', isInert)
    }
  }
}

const locks = new WeakMap<Document, { count: number; before: object }>()
/** Keeps the page where it is, without a jump where its scroll bar was. */
function lockScrolling(page: Document): () => void {
  const { style, clientWidth } = page.documentElement
  const { overflow, scrollbarGutter } = style
  const lock = locks.get(page) ?? { count: 0, before: {} }
  locks.set(page, lock)
  lock.count += 1
  if (lock.count === 1) {
    lock.before = { overflow, scrollbarGutter }
    if ((page.defaultView?.innerWidth ?? 0) > clientWidth) style.scrollbarGutter = 'stable'
    style.overflow = 'hidden'
  }
  return () => {
    lock.count -= 1
    if (lock.count === 0) Object.assign(style, lock.before)
  }
}
