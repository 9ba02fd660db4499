/** A button that would submit a form around it. */
const SUBMITS = 'button:not([type]), [type=submit]'
const TAKES_TEXT = 'input:not([type=button], [type=reset], [type=submit])'

/** Whether a key is Enter, except the Enter that ends an input method's composition. */
export const isEnter = (event: Event): boolean =>
  'key' in event && event.key === 'Enter' && !('isComposing' in event && event.isComposing)

/**
 * Whether an event would submit a form: Enter in a field, or a click on its button. A code form is not a `<form>`: HTML forbids
 * nesting, and events of a nested form would also reach the host's.
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
/** Keeps the release of the key from the page, wherever focus is by then: some pages submit a form on `keyup`. */
export const keepRelease = (): void => window.addEventListener('keyup', stop, { capture: true, once: true })
