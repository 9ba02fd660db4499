import type { AnyActorRef } from 'xstate'
import { isRecord, isShallow } from './message.ts'

type Reachable = Pick<AnyActorRef, 'sessionId' | 'send' | 'getSnapshot'>

/** No real event nests deeper. */
const DEEPEST = 100
/** The number of actors at which ended ones are first looked for. */
const FIRST_LOOK = 1_000

/** The actors that a viewer may send events to. Does not keep them alive. */
export class ReachableActors {
  readonly #actors = new Map<string, WeakRef<Reachable>>()
  #nextLook = FIRST_LOOK

  add(actor: Reachable): void {
    this.#actors.set(actor.sessionId, new WeakRef(actor))
    if (this.#actors.size < this.#nextLook) return
    for (const [id, known] of this.#actors) if (!isRunning(known.deref())) this.#actors.delete(id)
    this.#nextLook = 2 * this.#actors.size + FIRST_LOOK
  }

  /** Sends an actor an event that anyone may have written. Returns `null`, or the reason why it could not. */
  send(sessionId: string, event: unknown): string | null {
    const actor = this.#actors.get(sessionId)?.deref()
    if (!isRunning(actor)) return 'This actor has come to its end: it takes no more events.'
    if (!isEvent(event)) return 'An event is an object with a type, such as { "type": "next" }.'
    if (event.type.startsWith('xstate.')) return 'XState sends events of this type by itself.'
    if (!isShallow(event, DEEPEST)) return 'The event nests too deep.'
    try {
      actor.send(event)
      return null
    } catch (error) {
      return `The actor threw: ${error instanceof Error ? error.message : String(error)}`
    }
  }

  clear(): void {
    this.#actors.clear()
  }
}

const isEvent = (event: unknown): event is { type: string } =>
  isRecord(event) && !Array.isArray(event) && typeof event.type === 'string' && event.type !== ''

const isRunning = (actor: Reachable | undefined): actor is Reachable =>
  actor?.getSnapshot().status === 'active'
