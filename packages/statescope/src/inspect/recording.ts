import { bytesOf, isRecord } from './message.ts'
import { isStep, type RecordedActor, type RecordedStep, Timeline } from './timeline.ts'

/** What `statescope` names files of this kind. */
export const RECORDING_NAME = 'statescope.json'
const VERSION = 1
/** Larger than what a timeline holds, as text. */
const MOST_BYTES = 128 * 1024 * 1024

interface Recording {
  /** The version of this format. */
  statescope: typeof VERSION
  /** When it was saved, in ISO 8601. */
  saved: string
  /** How many older steps there were no more. */
  dropped: number
  actors: readonly RecordedActor[]
  steps: readonly RecordedStep[]
}

/** All that a timeline holds, as a file. */
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

/** It cannot be read, for a reason that is said in a sentence. */
class RecordingError extends Error {}

/** Reads a file that anybody may have made. */
export async function readRecording(file: Blob): Promise<{ timeline: Timeline; saved: Date }> {
  if (file.size > MOST_BYTES) throw new RecordingError('is larger than any recording: 128 MB.')
  return recordingFrom(await file.text())
}

/** Reads a recording's text; throws an error whose message says what is wrong, to stand after the name of the file. */
export function recordingFrom(text: string): { timeline: Timeline; saved: Date } {
  const given = parsed(text)
  if (!isRecord(given) || typeof given.statescope !== 'number')
    throw new RecordingError('is no recording of statescope.')
  if (given.statescope > VERSION)
    throw new RecordingError('was saved by a newer statescope. Update this one to open it.')
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

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isActor = (actor: unknown): actor is RecordedActor => {
  const { sessionId, name, parentId, definition, ended } = Object(actor)
  return (
    typeof sessionId === 'string' &&
    typeof name === 'string' &&
    (parentId === null || typeof parentId === 'string') &&
    (definition === undefined || typeof definition === 'string') &&
    [null, 'done', 'error', 'stopped', 'gone'].includes(ended)
  )
}
