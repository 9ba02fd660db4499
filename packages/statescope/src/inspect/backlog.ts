import type { StatelyInspectionEvent } from '@statelyai/inspect'
import type { GoneMessage } from './message.ts'

/** How much is held. Actors may use three quarters of the bytes, so that there is always room for events. */
export interface Bounds {
  actors: number
  messages: number
  bytes: number
}
const OF_A_SERVER: Bounds = { actors: 1_000, messages: 10_000, bytes: 64 * 1024 * 1024 }

/** A generous estimate of an entry's cost besides its text. */
const ENTRY_BYTES = 512

/** A message as text, so that its size is known. Its snapshot is separate, since it may replace its actor's. */
export interface Entry {
  type: (StatelyInspectionEvent | GoneMessage)['type']
  sessionId: string
  isRunning: boolean
  head: string
  snapshot: string | undefined
}

interface Numbered extends Entry {
  number: number
  bytes: number
}

/** Converts a message to text. */
export function entryOf(message: StatelyInspectionEvent | GoneMessage): Entry {
  const { type, sessionId } = message
  const snapshot = 'snapshot' in message ? message.snapshot : undefined
  return {
    type,
    sessionId,
    isRunning: snapshot?.status === 'active',
    head: JSON.stringify({ ...message, snapshot: undefined }),
    snapshot: JSON.stringify(snapshot),
  }
}

/** The text of an entry's message, as sent. */
export const textOf = ({ head, snapshot }: Entry): string =>
  snapshot === undefined ? head : `${head.slice(0, -1)},"snapshot":${snapshot}}`

/** Counts two bytes per character, as in memory for a text with any wide character. */
const bytesOf = ({ sessionId, head, snapshot = '' }: Entry) =>
  ENTRY_BYTES + 2 * (sessionId.length + head.length + snapshot.length)

/**
 * What a late viewer must receive: every running actor, and the newest messages. A message that is dropped for its age still
 * updates its actor's state, so that the chart can be drawn and highlighted. Everything counts towards the bounds.
 */
export class Backlog {
  readonly #actors = new Map<string, Numbered>()
  #messages: Numbered[] = []
  #bytes = { actors: 0, messages: 0 }
  #next = 0
  #newestActor = -1
  #overflown = 0
  readonly #most: Bounds

  constructor(most: Bounds = OF_A_SERVER) {
    this.#most = most
  }

  /** The number of the next message. */
  get next(): number {
    return this.#next
  }

  /** The number of the oldest message that is still kept as such. */
  get oldest(): number {
    return this.#messages[0]?.number ?? this.#next
  }

  /** The size of everything that it holds. */
  get bytes(): number {
    return this.#bytes.actors + this.#bytes.messages
  }

  add(entry: Entry): void {
    const numbered = { ...entry, number: this.#next++, bytes: bytesOf(entry) }
    this.#messages.push(numbered)
    this.#bytes.messages += numbered.bytes
    while (this.#messages.length > this.#most.messages || this.bytes > this.#most.bytes) {
      this.#settleOldest()
      this.#overflown += 1
    }
  }

  /** The oldest message, and how many earlier ones were dropped since the last call. */
  oldestMessage(): { entry: Entry | undefined; missed: number } {
    const missed = this.#overflown
    this.#overflown = 0
    return { entry: this.#messages[0], missed }
  }

  /** Counts messages that could not be kept, so that viewers learn that they miss some. */
  skip(count = 1): void {
    this.#next += count
  }

  /** Everything that was not dropped, from a number on: first the actors, then the messages. */
  *from(number: number): Generator<Entry & { number: number }> {
    if (number <= this.#newestActor) {
      for (const actor of this.#actors.values()) if (actor.number >= number) yield actor
    }
    // Most viewers lack only the newest.
    const known = this.#messages.findLastIndex((message) => message.number < number)
    for (let index = known + 1; index < this.#messages.length; index++) {
      const message = this.#messages[index]
      if (message) yield message
    }
  }

  /** Forgets everything but the state of running actors. */
  forgetHistory(): void {
    while (this.#messages.length > 0) this.#settleOldest()
  }

  /** The current state of the actors, as messages for a new viewer. */
  actorsThatStand(): string[] {
    return [...this.#actors.values()].map(textOf)
  }

  clear(): void {
    this.#actors.clear()
    this.#messages = []
    this.#bytes = { actors: 0, messages: 0 }
  }

  /** Removes the oldest message after it was sent. It then counts only for its actor's state. */
  settleOldest(): void {
    this.#settleOldest()
  }

  #settleOldest() {
    const oldest = this.#messages.shift()
    if (!oldest) return
    this.#bytes.messages -= oldest.bytes
    this.#settle(oldest)
  }

  #settle(message: Numbered) {
    const { type, sessionId, isRunning, snapshot } = message
    const actor = this.#actors.get(sessionId)
    if (type === '@xstate.event') return
    if (type === '@statescope.gone') {
      for (const id of this.#actors.keys()) if (id.startsWith(sessionId)) this.#forget(id)
      return
    }
    if (type === '@xstate.actor') {
      this.#forget(sessionId) // an actor that is announced again moves to its new place
      this.#keep(message)
    } else if (actor && isRunning) this.#keep({ ...actor, snapshot })
    else this.#forget(sessionId)
    const mostBytes = (this.#most.bytes * 3) / 4
    while (this.#actors.size > this.#most.actors || this.#bytes.actors > mostBytes) {
      const [oldest = ''] = this.#actors.keys()
      this.#forget(oldest)
    }
  }

  #keep(actor: Numbered) {
    const bytes = bytesOf(actor)
    this.#bytes.actors += bytes - (this.#actors.get(actor.sessionId)?.bytes ?? 0)
    this.#actors.set(actor.sessionId, { ...actor, bytes })
    this.#newestActor = Math.max(this.#newestActor, actor.number)
  }

  #forget(sessionId: string) {
    this.#bytes.actors -= this.#actors.get(sessionId)?.bytes ?? 0
    this.#actors.delete(sessionId)
  }
}
