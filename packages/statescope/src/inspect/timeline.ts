import type { StatelyInspectionEvent } from '@statelyai/inspect'
import type { AnyStateMachine, StateValue } from 'xstate'
import { chartOf, type TransitionPlace } from '../statechart/chart.ts'
import { machineFrom } from './machine-from.ts'
import { bytesOf, isMessage, isRecord, type SendEvent } from './message.ts'
import { takenBetween } from './taken-between.ts'

/** An actor, as known from the messages. */
export interface SeenActor {
  sessionId: string
  name: string
  parentId: string | null
  /** Its parent's name for its logic; `undefined` if the message does not tell. */
  src: string | undefined
  machine: AnyStateMachine | null
  /** The text that its machine was read from. */
  definition: string | undefined
  /** How it ended; `null` while it runs, as far as known. */
  ended: Ending | null
  /** Sends it an event; absent if its app does not allow that. */
  send: SendEvent | undefined
}

const STATUSES = ['done', 'error', 'stopped'] as const
/** How an actor ended. It is `gone` when its app disconnects. */
export type Ending = (typeof STATUSES)[number] | 'gone'

/** An event that an actor took, with its outcome. */
export interface Step {
  /** Counted from the start, including dropped steps. */
  number: number
  /** Milliseconds since the epoch. */
  at: number
  sessionId: string
  sourceId: string | null
  event: { type: string }
  /** The state before, if the actor is a machine. */
  before: StateValue | null
  after: StateValue | null
  /** As JSON; `undefined` until the actor took the event. */
  snapshot: unknown
  /** The transitions taken; `undefined` if the message does not tell. */
  taken: readonly TransitionPlace[] | undefined
  /** The number of the last step of the same actor that had a snapshot. */
  previous: number | null
  /** Its approximate size in memory. */
  bytes: number
}

/** The parts that a file keeps. */
export type RecordedActor = Omit<SeenActor, 'machine' | 'send'> & { value?: StateValue | null }
export type RecordedStep = Omit<Step, 'number' | 'bytes' | 'previous'>
interface Recorded {
  actors: readonly RecordedActor[]
  steps: readonly RecordedStep[]
  dropped: number
}

/** How much is held. The oldest steps are dropped first. */
export interface Capacity {
  steps: number
  bytes: number
  actors: number
}
const IN_A_PAGE: Capacity = { steps: 50_000, bytes: 64 * 1024 * 1024, actors: 5_000 }
/** The share that is kept when it is full, so that there is room for a while. */
const LEFT = 0.9

/** How many events can wait for an actor to take them. */
const MOST_WAITING = 1_000
/** The largest description of an actor, apart from its machine and its snapshot, bytes. */
const LARGEST_ACTOR = 64 * 1024
/** The size of a step without its values. */
const STEP_BYTES = 256

/** What a viewer knows: the actors, and every step that they took. */
export class Timeline {
  readonly actors = new Map<string, SeenActor>()
  steps: Step[] = []
  /** How many steps were dropped, because they were too many or too large. */
  dropped = 0
  /** Changes whenever an actor appears, disappears or ends. */
  actorsVersion = 0
  #count = 0
  #bytes = 0
  #changedFrom = 0
  readonly #most: Capacity
  readonly #waiting = new Map<string, Step[]>()
  readonly #value = new Map<string, StateValue | null>()
  readonly #last = new Map<string, Step>()
  readonly #machines = new Map<string, AnyStateMachine | null>()
  #definitionBytes = 0

  constructor(most: Capacity = IN_A_PAGE) {
    this.#most = most
  }

  /** The approximate size of the steps in memory. */
  get bytes(): number {
    return this.#bytes
  }

  /** Takes a message of the protocol. Ignores anything else. */
  receive(message: StatelyInspectionEvent, send?: SendEvent): void {
    if (!isMessage(message)) return
    const bytes = bytesOf(message)
    if (bytes === Number.POSITIVE_INFINITY) return
    switch (message.type) {
      case '@xstate.actor': {
        const { sessionId, name, definition, snapshot } = message
        const parentId = textOrNull(message.parentId)
        const known = this.actors.get(sessionId)
        this.#settle(sessionId, snapshot)
        if (known) {
          this.#end(known, endingIn(snapshot))
          known.send = takesEvents(message) ? send : undefined
          return
        }
        if (bytesOf({ ...message, definition: '', snapshot: null }) > LARGEST_ACTOR) return
        const machine = this.#machineFrom(definition)
        this.actors.set(sessionId, {
          sessionId,
          name,
          parentId,
          src: 'src' in message && typeof message.src === 'string' ? message.src : undefined,
          machine,
          definition,
          ended: endingIn(snapshot),
          send: takesEvents(message) ? send : undefined,
        })
        this.actorsVersion++
        this.#shedActors()
        return
      }
      case '@xstate.event': {
        const { sessionId, event, createdAt } = message
        const sourceId = textOrNull(message.sourceId)
        const step = this.#add({ sessionId, sourceId, event, at: timeOf(createdAt) })
        this.#grow(step, bytesOf(event))
        this.#wait(step)
        return
      }
      case '@xstate.snapshot': {
        const { sessionId, event, snapshot, createdAt } = message
        const step =
          this.#next(sessionId, event.type) ??
          this.#add({ sessionId, sourceId: null, event, at: timeOf(createdAt) })
        step.before = this.#value.get(sessionId) ?? null
        step.snapshot = snapshot
        step.taken = takenIn(message)
        step.after = this.#settle(sessionId, snapshot)
        step.previous = this.#last.get(sessionId)?.number ?? null
        this.#last.set(sessionId, step)
        this.#grow(step, bytes)
        const actor = this.actors.get(sessionId)
        if (actor) this.#end(actor, endingIn(snapshot))
      }
    }
  }

