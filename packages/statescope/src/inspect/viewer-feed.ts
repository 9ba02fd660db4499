import type { WebSocket } from 'ws'
import { type Backlog, textOf } from './backlog.ts'
import { CLEARED, droppedMessage } from './message.ts'

/** The most bytes in a socket before waiting for the viewer. */
const MOST_UNSENT = 1024 * 1024
/** The most unread characters of a viewer that reports what it reads: a backlog in the page would keep it from answering. */
const MOST_UNREAD = 256 * 1024

/**
 * Sends the backlog to one viewer, as fast as the viewer reads. It has no queue of its own: a viewer that falls behind the backlog
 * misses messages and is told how many.
 */
export class ViewerFeed {
  readonly #socket: WebSocket
  readonly #backlog: Backlog
  #next: number
  /** Messages from before the viewer connected do not count as missed. */
  #since: number

  /** The characters that were sent, and that the viewer has read; `null` if it does not report them. */
  #sent = 0
  #read: number | null

  constructor(socket: WebSocket, backlog: Backlog, next: number | null, says: boolean) {
    this.#socket = socket
    this.#read = says ? 0 : null
    this.#backlog = backlog
    this.#next = next ?? 0
    this.#since = next ?? backlog.oldest
  }

  /** The bytes waiting in the socket. */
  get unsent(): number {
    return this.#socket.bufferedAmount
  }

  /** Sends messages while the viewer has room. */
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

  /** Records how many characters the viewer has read. */
  read(characters: number): void {
    if (this.#read === null) return
    this.#read = Math.min(Math.max(characters, this.#read), this.#sent)
    this.pump()
  }

  /** Makes the viewer forget everything, and sends the backlog again. */
  clear(): void {
    this.#next = 0
    this.#since = this.#backlog.next
    if (this.#socket.readyState !== this.#socket.OPEN) return
    this.#socket.send(CLEARED)
    this.pump()
  }

  /** Disconnects a viewer that reads too slowly. It may reconnect and continue. */
  end(): void {
    this.#socket.terminate()
  }
}
