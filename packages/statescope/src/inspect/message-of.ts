import type { StatelyInspectionEvent } from '@statelyai/inspect'
import type { InspectionEvent } from 'xstate'
import type { TransitionPlace } from '../statechart/chart.ts'
import { definitionOf } from './definition.ts'
import { shown } from './shown.ts'

/** What to show of live values; without it, everything. */
export interface Sanitizers {
  sanitizeEvent?: <Event extends { type: string }>(event: Event) => Event
  sanitizeContext?: <Context extends object>(context: Context) => Context
}

/** The protocol's version, which viewers check. */
const VERSION = '0.7.2'

/**
 * Converts XState's inspection event to a message of Stately's protocol without live values; `null` if the protocol has no message
 * for it.
 */
export function messageOf(
  said: InspectionEvent,
  sanitizers: Sanitizers,
  taken?: readonly TransitionPlace[],
): StatelyInspectionEvent | null {
  const { rootId, actorRef } = said
  const { sessionId } = actorRef
  const shared = { sessionId, rootId, id: '', createdAt: String(Date.now()), _version: VERSION }
  switch (said.type) {
    case '@xstate.actor': {
      const { id, logic, _parent: parent, src } = Object(actorRef)
      const config = definitionOf(logic)
      return {
        ...shared,
        type: said.type,
        name: String(id === sessionId ? (logic?.config?.id ?? id) : id),
        parentId: parent?.sessionId,
        definition: config,
        snapshot: snapshotOf(Object(actorRef).getSnapshot(), sanitizers),
        ...(typeof src === 'string' && { src }), // an addition to the protocol: its machine's name for its logic
      }
    }
    case '@xstate.event':
      return {
        ...shared,
        type: said.type,
        event: eventOf(said.event, sanitizers),
        sourceId: said.sourceRef?.sessionId,
      }
    case '@xstate.snapshot':
      return {
        ...shared,
        type: said.type,
        event: eventOf(said.event, sanitizers),
        snapshot: snapshotOf(said.snapshot, sanitizers),
        ...(taken && { taken }), // an addition to the protocol
      }
    default:
      return null
  }
}

/** The current state of an actor, for a viewer that missed messages. */
export function standingOf(
  actorRef: Extract<InspectionEvent, { type: '@xstate.snapshot' }>['actorRef'],
  rootId: string,
  sanitizers: Sanitizers,
): StatelyInspectionEvent | null {
  const snapshot = Object(actorRef).getSnapshot()
  return messageOf(
    { type: '@xstate.snapshot', actorRef, rootId, snapshot, event: { type: MISSED } },
    sanitizers,
  )
}
const MISSED = 'statescope.missed'

function eventOf(
  event: { type: string },
  { sanitizeEvent = (given) => given }: Sanitizers,
): { type: string } {
  const { type } = event
  try {
    return { ...Object(shown(sanitizeEvent(event))), type }
  } catch (error) {
    return { type, ...threw(error) }
  }
}

function snapshotOf(snapshot: object, { sanitizeContext }: Sanitizers) {
  if (!sanitizeContext || !('context' in snapshot)) return withoutNothing(shown(snapshot))
  try {
    return withoutNothing(shown({ ...snapshot, context: sanitizeContext(Object(snapshot.context)) }))
  } catch (error) {
    return withoutNothing(shown({ ...snapshot, context: threw(error) }))
  }
}

/** Leaves out an absent output and error. */
function withoutNothing(given: unknown) {
  const snapshot = Object(given)
  for (const name of ['output', 'error']) if (snapshot[name] === '[undefined]') delete snapshot[name]
  return snapshot
}

/** Replaces a value whose sanitizer threw. */
const threw = (error: unknown) => ({ '[threw]': error instanceof Error ? error.message : '' })
