import type { StatelyActorEvent, StatelyInspectionEvent } from '@statelyai/inspect'

const MOST = { actors: 1_000, messages: 10_000, characters: 64 * 1024 * 1024 } as const

/**
 * What somebody who comes late has to be told: every actor that runs, and the newest of what was said about them. What is
 * dropped for being old still counts for where an actor stands, so that its chart can be drawn and lit.
 */
export class Backlog {
  readonly #actors = new Map<string, StatelyActorEvent>()
  #messages: { message: StatelyInspectionEvent; size: number }[] = []
  #size = 0

  add(message: StatelyInspectionEvent): void {
    if (message.type === '@xstate.actor') {
      this.settle(message)
      return
    }
    const size = sizeOf(message)
    this.#messages.push({ message, size })
    this.#size += size
    while (this.#messages.length > MOST.messages || this.#size > MOST.characters) {
      const dropped = this.#messages.shift()
      if (!dropped) return
      this.#size -= dropped.size
      this.settle(dropped.message)
    }
  }

  /** Keeps of a message only where it leaves its actor. */
  settle(message: StatelyInspectionEvent): void {
    const { sessionId } = message
    if (message.type === '@xstate.actor') this.#actors.set(sessionId, message)
    if (message.type === '@xstate.snapshot') {
      const actor = this.#actors.get(sessionId)
      const isRunning = message.snapshot?.status === 'active'
      if (actor && isRunning) this.#actors.set(sessionId, { ...actor, snapshot: message.snapshot })
      else this.#actors.delete(sessionId)
    }
    const [oldest] = this.#actors.keys()
    if (this.#actors.size > MOST.actors && oldest !== undefined) this.#actors.delete(oldest)
  }

  /** The actors first. */
  all(): StatelyInspectionEvent[] {
    return this.after(null)
  }

  /** The same for who heard all up to the message with this `id`; whoever did not is told everything. */
  after(id: string | null): StatelyInspectionEvent[] {
    const heard = id === null ? -1 : this.#messages.findLastIndex(({ message }) => message.id === id)
    return [...this.#actors.values(), ...this.#messages.slice(heard + 1).map(({ message }) => message)]
  }

  /** All were told: they count only for where the actors stand. */
  settleAll(): void {
    const told = this.#messages
    this.#messages = []
    this.#size = 0
    for (const { message } of told) this.settle(message)
  }

  clear(): void {
    this.#actors.clear()
    this.#messages = []
    this.#size = 0
  }
}

/** What is nested too deep to be written was not written by an inspector either. */
function sizeOf(message: StatelyInspectionEvent): number {
  try {
    return JSON.stringify(message).length
  } catch {
    return MOST.characters
  }
}
