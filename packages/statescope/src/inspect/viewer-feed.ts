import type { WebSocket } from 'ws'
import { type Backlog, textOf } from './backlog.ts'
import { CLEARED, droppedMessage } from './message.ts'

/** More is not handed to a socket before the viewer has read some of it. */
const MOST_UNSENT = 1024 * 1024
/** Nor, to one that says what it has read, before that was most of it: what waits in a page keeps it from answering. */
const MOST_UNREAD = 256 * 1024

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

  /** The characters that were sent, and that the viewer says it has read; those stay `null` where it says nothing. */
  #sent = 0
  #read: number | null

  constructor(socket: WebSocket, backlog: Backlog, next: number | null, says: boolean) {
    this.#socket = socket
    this.#read = says ? 0 : null
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
      if (this.unsent > MOST_UNSENT || this.#sent - (this.#read ?? this.#sent) > MOST_UNREAD) return
      const missed = entry.number - Math.max(this.#next, this.#since)
      if (missed > 0) this.#socket.send(JSON.stringify(droppedMessage(missed)))
      this.#next = entry.number + 1
      const text = textOf(entry)
      this.#sent += text.length
      this.#socket.send(text, this.pump)
    }
  }

  /** The viewer has read so many characters. */
  read(characters: number): void {
    if (this.#read === null) return
    this.#read = Math.min(Math.max(characters, this.#read), this.#sent)
    this.pump()
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
