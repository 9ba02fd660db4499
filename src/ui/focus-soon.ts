/** Time for a screen reader to notice that the focused control is gone. */
const LATER_MS = 200

const HEARD = ['keydown', 'pointerdown', 'input']

let callOff = () => {}

// Test documents in Node lack the functions that `?.` calls here.
export const isTouchScreen = (): boolean => globalThis.matchMedia?.('(pointer: coarse)').matches ?? false
export const isShown = (element: Element): boolean =>
  element.checkVisibility?.({ visibilityProperty: true }) ?? !element.closest('[hidden]')

/**
 * Focuses a code field that has appeared. If the focused control has just gone, a screen reader misses a focus change in the same
 * turn and takes the digits for its own commands. So the field receives focus a moment later, or with the first typed key, which
 * then goes into it. It receives none if the person acts elsewhere meanwhile, or is in another field. It receives focus at once in
 * a dialog, where no control goes, and on touch screens, where a keyboard opens with the touch or never. Returns the function that
 * cancels this.
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
    if (!field.isConnected) return // removed meanwhile
    const now = focused()
    const isControl = now instanceof HTMLElement && now.tabIndex >= 0
    if (now === before || !isControl) field.focus() // a heading that the page focused meanwhile was announced, so the field may follow
  }
  // The key's default action goes to the element that is focused after this.
  function hear(event: Event) {
    if (!(event instanceof KeyboardEvent)) stop()
    else if (isForField(event)) arrive()
    else if (event.key === 'Tab') stop()
  }
  for (const type of HEARD) document.addEventListener(type, hear, true)
  callOff = stop
  return stop
}

/** The focused element, also inside shadow trees. */
export function focused(): Element | null {
  let element = document.activeElement
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement
  return element
}

const TAKES_NO_TEXT = 'button, checkbox, color, file, image, radio, range, reset, submit'
  .split(', ')
  .map((type) => `[type=${type}]`)
/** A frame may contain a field, such as one for a credit card. */
const TAKES_TEXT = `input:not(${TAKES_NO_TEXT}), select, textarea, iframe`
const takesText = (target: EventTarget | null | undefined): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches(TAKES_TEXT))

/** Selects the text in a field. With an error, also focuses the field, unless the person is in another field. */
export function selectIn(field: HTMLInputElement, error: Error | null): void {
  const now = focused()
  if (!error || (now !== field && takesText(now))) field.setSelectionRange(0, field.value.length)
  else field.select()
}

/** Whether a key types a character or pastes, and not into another field. */
function isForField(event: KeyboardEvent): boolean {
  const { key, altKey, ctrlKey, metaKey } = event
  const [target] = event.composedPath()
  return !takesText(target) && /^\S$/u.test(key) && (key === 'v' || !(altKey || ctrlKey || metaKey))
}
