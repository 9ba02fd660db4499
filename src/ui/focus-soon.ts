/** Time for a screen reader to notice that the control which had the focus is gone. */
const LATER_MS = 200
/** Time in which somebody who types presses the next key. */
const NEXT_KEY_MS = 700

let callOff = () => {}

/**
 * Focuses a code field that has appeared. Where the control that had the focus has vanished, a screen reader does not hear
 * of a focus that comes in the same turn, and takes the digits for its own commands. There the field is focused a moment
 * later, or by the first key that somebody types, which then goes into it; not at all if somebody types or goes elsewhere
 * meanwhile. On touch screens it is focused at once: a keyboard comes up with the touch or never. Returns the function
 * that calls it off.
 */
export function focusSoon(field: HTMLElement): () => void {
  callOff()
  const before = focused()
  const isThere = before !== null && before !== document.body && before.checkVisibility()
  const mayBeTyping = isThere && takesText(before)
  if ((isThere && !mayBeTyping) || matchMedia('(pointer: coarse)').matches) {
    field.focus()
    return () => {}
  }
  const waiting = new AbortController()
  const listening = { capture: true, signal: waiting.signal }
  const timer = setTimeout(arrive, mayBeTyping ? NEXT_KEY_MS : LATER_MS)
  function stop() {
    clearTimeout(timer)
    waiting.abort()
  }
  function arrive() {
    stop()
    const now = focused()
    const isControl = now instanceof HTMLElement && now.tabIndex >= 0
    if (now === before || !isControl) field.focus() // a heading that the page has focused meanwhile was heard
  }
  // What a key does by default is done to what has the focus after this.
  document.addEventListener(
    'keydown',
    (event) => (isForField(event) ? arrive() : event.key === 'Tab' && stop()),
    listening,
  )
  document.addEventListener('pointerdown', stop, listening)
  document.addEventListener('input', stop, listening)
  callOff = stop
  return stop
}

/** What has the focus, through shadow trees. */
function focused(): Element | null {
  let element = document.activeElement
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement
  return element
}

const takesText = (target: EventTarget | null | undefined): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches('input, select, textarea'))

/** A character or a paste, and not into another field. */
function isForField(event: KeyboardEvent): boolean {
  const { key, altKey, ctrlKey, metaKey } = event
  const [target] = event.composedPath()
  return !takesText(target) && /^\S$/u.test(key) && (key === 'v' || !(altKey || ctrlKey || metaKey))
}
