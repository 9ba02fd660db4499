import type { StatelyInspectionEvent } from '@statelyai/inspect'
import type { DroppedMessage } from './message.ts'

type Message = StatelyInspectionEvent | DroppedMessage

/** More messages than a mounting component sends. */
const MOST = 1_000

/**
 * Holds back the messages of starting actors until the end of the task or their first event. React's StrictMode mounts a component,
 * unmounts it and mounts it again at once. Its actors stop and continue as before, which a viewer should not show.
 */
export class HeldMessages {
  readonly #pass: (message: Message) => void
  #held: Message[] | null = null

  constructor(pass: (message: Message) => void) {
    this.#pass = pass
  }

  send(message: Message): void {
    if (!this.#held) {
      this.#pass(message)
      return
    }
    this.#held.push(message)
    if (this.#held.length >= MOST) this.release()
  }

  hold(): void {
    if (this.#held) return
    this.#held = []
    queueMicrotask(() => this.release())
  }

  release(): void {
    const held = this.#held ?? []
    this.#held = null
    for (const message of held) this.#pass(message)
  }

  /** Forgets the stop of an actor that starts again. Returns whether there was one. */
  forgetStop(sessionId: string): boolean {
    const index = this.#held?.findLastIndex(
      (message) =>
        message.type === '@xstate.snapshot' &&
        message.sessionId === sessionId &&
        message.snapshot.status === 'stopped',
    )
    return index !== undefined && index >= 0 && this.#held?.splice(index, 1).length === 1
  }
}
