import type { Messages } from '../messages/messages.ts'
import type { CodesSheet } from './codes-sheet.ts'

/** Longer than a person looks at a print preview, since some browsers do not report its end. */
const LONGEST_PRINT_MS = 60_000

/**
 * Prints only the recovery codes, from a separate document that is removed afterwards. Calls back when the browser prints, since a
 * sandboxed frame may forbid it silently.
 */
export function printCodes(
  { title, lines, codes }: CodesSheet,
  { lang, dir }: Messages,
  onPrint: () => void,
): void {
  const frame = document.createElement('iframe')
  frame.ariaHidden = 'true'
  frame.tabIndex = -1
  Object.assign(frame.style, { position: 'fixed', width: '0', height: '0', border: '0' })
  document.body.append(frame)
  const { contentDocument: sheet, contentWindow: own } = frame
  if (!sheet || !own) {
    frame.remove()
    console.error('totp-flow: a sandboxed frame needs allow-same-origin and allow-modals to print.')
    return
  }
  const line = (tag: string, text: string) => {
    const element = sheet.createElement(tag)
    element.textContent = text
    return element
  }
  const list = sheet.createElement('ol')
  list.dir = 'ltr'
  list.style.font = '14pt/1.8 monospace'
  list.append(...codes.map((code) => line('li', code)))
  sheet.title = title
  Object.assign(sheet.documentElement, { lang, dir })
  sheet.body.style.fontFamily = 'system-ui, sans-serif'
  sheet.body.append(line('h1', title), ...lines.map((text) => line('p', text)), list)
  own.addEventListener('beforeprint', onPrint, { once: true })
  own.addEventListener('afterprint', () => frame.remove())
  setTimeout(() => frame.remove(), LONGEST_PRINT_MS)
  own.print()
}
