import { isRecord } from './message.ts'

/** How names of recording files end. */
export const RECORDING_NAME = 'statescope.json'
export const VERSION = 1
/** More than the text of a full timeline. */
export const MOST_BYTES = 128 * 1024 * 1024
export const TOO_LARGE = 'is larger than any recording: 128 MB.'

/** Parses a file's text; `undefined` if it is not JSON. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What is obviously wrong with a recording, to follow its file name in a sentence; `null` if nothing is. */
export function problemWith(given: unknown): string | null {
  if (!isRecord(given) || typeof given.statescope !== 'number') return 'is no recording of statescope.'
  return given.statescope > VERSION ? 'was saved by a newer statescope. Update this one to open it.' : null
}
