import type { TotpFlow } from '../flow/totp-flow.ts'
import { focused, isShown } from './focus-soon.ts'
import { hide } from './hide.ts'

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
  const watch = globalThis.ResizeObserver && new ResizeObserver(settle)
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
    canBeSeen: () => dialog.isConnected && isShown(placeOf(dialog) ?? dialog),
    set(next) {
      if (next === isOpen) return
      isOpen = next
      if (next) {
        opener ??= focused()
        hide(dialog, false)
        if (dialog.open) close(dialog)
        const before = lastFocused // since the browser focuses something of its own choice
        showModal(dialog)
        uncover = cover(dialog)
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
    watch?.disconnect()
    settle()
  }

  if (!dialog.open) hide(dialog, true)
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
        for (const one of [dialog, place]) if (one) watch?.observe(one)
        settle()
      }
      if (isAsking) return
      leave()
      const now = focused()
      if (now === document.body || contains(dialog, now)) focus(opener)
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

function contains(dialog: HTMLDialogElement, element: Element | null): boolean {
  return element !== null && (element === dialog || contains(dialog, parentOf(element)))
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
]

/** Takes the page from whoever has it, while a dialog is open; gives the function that returns it. */
function cover(dialog: HTMLDialogElement): () => void {
  const ending = new AbortController()
  const { signal } = ending
  // A modal of the host's lies below: it would close at what it takes for a press beside it, scroll for us, or close first.
  function keep(event: Event) {
    const isInside = event.composedPath().includes(dialog)
    const isOurs = event.type === 'keydown' ? isEscape(event) && (isInside || isAtBody(event)) : isInside
    if (isOurs) event.stopPropagation()
  }
  for (const type of [...KEPT, 'keydown'])
    window.addEventListener(type, keep, { capture: true, passive: true, signal })
  dialog.style.pointerEvents = 'auto' // which it takes from the whole page
  const unhide = unhideFor(dialog)
  const unlock = lockScrolling()
  return () => {
    ending.abort()
    dialog.style.pointerEvents = ''
    unhide()
    unlock()
  }
}

const isEscape = (event: Event) => 'key' in event && event.key === 'Escape'
const isAtBody = ({ target }: Event) => target === document.body

/** A modal of the host's hides all else from assistive technology, or from everybody. What it lets go of meanwhile stays so. */
function unhideFor(dialog: HTMLDialogElement): () => void {
  const hidden: { one: Element; isInert: boolean }[] = []
  for (let one: Element | null = dialog; one; one = parentOf(one))
    if (one.getAttribute('aria-hidden') === 'true') hidden.push({ one, isInert: one.hasAttribute('inert') })
  for (const { one } of hidden) {
    one.setAttribute('aria-hidden', 'false')
    one.removeAttribute('inert')
  }
  dialog.removeAttribute('inert')
  return () => {
    for (const { one, isInert } of hidden) {
      if (one.getAttribute('aria-hidden') !== 'false') continue
      one.setAttribute('aria-hidden', 'true')
      one.toggleAttribute('inert', isInert)
    }
  }
}

let locks = 0
let unlocked = {}
/** Keeps the page where it is, without a jump where its scroll bar was. */
function lockScrolling(): () => void {
  const { style, clientWidth } = document.documentElement
  const { overflow, scrollbarGutter } = style
  locks += 1
  if (locks === 1) {
    unlocked = { overflow, scrollbarGutter }
    if (innerWidth > clientWidth) style.scrollbarGutter = 'stable'
    style.overflow = 'hidden'
  }
  return () => {
    locks -= 1
    if (locks === 0) Object.assign(style, unlocked)
  }
}
