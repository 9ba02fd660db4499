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

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
