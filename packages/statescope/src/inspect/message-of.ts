import type { StatelyInspectionEvent } from '@statelyai/inspect'
import type { InspectionEvent } from 'xstate'
import type { TransitionPlace } from '../statechart/chart.ts'
import { definitionOf } from './definition.ts'
import { shown } from './shown.ts'

/** What may be shown of live values; without it, all of them. */
export interface Sanitizers {
  sanitizeEvent?: <Event extends { type: string }>(event: Event) => Event
  sanitizeContext?: <Context extends object>(context: Context) => Context
}

/** The version of the protocol, which its viewers look for. */
const VERSION = '0.7.2'

/**
 * What XState says to inspectors, as a message of Stately's protocol that holds no live value; `null` for what the protocol has
 * no message for.
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
        ...(typeof src === 'string' && { src }), // beside the protocol: what its machine calls its logic
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
        ...(taken && { taken }), // beside the protocol, which does not say
      }
    default:
      return null
  }
}

/** Where an actor is by now, for a viewer that missed how it got there. */
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

/** Most snapshots have no output and no error, which is nothing to tell of. */
function withoutNothing(given: unknown) {
  const snapshot = Object(given)
  for (const name of ['output', 'error']) if (snapshot[name] === '[undefined]') delete snapshot[name]
  return snapshot
}

/** Of what could not be sanitized, nothing is shown. */
const threw = (error: unknown) => ({ '[threw]': error instanceof Error ? error.message : '' })
