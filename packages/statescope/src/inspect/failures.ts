import type { InspectionEvent } from 'xstate'
import { quietly } from './quietly.ts'

type Said<Type> = Extract<InspectionEvent, { type: Type }>
type Snapshot = Said<'@xstate.snapshot'>
type ActorRef = InspectionEvent['actorRef']

/** XState says nothing of what became of an event where something threw: the actor has failed without a snapshot. */
export class Failures {
  readonly #tell: (snapshot: Snapshot) => void
  /** The events that actors were sent in this task, and that nothing was said of since. */
  readonly #sent = new Map<ActorRef, Said<'@xstate.event'>[]>()
  readonly #failed = new WeakSet<ActorRef>()

  constructor(tell: (snapshot: Snapshot) => void) {
    this.#tell = tell
  }

  /** An actor was sent an event, which it has taken by the end of the task, or never will. */
  sent(said: Said<'@xstate.event'>): void {
    if (this.#failed.has(said.actorRef)) return
    if (this.#sent.size === 0) queueMicrotask(() => quietly(() => this.#look()))
    const events = this.#sent.get(said.actorRef)
    if (events) events.push(said)
    else this.#sent.set(said.actorRef, [said])
  }

  /** An actor has taken an event; the snapshot as it is, where XState says it as it was before something threw. */
  taken(said: Snapshot): Snapshot {
    const { actorRef, event } = said
    const events = this.#sent.get(actorRef) ?? []
    events.splice(0, events.findIndex((one) => one.event === event) + 1)
    const snapshot = failureOf(actorRef)
    if (!snapshot) return said
    this.#failed.add(actorRef)
    return { ...said, snapshot }
  }

  #look(): void {
    const sent = [...this.#sent]
    this.#sent.clear()
    for (const [actorRef, [first]] of sent) {
      const snapshot = failureOf(actorRef)
      if (!first || !snapshot || this.#failed.has(actorRef)) continue
      this.#failed.add(actorRef)
      this.#tell({ ...first, type: '@xstate.snapshot', snapshot })
    }
  }
}

function failureOf(actorRef: ActorRef): Snapshot['snapshot'] | null {
  const snapshot: Snapshot['snapshot'] | undefined = Object(actorRef).getSnapshot()
  return snapshot?.status === 'error' ? snapshot : null
}
