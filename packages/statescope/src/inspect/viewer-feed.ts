import type { WebSocket } from 'ws'
import { type Backlog, textOf } from './backlog.ts'
import { CLEARED, droppedMessage } from './message.ts'

/** More is not handed to a socket before the viewer has read some of it. */
const MOST_UNSENT = 1024 * 1024

/**
 * Sends one viewer what the backlog holds, as fast as the viewer reads. It keeps no queue: a viewer that is slower than
 * the backlog is long misses messages, and learns how many.
 */
export class ViewerFeed {
  readonly #socket: WebSocket
  readonly #backlog: Backlog
  #next: number
  /** What is missing from before it came is no loss. */
  #since: number

  constructor(socket: WebSocket, backlog: Backlog, next: number | null) {
    this.#socket = socket
    this.#backlog = backlog
    this.#next = next ?? 0
    this.#since = next ?? backlog.oldest
  }

  /** The bytes that the socket holds. */
  get unsent(): number {
    return this.#socket.bufferedAmount
  }

  /** Sends what there is and the viewer has room for. */
  readonly pump = (): void => {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    for (const entry of this.#backlog.from(this.#next)) {
      if (this.unsent > MOST_UNSENT) return
      const missed = entry.number - Math.max(this.#next, this.#since)
      if (missed > 0) this.#socket.send(JSON.stringify(droppedMessage(missed)))
      this.#next = entry.number + 1
      this.#socket.send(textOf(entry), this.pump)
    }
  }

  /** Has the viewer forget all, and tells it again what the backlog holds. */
  clear(): void {
    this.#next = 0
    this.#since = this.#backlog.next
    if (this.#socket.readyState !== this.#socket.OPEN) return
    this.#socket.send(CLEARED)
    this.pump()
  }

  /** Ends a viewer that reads too little; it may come back and go on. */
  end(): void {
    this.#socket.terminate()
  }
}
