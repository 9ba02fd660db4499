/** An element's own `display` before it was hidden. */
const shownAs = new WeakMap<HTMLElement | SVGElement, string>()

/**
 * Hides or shows an element regardless of the page's style sheets: any rule that sets `display` would override `hidden`.
 */
export function hide(element: HTMLElement | SVGElement, isHidden: boolean): void {
  const isForced = shownAs.has(element)
  if (isForced === isHidden && element.hasAttribute('hidden') === isHidden) return
  const { style } = element
  element.toggleAttribute('hidden', isHidden)
  if (isHidden) {
    if (!isForced) shownAs.set(element, style.display)
    style.setProperty('display', 'none', 'important')
  } else if (isForced) {
    style.display = shownAs.get(element) ?? ''
    shownAs.delete(element)
  }
}
