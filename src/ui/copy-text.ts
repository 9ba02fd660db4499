/** How long a button says "Copied", milliseconds. */
export const SAYS_COPIED_MS = 2000

/** Copies a text; where the browser lends no clipboard it selects the element that shows it, and says that. */
export async function copyText(text: string, shownBy: Element | null): Promise<'copied' | 'selected'> {
  try {
    // Browsers lend the clipboard to secure origins only, and ask for leave.
    await navigator.clipboard.writeText(text)
    return 'copied'
  } catch {
    if (shownBy) getSelection()?.selectAllChildren(shownBy)
    return 'selected'
  }
}
