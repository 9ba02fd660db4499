import type { StatelyInspectionEvent } from '@statelyai/inspect'
import type { AnyStateMachine, StateValue } from 'xstate'
import type { TransitionPlace } from '../statechart/chart.ts'
import { machineFrom } from './machine-from.ts'
import { isMessage, isShallow } from './message.ts'

/** An actor, as the messages tell of it. */
export interface SeenActor {
  sessionId: string
  name: string
  parentId: string | null
  machine: AnyStateMachine | null
}

/** One event that one actor took, with what came of it. */
export interface Step {
  /** Counted from the beginning, also when the oldest were dropped. */
  number: number
  /** Milliseconds since the epoch. */
  at: number
  sessionId: string
  sourceId: string | null
  event: { type: string }
  /** Where the actor was before, if it is a machine. */
  before: StateValue | null
  after: StateValue | null
  /** As JSON; `undefined` until the actor took the event. */
  snapshot: unknown
  /** The transitions that were taken; `undefined` where the message does not say. */
  taken: readonly TransitionPlace[] | undefined
}

/** Older steps are dropped beyond this many. */
const CAPACITY = 50_000

/** How many events one actor can have been sent and not taken yet. */
const MOST_WAITING = 1_000

/** What a viewer knows: the actors that it was told of, and every step that they took. */
export class Timeline {
  readonly actors = new Map<string, SeenActor>()
  steps: Step[] = []
  #count = 0
  readonly #waiting = new Map<string, Step[]>()
  readonly #value = new Map<string, StateValue | null>()

  /** Takes one message of the protocol. What is none is ignored. */
  receive(message: StatelyInspectionEvent): void {
    if (!isMessage(message) || !isShallow(message)) return
    switch (message.type) {
      case '@xstate.actor': {
        const { sessionId, name, parentId, definition, snapshot } = message
        if (this.actors.has(sessionId)) return
        const machine = machineFrom(definition)
        this.actors.set(sessionId, { sessionId, name, parentId: parentId ?? null, machine })
        this.#value.set(sessionId, valueIn(snapshot))
        return
      }
      case '@xstate.event': {
        const { sessionId, sourceId, event, createdAt } = message
        this.#wait(this.#add({ sessionId, sourceId: sourceId ?? null, event, at: timeOf(createdAt) }))
        return
      }
      case '@xstate.snapshot': {
        const { sessionId, event, snapshot, createdAt } = message
        const step =
          this.#next(sessionId, event.type) ??
          this.#add({ sessionId, sourceId: null, event, at: timeOf(createdAt) })
        step.before = this.#value.get(sessionId) ?? null
        step.after = valueIn(snapshot)
        step.snapshot = snapshot
        step.taken = takenIn(message)
        this.#value.set(sessionId, step.after)
      }
    }
  }

  clear(): void {
    this.steps = []
    this.#waiting.clear()
  }

  /** The last step of an actor up to one, that one included; to know where it was then. */
  lastStepOf(sessionId: string, upTo: Step): Step | undefined {
    const last = this.steps.findLastIndex((step) => step.number <= upTo.number)
    for (let index = last; index >= 0; index--) {
      const step = this.steps[index]
      if (step?.sessionId === sessionId && step.snapshot !== undefined) return step
    }
    return undefined
  }

  /** Where an actor is now. */
  valueOf(sessionId: string): StateValue | null {
    return this.#value.get(sessionId) ?? null
  }

  #add(given: Pick<Step, 'sessionId' | 'sourceId' | 'event' | 'at'>): Step {
    const step = {
      ...given,
      number: this.#count++,
      before: null,
      after: null,
      snapshot: undefined,
      taken: undefined,
    }
    this.steps.push(step)
    if (this.steps.length > CAPACITY * 1.1) this.steps = this.steps.slice(-CAPACITY)
    return step
  }

  /** Events are told of when they are sent, and what came of them when the actor has taken them. */
  #wait(step: Step) {
    const waiting = this.#waiting.get(step.sessionId) ?? []
    waiting.push(step)
    if (waiting.length > MOST_WAITING) waiting.shift() // it stopped, and takes no more
    this.#waiting.set(step.sessionId, waiting)
  }

  #next(sessionId: string, eventType: string): Step | undefined {
    const waiting = this.#waiting.get(sessionId) ?? []
    const index = waiting.findIndex(({ event }) => event.type === eventType)
    const [step] = index < 0 ? [] : waiting.splice(0, index + 1).slice(-1)
    return step
  }
}

const timeOf = (createdAt: string) => Number(createdAt) || Date.now()

const valueIn = (snapshot: unknown): StateValue | null =>
  typeof snapshot === 'object' && snapshot !== null && 'value' in snapshot && isValue(snapshot.value)
    ? snapshot.value
    : null

function takenIn(message: object): readonly TransitionPlace[] | undefined {
  return 'taken' in message && Array.isArray(message.taken) && message.taken.every(isPlace)
    ? message.taken
    : undefined
}

const isPlace = (place: unknown): place is TransitionPlace => {
  const { source, eventType, nth } = Object(place)
  return typeof source === 'string' && typeof eventType === 'string' && typeof nth === 'number'
}

/** What led to where a step ended, for `<state-chart>`. */
export function ledBy(step: Step | undefined) {
  if (step?.taken) return { taken: step.taken }
  return step?.before ? { before: step.before, eventType: step.event.type } : undefined
}

const isValue = (value: unknown): value is StateValue =>
  typeof value === 'string' ||
  (typeof value === 'object' && value !== null && Object.values(value).every(isValue))

/** `awaitingCode.ready`, `{ a, b }` for the regions of a parallel state. */
export function valueText(value: StateValue): string {
  if (typeof value === 'string') return value
  const parts = Object.entries(value).map(([key, inner]) => (inner === undefined ? key : join(key, inner)))
  return parts.length === 1 ? (parts[0] ?? '') : `{ ${parts.join(', ')} }`
}
function join(key: string, inner: StateValue): string {
  const text = valueText(inner)
  return text === '{  }' ? key : `${key}.${text}`
}
