import { focused, focusSoon, isShown } from './focus-soon.ts'

/** Focuses the passkey button when it appears, in place of the code field that the dialog has already focused. */
export function focusFirst(button: HTMLButtonElement): (() => void) | undefined {
  if (!isShown(button) || !button.closest('dialog[open]')) return focusSoon(button)
  button.focus()
  return undefined
}

/** Some browsers leave nothing focused after their passkey prompt. */
export function focusIfLost(button: HTMLButtonElement): void {
  const { activeElement } = button.ownerDocument
  if (button.closest('dialog[open]') && (activeElement === null || activeElement === document.body))
    button.focus()
}

const isHere = (element: Element): boolean => {
  const now = focused()
  return now === null || now === document.body || element.contains(now)
}

/** Moves focus in a row of the list: into what was opened, or back to the button that had opened it. */
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
 * Moves focus to the heading when the row that contained it is removed: a keyboard or a screen reader would restart at the top of
 * the page. Returns the function that ends this.
 */
export function keepPlace(list: Element | null): () => void {
  let last: Element | null = null
  const remember = ({ target }: Event) => {
    last = target instanceof Element ? target : null
  }
  const watching = new MutationObserver(() => {
    // Components that move focus themselves come first.
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
