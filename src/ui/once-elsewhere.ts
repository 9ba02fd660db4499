/** About half the smallest target that WCAG 2.2 allows: two presses this close target the same control. */
const NEAR_PX = 12
/** An eye tracker or a script may move and press at once, aiming at what was there before the move. */
const SOON_MS = 100

/**
 * Calls back once after a pointer press, as soon as the pointer has moved away without pressing, or a key is pressed. Until then,
 * another click is the second of a double click and must not hit anything new. Returns the function that cancels this.
 */
export function onceElsewhere(press: MouseEvent, call: () => void): () => void {
  const ending = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  function stay() {
    clearTimeout(timer)
    timer = undefined
  }
  function callOff() {
    stay()
    ending.abort()
  }
  function go() {
    callOff()
    call()
  }
  function look(event: Event) {
    if ((event instanceof MouseEvent && isNear(event, press)) || event.type === 'pointerdown') stay()
    else if (!(event instanceof PointerEvent) || event.type !== 'pointermove') go()
    else if (event.pointerType === 'mouse' && event.buttons === 0) timer ??= setTimeout(go, SOON_MS)
    // A finger on the page may be about to press what is there.
  }
  for (const type of ['pointermove', 'pointerdown', 'click', 'keydown'])
    window.addEventListener(type, look, { capture: true, passive: true, signal: ending.signal })
  return callOff
}

/** Whether two presses target the same control. */
export const isNear = (one: MouseEvent, other: MouseEvent): boolean =>
  Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) < NEAR_PX

/** Whether a click came from a pointer. A click from the keyboard or a script has no second click at the same place. */
export const isByPointer = (click: MouseEvent): boolean => click.detail > 0
