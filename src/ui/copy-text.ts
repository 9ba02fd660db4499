import type { TotpFlow } from '../flow/totp-flow.ts'
import { announcerOf } from './announcer.ts'

/** How long a button says "Copied", milliseconds. */
export const SAYS_COPIED_MS = 2000

/** What became of copying. */
export type Outcome = 'copied' | 'selected'
/** What there is to copy. */
export type Copied = 'setup-key' | 'recovery-codes'

const SAID = {
  'setup-key': { copied: 'keyCopied', selected: 'keySelected' },
  'recovery-codes': { copied: 'codesCopied', selected: 'codesSelected' },
} as const

/** Copies a text; where the browser lends no clipboard it selects the element that shows it. Says which it did. */
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
    // Browsers lend the clipboard to secure origins only, and ask for leave.
    await navigator.clipboard.writeText(text)
    return 'copied'
  } catch {
    if (shownBy) getSelection()?.selectAllChildren(shownBy)
    return 'selected'
  }
}
