import type { StateValue } from 'xstate'
import type { SeenActor } from './timeline.ts'

/** The event types that a machine may take in its current state, regardless of guards. May contain patterns such as `key.*`. */
export function takenAtPlace({ machine }: SeenActor, value: StateValue | null): string[] {
  if (!machine || value === null) return []
  try {
    // Guards cannot be asked: a definition holds nothing that runs.
    const { _nodes: nodes } = machine.resolveState({ value, context: {} })
    const types = nodes.flatMap(({ ownEvents }) => ownEvents)
    return [...new Set(types)].filter((type) => type !== '' && !type.startsWith('xstate.'))
  } catch {
    return []
  }
}

/** Why an actor cannot be sent events, or `null` if it can. */
export function whyNot({ ended, send }: SeenActor, isRecorded: boolean): string | null {
  if (isRecorded) return 'This is a recording: nothing in it runs.'
  if (ended === 'gone') return 'The app of this actor is no longer connected.'
  if (ended) return 'This actor has come to its end: it takes no more events.'
  return send ? null : 'Its app takes no events from here. createInspector({ allowEvents: true }) lets it.'
}

/** Parses a typed event, or says what is wrong with it. */
export function eventFrom(text: string): { event: { type: string } } | { problem: string } {
  let given: unknown
  try {
    given = JSON.parse(text)
  } catch (error) {
    return { problem: `This is no JSON: ${error instanceof Error ? error.message : ''}` }
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return { problem: 'An event is an object, such as { "type": "next" }.' }
  if (!('type' in given) || typeof given.type !== 'string' || given.type === '')
    return { problem: 'The event has no type: { "type": "next" }.' }
  return { event: given as { type: string } }
}
