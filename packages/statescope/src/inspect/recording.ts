import { bytesOf, isRecord } from './message.ts'
import { jsonIn, MOST_BYTES, problemWith, TOO_LARGE, VERSION } from './recording-format.ts'
import { isStep, type RecordedActor, type RecordedStep, Timeline } from './timeline.ts'

interface Recording {
  /** The version of this format. */
  statescope: typeof VERSION
  /** When it was saved, ISO 8601. */
  saved: string
  /** How many older steps had been dropped. */
  dropped: number
  actors: readonly RecordedActor[]
  steps: readonly RecordedStep[]
}

/** Writes a timeline as the text of a file. */
export function recordingOf(timeline: Timeline, saved = new Date()): string {
  const { actors, steps, dropped } = timeline.record()
  return JSON.stringify({
    statescope: VERSION,
    saved: saved.toISOString(),
    dropped,
    actors,
    steps,
  } satisfies Recording)
}

/** A recording cannot be read. The message follows its file name in a sentence. */
class RecordingError extends Error {}

/** Reads a file that anyone may have written. */
export async function readRecording(file: Blob): Promise<{ timeline: Timeline; saved: Date }> {
  if (file.size > MOST_BYTES) throw new RecordingError(TOO_LARGE)
  return recordingFrom(await file.text())
}

/** Reads a recording's text. Throws a `RecordingError` that says what is wrong. */
export function recordingFrom(text: string): { timeline: Timeline; saved: Date } {
  const given = jsonIn(text)
  const problem = problemWith(given)
  if (problem !== null || !isRecord(given)) throw new RecordingError(problem ?? '')
  const { saved, dropped, actors, steps } = given
  const isWhole =
    given.statescope === VERSION &&
    bytesOf(given) !== Number.POSITIVE_INFINITY &&
    Array.isArray(actors) &&
    actors.every(isActor) &&
    Array.isArray(steps) &&
    steps.every(isStep)
  if (!isWhole) throw new RecordingError('is damaged: it holds what statescope does not save.')
  const timeline = new Timeline()
  timeline.restore({
    actors,
    steps,
    dropped: typeof dropped === 'number' && Number.isSafeInteger(dropped) && dropped > 0 ? dropped : 0,
  })
  return { timeline, saved: new Date(String(saved)) }
}

const isActor = (actor: unknown): actor is RecordedActor => {
  const { sessionId, name, parentId, src, definition, ended } = Object(actor)
  return (
    typeof sessionId === 'string' &&
    typeof name === 'string' &&
    (parentId === null || typeof parentId === 'string') &&
    [src, definition].every((text) => text === undefined || typeof text === 'string') &&
    [null, 'done', 'error', 'stopped', 'gone'].includes(ended)
  )
}
