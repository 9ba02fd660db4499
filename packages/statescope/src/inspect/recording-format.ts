import { isRecord } from './message.ts'

/** What `statescope` names files of this kind. */
export const RECORDING_NAME = 'statescope.json'
export const VERSION = 1
/** Larger than what a timeline holds, as text. */
export const MOST_BYTES = 128 * 1024 * 1024
export const TOO_LARGE = 'is larger than any recording: 128 MB.'

/** What a file holds, if it is JSON. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Why this is no recording that can be read, to stand after the name of its file; `null` where nothing is seen at once. */
export function problemWith(given: unknown): string | null {
  if (!isRecord(given) || typeof given.statescope !== 'number') return 'is no recording of statescope.'
  return given.statescope > VERSION ? 'was saved by a newer statescope. Update this one to open it.' : null
}
