/** Time for a screen reader to notice that the control which had the focus is gone. */
const LATER_MS = 200

const HEARD = ['keydown', 'pointerdown', 'input']

let callOff = () => {}

// The documents that tests make in Node lack what is asked for by `?.` here.
export const isTouchScreen = (): boolean => globalThis.matchMedia?.('(pointer: coarse)').matches ?? false
export const isShown = (element: Element): boolean =>
  element.checkVisibility?.({ visibilityProperty: true }) ?? !element.closest('[hidden]')

/**
 * Focuses a code field that has appeared. Where the control that had the focus has vanished, or the page hides it now, a
 * screen reader does not hear of a focus that comes in the same turn, and takes the digits for its own commands. So the field
 * is focused a moment later, or by the first key that somebody types, which then goes into it; not at all if somebody types
 * or goes elsewhere meanwhile, or has the focus in another field. It is focused at once in a dialog, where nothing goes, and
 * on touch screens, where a keyboard comes up with the touch or never. Returns the function that calls it off.
 */
export function focusSoon(field: HTMLElement): () => void {
  if (!isShown(field)) return () => {}
  callOff()
  const before = focused()
  const isThere = before !== null && before !== document.body && isShown(before)
  if (isThere && takesText(before)) return () => {}
  if (isTouchScreen() || (isThere && field.closest('dialog[open]'))) {
    field.focus()
    return () => {}
  }
  const timer = setTimeout(arrive, LATER_MS)
  function stop() {
    clearTimeout(timer)
    for (const type of HEARD) document.removeEventListener(type, hear, true)
  }
  function arrive() {
    stop()
    if (!field.isConnected) return // gone meanwhile
    const now = focused()
    const isControl = now instanceof HTMLElement && now.tabIndex >= 0
    if (now === before || !isControl) field.focus() // a heading that the page has focused meanwhile was heard
  }
  // What a key does by default is done to what has the focus after this.
  function hear(event: Event) {
    if (!(event instanceof KeyboardEvent)) stop()
    else if (isForField(event)) arrive()
    else if (event.key === 'Tab') stop()
  }
  for (const type of HEARD) document.addEventListener(type, hear, true)
  callOff = stop
  return stop
}

/** What has the focus, through shadow trees. */
export function focused(): Element | null {
  let element = document.activeElement
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement
  return element
}

const TAKES_NO_TEXT = 'button, checkbox, color, file, image, radio, range, reset, submit'
  .split(', ')
  .map((type) => `[type=${type}]`)
/** A frame may hold a field, such as one for a credit card. */
const TAKES_TEXT = `input:not(${TAKES_NO_TEXT}), select, textarea, iframe`
const takesText = (target: EventTarget | null | undefined): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches(TAKES_TEXT))

/** Selects what is in a field. For an error that takes the focus with it: not from another field in which somebody types. */
export function selectIn(field: HTMLInputElement, error: Error | null): void {
  const now = focused()
  if (!error || (now !== field && takesText(now))) field.setSelectionRange(0, field.value.length)
  else field.select()
}

/** A character or a paste, and not into another field. */
function isForField(event: KeyboardEvent): boolean {
  const { key, altKey, ctrlKey, metaKey } = event
  const [target] = event.composedPath()
  return !takesText(target) && /^\S$/u.test(key) && (key === 'v' || !(altKey || ctrlKey || metaKey))
}
