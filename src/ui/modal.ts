import type { TotpFlow } from '../flow/totp-flow.ts'
import { focused, isShown } from './focus-soon.ts'
import { hide } from './hide.ts'
import { isByPointer, isNear } from './once-elsewhere.ts'

/** The dialog in which a UI prompts for a code. */
export interface Modal {
  readonly flow: TotpFlow
  readonly dialog: HTMLDialogElement
  /**
   * Opens the dialog during a prompt, unless another dialog of the same flow is open. Opens it only while its place in the page is
   * visible, since a hidden modal dialog would block the page.
   */
  ask(isAsking: boolean): void
  /** Closes the dialog until the next `ask`, which restores its focus. */
  leave(): void
}

interface Asking {
  isOpen(): boolean
  canBeSeen(): boolean
  set(isOpen: boolean): void
}

/** The dialogs that prompt for a flow, keyed by a function of the flow, which stays the same behind a reactive proxy. */
const askingOf = new WeakMap<TotpFlow['subscribe'], Set<Asking>>()

/** Opens a dialog above the page and above the host's own modals, which must not react to presses in it. */
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
        const before = lastFocused // the browser is about to focus an element of its choice
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

  /** Cancels if the browser or the host closed the dialog. */
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
  guard(dialog.ownerDocument) // which may be that of a frame
  dialog.addEventListener('close', notice)
  // Recorded at once: when the place is hidden, the browser may drop the focus before it notifies us.
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

/** Hosts' tests run in documents without modal dialogs. */
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

/** The element and its ancestors, across shadow trees. */
function pathOf(element: Element | null): Element[] {
  return element ? [element, ...pathOf(parentOf(element))] : []
}

/** The closest ancestor that has a box of its own. */
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
/** The keys with which modals close or trap focus. */
const KEYS = ['Escape', 'Tab']

/** For each open dialog, the element that was focused when it opened. It is in the host's modal, if there is one. */
const openers = new Map<Element, Element | null>()
const dialogOf = (event: Event) => {
  const path = event.composedPath()
  return [...openers.keys()].find((dialog) => path.includes(dialog))
}
/** Whether an event's target is in the dialog, or is the host of a shadow tree around it. */
const holds = (dialog: Element, target: EventTarget | null) =>
  target instanceof Element && (dialog.contains(target) || pathOf(dialog).includes(target))

/** The last press in a dialog. Another one soon after is the second of a double click, and would hit the page behind it. */
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
 * Keeps presses in a dialog from the host's modals. They would take them for presses outside and close, or see their focus leave
 * and close, scroll, close on Escape or prevent the press. The listeners stay and are added on import, before a host's modal
 * opens, because a window calls its listeners in order.
 */
function guard(page: Document) {
  const { defaultView: view } = page
  if (!view || guarded.has(page)) return
  guarded.add(page)
  let isEscaping = false // the key is released after the dialog has closed

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
  function keepFocus(event: FocusEvent) {
    const isIntoDialog = [...openers.keys()].some((dialog) => holds(dialog, event.relatedTarget))
    if (isIntoDialog && !dialogOf(event)) event.stopImmediatePropagation()
  }
  for (const type of ['blur', 'focusout'] as const) view.addEventListener(type, keepFocus, true)
  for (const type of KEPT) view.addEventListener(type, keep, { capture: true, passive: true })
  for (const type of ['keydown', 'keyup'] as const) view.addEventListener(type, keepKey, true)

  // Events that the dialog itself needs must pass through the page. Listeners on the window are told that they happened at the
  // opener; listeners within the page see the real target.
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
    setTimeout(() => put(event)) // some keep it, and one that is stopped on its way never comes to its end
  }
  function undisguise(event: Event) {
    for (const name of Object.keys(disguises.get(event) ?? {})) Reflect.deleteProperty(event, name)
  }
  function end(event: Event) {
    if (!disguises.has(event)) return
    event.stopImmediatePropagation()
    put(event) // some listeners read it a frame later
  }
  // Not `focus`: Testing Library's user-event types only into fields whose own `focus` event reached the document.
  for (const type of ['click', 'focusin']) {
    view.addEventListener(type, disguise, true)
    page.documentElement.addEventListener(type, undisguise, true)
    page.addEventListener(type, end)
  }
}
const of = (value: unknown) => ({ value, configurable: true })
if (globalThis.document) guard(document)

/** Takes over the page from the host's modals while a dialog is open. Returns the function that gives it back. */
function cover(dialog: HTMLDialogElement, opener: Element | null): () => void {
  guard(dialog.ownerDocument)
  openers.set(dialog, opener)
  dialog.style.pointerEvents = 'auto' // the host's modal may have disabled them on the whole page
  const unhide = unhideFor(dialog, opener)
  const unlock = lockScrolling(dialog.ownerDocument)
  return () => {
    openers.delete(dialog)
    dialog.style.pointerEvents = ''
    unhide()
    unlock()
  }
}

/** Undoes how the host's modal hides the rest of the page. Hides it again afterwards, except what the modal released meanwhile. */
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
      // For `inert` alone there is no sign of a release. It still applies while the modal that opened the dialog is shown.
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
/** Stops the page from scrolling, and from jumping when its scroll bar goes. */
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
