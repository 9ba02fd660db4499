import type { TotpFlow } from '../flow/totp-flow.ts'
import { announcerOf } from './announcer.ts'

/** How long a button says "Copied", milliseconds. */
export const SAYS_COPIED_MS = 2000

/** The result of copying: `selected` if the browser did not allow it. */
export type Outcome = 'copied' | 'selected'
/** What can be copied. */
export type Copied = 'setup-key' | 'recovery-codes'

const SAID = {
  'setup-key': { copied: 'keyCopied', selected: 'keySelected' },
  'recovery-codes': { copied: 'codesCopied', selected: 'codesSelected' },
} as const

/** Copies a text, or selects the element that shows it if the browser gives no clipboard access. Announces and returns which. */
export async function copyText(
  flow: TotpFlow,
  list: Copied,
  text: string,
  shownBy: Element | null,
): Promise<Outcome> {
  const outcome = await copyOrSelect(text, shownBy)
  announcerOf(flow).say(SAID[list][outcome])
  return outcome
}

async function copyOrSelect(text: string, shownBy: Element | null): Promise<Outcome> {
  try {
    // Browsers give clipboard access only to secure origins, and may ask for permission.
    await navigator.clipboard.writeText(text)
    return 'copied'
  } catch {
    if (shownBy) getSelection()?.selectAllChildren(shownBy)
    return 'selected'
  }
}
