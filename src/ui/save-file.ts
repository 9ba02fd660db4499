import type { CodesSheet } from './codes-sheet.ts'

/**
 * Downloads recovery codes as a text file. Returns whether that is allowed as far as the page can see: browsers do not report it,
 * and a frame of another origin does not reveal its restrictions.
 */
export function saveFile(download: string, { title, lines, codes }: CodesSheet): boolean {
  const text = [title, ...lines, '', ...codes, ''].join('\n')
  // `?.`, because jsdom has neither of the two functions.
  const href = URL.createObjectURL?.(new Blob([text], { type: 'text/plain' }))
  // A host without downloads would load the file in place of the page, and the codes would be gone.
  if (href) Object.assign(document.createElement('a'), { href, download, target: '_blank' }).click()
  URL.revokeObjectURL?.(href)
  const isForbidden = forbidsFiles(window)
  if (isForbidden) console.error('totp-flow: a sandboxed frame needs allow-downloads to save a file.')
  return !isForbidden
}

function forbidsFiles(view: Window): boolean {
  const { frameElement, parent } = view
  if (!frameElement) return false
  const sandbox = frameElement.getAttribute('sandbox')
  return (sandbox !== null && !/\ballow-downloads\b/i.test(sandbox)) || forbidsFiles(parent)
}