  /** Marks the actors of a disconnected app as gone. */
  leave(app: string): void {
    for (const actor of this.actors.values())
      if (appOf(actor.sessionId) === app) this.#end(actor, actor.ended ?? 'gone')
  }

  /** Forgets everything but the running actors. */
  clear(): void {
    this.steps = []
    this.dropped = 0
    this.#bytes = 0
    this.#waiting.clear()
    this.#last.clear()
    for (const { sessionId, ended } of this.actors.values()) if (ended) this.#forget(sessionId)
    this.#machines.clear()
    this.#definitionBytes = 0
    for (const { definition, machine } of this.actors.values())
      if (definition !== undefined) this.#keepMachine(definition, machine)
  }

  /** Returns everything that it holds. */
  record(): Recorded {
    return {
      actors: [...this.actors.values()].map(({ machine: _machine, send: _send, ...actor }) => ({
        ...actor,
        value: this.valueOf(actor.sessionId),
      })),
      steps: this.steps.map(({ number: _number, bytes: _bytes, previous: _previous, ...step }) => step),
      dropped: this.dropped,
    }
  }

  /** Restores a recording into an empty timeline. */
  restore({ actors, steps, dropped }: Recorded): void {
    this.dropped += dropped
    for (const { value = null, ...actor } of actors.slice(-this.#most.actors)) {
      const machine = this.#machineFrom(actor.definition)
      this.actors.set(actor.sessionId, { ...actor, machine, send: undefined })
      this.#value.set(actor.sessionId, isValue(value) ? value : null)
      this.#shedActors()
    }
    for (const { snapshot, before, after, taken, ...given } of steps) {
      const { sessionId } = given
      const step = this.#add(given)
      Object.assign(step, { snapshot, before, after, taken })
      step.previous = this.#last.get(sessionId)?.number ?? null
      if (snapshot !== undefined) this.#last.set(sessionId, step)
      this.#grow(step, bytesOf([given.event, snapshot]))
    }
  }

  /** The number of the first step that was added or changed since the last call. */
  takeChangedFrom(): number {
    const from = this.#changedFrom
    this.#changedFrom = this.#count
    return from
  }

  /** The index of a step in the list; past its end for a newer step. Steps are numbered without gaps. */
  indexOf(number: number): number {
    return Math.max(0, number - (this.steps[0]?.number ?? number))
  }

  /** The newest step of an actor, even if it has not taken the event yet. */
  newestOf(sessionId: string): Step | undefined {
    return this.#waiting.get(sessionId)?.at(-1) ?? this.#last.get(sessionId)
  }

  /** The last step of an actor up to and including a given one, to find its state at that time. */
  lastStepOf(sessionId: string, upTo: Step): Step | undefined {
    const newest = this.#last.get(sessionId)
    if (!newest || newest.number <= upTo.number) return newest
    for (let index = this.indexOf(upTo.number); index >= 0; index--) {
      const step = this.steps[index]
      if (step?.sessionId === sessionId && step.snapshot !== undefined) return step
    }
    return undefined
  }

  /** An actor's snapshot before a step; `undefined` if unknown. */
  snapshotBefore({ previous }: Step): unknown {
    const step = previous === null ? undefined : this.steps[this.indexOf(previous)]
    return step?.number === previous ? step?.snapshot : undefined
  }

  /** An actor's current state. */
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
      previous: null,
      bytes: 0,
    }
    this.steps.push(step)
    this.#grow(step, STEP_BYTES)
    return step
  }

  #grow(step: Step, bytes: number) {
    step.bytes += bytes
    this.#bytes += bytes
    this.#changedFrom = Math.min(this.#changedFrom, step.number)
    const { steps, bytes: mostBytes } = this.#most
    if (this.steps.length > steps || this.#bytes > mostBytes) this.#shed(steps * LEFT, mostBytes * LEFT)
  }

  /** Drops the oldest steps, but never the newest. */
  #shed(mostSteps: number, mostBytes: number) {
    let count = 0
    while (
      count < this.steps.length - 1 &&
      (this.steps.length - count > mostSteps || this.#bytes > mostBytes)
    ) {
      const step = this.steps[count++] as Step
      this.#bytes -= step.bytes
      if (this.#last.get(step.sessionId) === step) this.#last.delete(step.sessionId)
      const waiting = this.#waiting.get(step.sessionId)
      if (waiting?.[0] === step) waiting.shift()
    }
    this.steps.splice(0, count)
    this.dropped += count
  }

  #shedActors() {
    if (this.actors.size <= this.#most.actors) return
    const actors = [...this.actors.values()]
    const first = actors.find(({ ended }) => ended !== null) ?? actors[0]
    if (first) this.#forget(first.sessionId)
  }

  #end(actor: SeenActor, ended: Ending | null) {
    if (actor.ended === ended) return
    actor.ended = ended
    this.actorsVersion++
  }

  #forget(sessionId: string) {
    this.actorsVersion++
    this.actors.delete(sessionId)
    this.#value.delete(sessionId)
    this.#waiting.delete(sessionId)
  }

  /** Actors of one kind share a machine, and thereby a drawing. */
  #machineFrom(definition: string | undefined): AnyStateMachine | null {
    if (typeof definition !== 'string') return null
    const known = this.#machines.get(definition)
    if (known !== undefined) return known
    if (this.#definitionBytes > this.#most.bytes) return null
    const machine = machineFrom(definition)
    this.#keepMachine(definition, machine)
    return machine
  }

  #keepMachine(definition: string, machine: AnyStateMachine | null) {
    if (!this.#machines.has(definition)) this.#definitionBytes += 2 * definition.length
    this.#machines.set(definition, machine)
  }

  #settle(sessionId: string, snapshot: unknown): StateValue | null {
    const value = valueIn(snapshot)
    this.#value.set(sessionId, bytesOf(value) > LARGEST_ACTOR ? null : value)
    return value
  }

  /** An event is reported when it is sent, and its outcome when the actor has taken it. */
  #wait(step: Step) {
    const waiting = this.#waiting.get(step.sessionId) ?? []
    waiting.push(step)
    if (waiting.length > MOST_WAITING) waiting.shift() // the actor has stopped and takes no more
    this.#waiting.set(step.sessionId, waiting)
  }

  #next(sessionId: string, eventType: string): Step | undefined {
    const waiting = this.#waiting.get(sessionId) ?? []
    const index = waiting.findIndex(({ event }) => event.type === eventType)
    const [step] = index < 0 ? [] : waiting.splice(0, index + 1).slice(-1)
    return step
  }
}

