/** What an element's own `display` was before it was hidden. */
const shownAs = new WeakMap<HTMLElement | SVGElement, string>()

/**
 * Hides an element or shows it, whatever the style sheets of the page say of it: `hidden` alone gives way to any rule that sets
 * `display`.
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
