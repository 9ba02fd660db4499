import { focused, focusSoon, isShown } from './focus-soon.ts'

/** Focuses the button for a passkey when it comes: before the field for a code, which a dialog has focused by then. */
export function focusFirst(button: HTMLButtonElement): (() => void) | undefined {
  if (!isShown(button) || !button.closest('dialog[open]')) return focusSoon(button)
  button.focus()
  return undefined
}

/** After what the browser has shown for a passkey, some browsers give the focus to nothing. */
export function focusIfLost(button: HTMLButtonElement): void {
  const { activeElement } = button.ownerDocument
  if (button.closest('dialog[open]') && (activeElement === null || activeElement === document.body))
    button.focus()
}

const isHere = (element: Element): boolean => {
  const now = focused()
  return now === null || now === document.body || element.contains(now)
}

/** In a row of the list: to what has opened in it, or back to the button that had opened that. */
export function focusOpened(
  row: Element | null,
  open: 'rename' | 'remove' | null,
  before: 'rename' | 'remove' | null,
): void {
  if (!row || open === before || !isHere(row)) return
  if (open === 'rename') row.querySelector('input')?.select()
  else row.querySelector<HTMLElement>(`[part~=${open === null ? before : 'cancel'}]`)?.focus()
}

/**
 * Gives the focus to the heading when a row goes in which it was: a keyboard or a screen reader would start at the top of the page.
 * Returns the function that ends it.
 */
export function keepPlace(list: Element | null): () => void {
  let last: Element | null = null
  const remember = ({ target }: Event) => {
    last = target instanceof Element ? target : null
  }
  const watching = new MutationObserver(() => {
    // Those that look after the focus themselves come first.
    setTimeout(() => {
      const now = focused()
      if (!list?.isConnected || !last || last.isConnected || (now !== null && now !== document.body)) return
      list.querySelector<HTMLElement>('[part~=title]')?.focus()
    })
  })
  list?.addEventListener('focusin', remember)
  if (list) watching.observe(list, { childList: true, subtree: true })
  return () => {
    watching.disconnect()
    list?.removeEventListener('focusin', remember)
  }
}
