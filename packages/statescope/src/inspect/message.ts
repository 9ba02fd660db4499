import type { StatelyInspectionEvent } from '@statelyai/inspect'

/** Whether it is a message of the inspector protocol, as far as a viewer relies on it. Anyone may have sent it. */
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

/** Tells a viewer how many messages it missed. It is no message of the inspector protocol, whose viewers ignore it. */
export interface DroppedMessage {
  type: '@statescope.dropped'
  count: number
}
export const droppedMessage = (count: number): DroppedMessage => ({ type: '@statescope.dropped', count })

/** How many messages were missed, if that is what a message says. */
export const droppedIn = (value: unknown): number | null =>
  isRecord(value) && value.type === '@statescope.dropped' && isCount(value.count) ? value.count : null

/** Anyone may have sent it, and messages are numbered by it. */
const isCount = (count: unknown): count is number =>
  Number.isInteger(count) && Number(count) > 0 && Number(count) <= 1e9

/** Inspectors write 10 or 40 levels down. What goes deeper than this was made to exhaust the stack of who reads it. */
const DEEPEST = 500

/** Whether a message can be gone through by functions that call themselves. */
export const isShallow = (value: unknown, levels = DEEPEST): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (levels > 0 && Object.values(value).every((part) => isShallow(part, levels - 1)))

/** Tells a viewer that the app of these actors is no longer connected. `sessionId` is what their ids begin with. */
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

/** Asks the server to forget all but the actors that run, and tells every viewer that it did. */
export const CLEAR = JSON.stringify({ type: '@statescope.clear' })
export const CLEARED = JSON.stringify({ type: '@statescope.cleared' })
export const isClear = (value: unknown): boolean => isRecord(value) && value.type === '@statescope.clear'
export const isCleared = (value: unknown): boolean => isRecord(value) && value.type === '@statescope.cleared'

/** Gives an actor an event; tells why that could not be, or `null`. */
export type SendEvent = (event: { type: string }) => Promise<string | null>

/** An event for an actor, as text: larger ones are refused on their way. */
export const LARGEST_EVENT = 256 * 1024
export const TOO_LARGE = 'The event is larger than 256 KB.'

/** Asks for an event to be given to an actor; goes from a viewer to the server, and from there to the actor's app. */
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

/** Comes back for it. */
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

/** What was written as JSON, without what would set what an object inherits. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text, (key, value) => (key === '__proto__' ? undefined : value))
  } catch {
    return undefined
  }
}

/** Says how many characters of messages a viewer has read since it connected. */
export interface ReadMessage {
  type: '@statescope.read'
  characters: number
}
export const isRead = (value: unknown): value is ReadMessage =>
  isRecord(value) && value.type === '@statescope.read' && Number.isSafeInteger(value.characters)

/** About what a part of a value costs besides its text. */
const PART_BYTES = 16

/** About how many bytes a value takes in memory; infinitely many where it cannot be gone through, as with `isShallow`. */
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
