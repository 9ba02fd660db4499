/** About half the smallest target that WCAG 2.2 allows: two presses this close are meant for one control. */
const NEAR_PX = 12

/**
 * Calls back once after a press by the pointer, as soon as the pointer is elsewhere or a key is pressed. Until then, another
 * click is the second of a double click, and must find nothing new in its place. Returns the function that calls it off.
 */
export function onceElsewhere(press: MouseEvent, call: () => void): () => void {
  const ending = new AbortController()
  function look(event: Event) {
    const isByTouch =
      event instanceof PointerEvent && event.type === 'pointermove' && event.pointerType !== 'mouse'
    const isNear =
      event instanceof MouseEvent &&
      Math.hypot(event.clientX - press.clientX, event.clientY - press.clientY) < NEAR_PX
    if (isByTouch || isNear) return // a finger on the page may be about to press what stands there
    ending.abort()
    call()
  }
  for (const type of ['pointermove', 'click', 'keydown'])
    window.addEventListener(type, look, { capture: true, passive: true, signal: ending.signal })
  return () => ending.abort()
}

/** A click by the keyboard, or by a script, is followed by no second at the same place. */
export const isByPointer = (click: MouseEvent): boolean => click.detail > 0