/** The number that `statescope` gives an app: `2/` in `2/x:0`. */
export const appOf = (sessionId = ''): string => sessionId.slice(0, sessionId.indexOf('/') + 1)

/** Checks a value that anyone may have sent. */
const textOrNull = (given: unknown): string | null => (typeof given === 'string' ? given : null)

const takesEvents = (message: object) => 'takesEvents' in message && message.takesEvents === true

const endingIn = (snapshot: unknown): Ending | null =>
  (isRecord(snapshot) && STATUSES.find((status) => status === snapshot.status)) || null

const timeOf = (createdAt: string) => Number(createdAt) || Date.now()

const valueIn = (snapshot: unknown): StateValue | null =>
  typeof snapshot === 'object' && snapshot !== null && 'value' in snapshot && isValue(snapshot.value)
    ? snapshot.value
    : null

/** Whether a recorded value is a step. */
export const isStep = (step: unknown): step is RecordedStep => {
  const { at, sessionId, sourceId, event, before, after, taken } = Object(step)
  return (
    Number.isFinite(at) &&
    typeof sessionId === 'string' &&
    (sourceId === null || typeof sourceId === 'string') &&
    isRecord(event) &&
    typeof event.type === 'string' &&
    [before, after].every((value) => value === null || isValue(value)) &&
    (taken === undefined || (Array.isArray(taken) && taken.every(isPlace)))
  )
}

function takenIn(message: object): readonly TransitionPlace[] | undefined {
  return 'taken' in message && Array.isArray(message.taken) && message.taken.every(isPlace)
    ? message.taken
    : undefined
}

const isPlace = (place: unknown): place is TransitionPlace => {
  const { source, eventType, nth } = Object(place)
  return typeof source === 'string' && typeof eventType === 'string' && typeof nth === 'number'
}

/** The transitions of a step, for `<state-chart>`. Inferred from values if the message does not tell. */
export function ledBy(step: Step | undefined, machine: AnyStateMachine | null) {
  if (step?.taken) return { taken: step.taken }
  if (!step?.before || !step.after || !machine) return undefined
  const taken = takenBetween(chartOf(machine), step.before, step.event.type, step.after)
  return { taken: taken.map(({ source, transition: { eventType, nth } }) => ({ source, eventType, nth })) }
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
