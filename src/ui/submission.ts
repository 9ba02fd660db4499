/** A button that would submit a form around it. */
const SUBMITS = 'button:not([type]), [type=submit]'
const TAKES_TEXT = 'input:not([type=button], [type=reset], [type=submit])'

/** Enter, and not the one that ends what an input method composes. */
export const isEnter = (event: Event): boolean =>
  'key' in event && event.key === 'Enter' && !('isComposing' in event && event.isComposing)

/**
 * Whether an event is one by which a form would be submitted: Enter in a field, or a click on its button. A code form is
 * no `<form>`: HTML has none within another, and what a nested one does is done to the host's as well.
 */
export function isSubmission(event: Event): boolean {
  const { target } = event
  if (event.defaultPrevented || !target || !('closest' in target)) return false
  const element = target as Element
  return event.type === 'click'
    ? element.closest(SUBMITS) !== null
    : isEnter(event) && element.matches(TAKES_TEXT)
}

const stop = (event: Event) => event.stopImmediatePropagation()
/** Keeps the release of a key from the page, wherever the focus is by then: some send a form by that. */
export const keepRelease = (): void => window.addEventListener('keyup', stop, { capture: true, once: true })
