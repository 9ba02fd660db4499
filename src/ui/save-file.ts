import type { CodesSheet } from './codes-sheet.ts'

/** Hands recovery codes to the browser as a text file to keep. */
export function saveFile(name: string, { title, lines, codes }: CodesSheet): void {
  const text = [title, ...lines, '', ...codes, ''].join('\n')
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}
