import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { jsonIn, MOST_BYTES, problemWith, TOO_LARGE } from './recording-format.ts'

/** Reads a recording for `serveViewer`. Throws an error with a readable message if it cannot. */
export async function recordingFile(path: string): Promise<{ name: string; text: string }> {
  const { size } = await stat(path).catch((cause: unknown) => {
    throw new Error(`${path} cannot be read: is there such a file?`, { cause })
  })
  if (size > MOST_BYTES) throw new Error(`${path} ${TOO_LARGE}`)
  const text = await readFile(path, 'utf8')
  const problem = problemWith(jsonIn(text))
  if (problem !== null) throw new Error(`${path} ${problem}`)
  return { name: basename(path), text }
}
