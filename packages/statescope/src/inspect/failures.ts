import type { InspectionEvent } from 'xstate'
import { quietly } from './quietly.ts'

type Said<Type> = Extract<InspectionEvent, { type: Type }>
type Snapshot = Said<'@xstate.snapshot'>
type ActorRef = InspectionEvent['actorRef']

/** Reports actors that failed. If something throws, XState sends no snapshot for the event. */
export class Failures {
  readonly #tell: (snapshot: Snapshot) => void
  /** The events sent to actors in this task without a snapshot so far. */
  readonly #sent = new Map<ActorRef, Said<'@xstate.event'>[]>()
  readonly #failed = new WeakSet<ActorRef>()

  constructor(tell: (snapshot: Snapshot) => void) {
    this.#tell = tell
  }

  /** Records an event. The actor takes it by the end of the task or never. */
  sent(said: Said<'@xstate.event'>): void {
    if (this.#failed.has(said.actorRef)) return
    if (this.#sent.size === 0) queueMicrotask(() => quietly(() => this.#look()))
    const events = this.#sent.get(said.actorRef)
    if (events) events.push(said)
    else this.#sent.set(said.actorRef, [said])
  }

  /** Records that an actor took an event. Returns the real snapshot: XState reports the one before something threw. */
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
