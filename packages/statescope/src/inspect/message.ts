import type { StatelyInspectionEvent } from '@statelyai/inspect'

/** Whether a value, which anyone may have sent, is a message of the inspector protocol, as far as a viewer relies on it. */
export function isMessage(value: unknown): value is StatelyInspectionEvent {
  if (!isRecord(value) || typeof value.sessionId !== 'string') return false
  switch (value.type) {
    case '@xstate.actor':
      return typeof value.name === 'string'
    case '@xstate.event':
    case '@xstate.snapshot':
      return isRecord(value.event) && typeof value.event.type === 'string'
    default:
      return false
  }
}

/** Tells a viewer how many messages it missed. Not part of the inspector protocol, whose viewers ignore it. */
export interface DroppedMessage {
  type: '@statescope.dropped'
  count: number
}
export const droppedMessage = (count: number): DroppedMessage => ({ type: '@statescope.dropped', count })

/** The number of missed messages, if the message reports one. */
export const droppedIn = (value: unknown): number | null =>
  isRecord(value) && value.type === '@statescope.dropped' && isCount(value.count) ? value.count : null

/** Checks a count that anyone may have sent and that numbers messages. */
const isCount = (count: unknown): count is number =>
  Number.isInteger(count) && Number(count) > 0 && Number(count) <= 1e9

/** Inspectors write 10 or 40 levels. Deeper values are made to exhaust the reader's stack. */
const DEEPEST = 500

/** Whether recursive functions can read a message. */
export const isShallow = (value: unknown, levels = DEEPEST): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (levels > 0 && Object.values(value).every((part) => isShallow(part, levels - 1)))

/** Tells a viewer that the app of these actors is disconnected. Their ids begin with `sessionId`. */
export interface GoneMessage {
  type: '@statescope.gone'
  id: string
  sessionId: string
}
export const isGone = (value: unknown): value is GoneMessage =>
  isRecord(value) &&
  value.type === '@statescope.gone' &&
  typeof value.id === 'string' &&
  typeof value.sessionId === 'string'

/** `CLEAR` asks the server to forget everything but the running actors. `CLEARED` tells every viewer that it did. */
export const CLEAR = JSON.stringify({ type: '@statescope.clear' })
export const CLEARED = JSON.stringify({ type: '@statescope.cleared' })
export const isClear = (value: unknown): boolean => isRecord(value) && value.type === '@statescope.clear'
export const isCleared = (value: unknown): boolean => isRecord(value) && value.type === '@statescope.cleared'

/** Sends an event to an actor. Resolves with `null`, or with the reason why it could not. */
export type SendEvent = (event: { type: string }) => Promise<string | null>

/** The largest event for an actor, characters of JSON. Larger ones are refused. */
export const LARGEST_EVENT = 256 * 1024
export const TOO_LARGE = 'The event is larger than 256 KB.'

/** Requests an event for an actor. Goes from a viewer to the server, and from there to the actor's app. */
export interface SendMessage {
  type: '@statescope.send'
  id: string
  sessionId: string
  event: { type: string }
}
export const isSend = (value: unknown): value is SendMessage =>
  isRecord(value) &&
  value.type === '@statescope.send' &&
  typeof value.id === 'string' &&
  typeof value.sessionId === 'string' &&
  isRecord(value.event) &&
  typeof value.event.type === 'string'

/** The answer to a `SendMessage`. */
export interface AnswerMessage {
  type: '@statescope.answer'
  id: string
  problem: string | null
}
export const isAnswer = (value: unknown): value is AnswerMessage =>
  isRecord(value) &&
  value.type === '@statescope.answer' &&
  typeof value.id === 'string' &&
  (value.problem === null || typeof value.problem === 'string')

/** Parses JSON, without keys that would set a prototype. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text, (key, value) => (key === '__proto__' ? undefined : value))
  } catch {
    return undefined
  }
}

/** Reports how many characters of messages a viewer has read since it connected. */
export interface ReadMessage {
  type: '@statescope.read'
  characters: number
}
export const isRead = (value: unknown): value is ReadMessage =>
  isRecord(value) && value.type === '@statescope.read' && Number.isSafeInteger(value.characters)

/** The approximate cost of a part of a value besides its text. */
const PART_BYTES = 16

/** The approximate bytes of a value in memory. Infinite if it is too deep to read, as for `isShallow`. */
export function bytesOf(value: unknown, levels = DEEPEST): number {
  if (typeof value === 'string') return PART_BYTES + 2 * value.length
  if (typeof value !== 'object' || value === null) return PART_BYTES
  if (levels === 0) return Number.POSITIVE_INFINITY
  let bytes = 2 * PART_BYTES
  for (const [name, part] of Object.entries(value)) bytes += name.length + bytesOf(part, levels - 1)
  return bytes
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
