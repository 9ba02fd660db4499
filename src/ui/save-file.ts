import type { CodesSheet } from './codes-sheet.ts'

/** Hands recovery codes to the browser as a text file to keep. */
export function saveFile(download: string, { title, lines, codes }: CodesSheet): void {
  const text = [title, ...lines, '', ...codes, ''].join('\n')
  const href = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
  // A host that handles no downloads would load the file in the place of the page, and the codes would be gone.
  Object.assign(document.createElement('a'), { href, download, target: '_blank' }).click()
  URL.revokeObjectURL(href)
}
