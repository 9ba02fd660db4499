/** About half the smallest target that WCAG 2.2 allows: two presses this close are meant for one control. */
const NEAR_PX = 12
/** A press may come with the move that leads to it, by an eye tracker or a script: it is for what stood there. */
const SOON_MS = 100

/**
 * Calls back once after a press by the pointer, as soon as the pointer is elsewhere and presses nothing there, or a key is
 * pressed. Until then, another click is the second of a double click, and must find nothing new in its place. Returns the
 * function that calls it off.
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
    // A finger on the page may be about to press what stands there.
  }
  for (const type of ['pointermove', 'pointerdown', 'click', 'keydown'])
    window.addEventListener(type, look, { capture: true, passive: true, signal: ending.signal })
  return callOff
}

/** Whether two presses are meant for one control. */
export const isNear = (one: MouseEvent, other: MouseEvent): boolean =>
  Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) < NEAR_PX

/** A click by the keyboard, or by a script, is followed by no second at the same place. */
export const isByPointer = (click: MouseEvent): boolean => click.detail > 0
