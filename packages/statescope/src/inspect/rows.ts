import { html, nothing } from 'lit'
import { legible } from '../statechart/legible.ts'
import { isRecord } from './message.ts'
import { type Step, valueText } from './timeline.ts'

export const ROW_HEIGHT = 32
export const COLUMN = 140

/** An event in one line: time, actor, event and outcome. */
export function eventRow(step: Step, nameOf: (id: string) => string) {
  const { at, sessionId, event } = step
  const outcome = outcomeOf(step)
  return html`<time>${timeText(at)}</time><span class="who">${legible(nameOf(sessionId))}</span><code>${legible(event.type)}</code>
    ${outcome ? html`<span class="to">${outcome}</span>` : nothing}`
}

/** The new state after an event, or an error; empty if the state did not change. */
function outcomeOf({ before, after, snapshot }: Step): string {
  if (isRecord(snapshot) && snapshot.status === 'error') return '→ error'
  const hasMoved = after !== null && JSON.stringify(before) !== JSON.stringify(after)
  return hasMoved ? legible(`→ ${valueText(after)}`) : ''
}

/** An event as an arrow between the lines of two actors. */
export function sequenceRow(step: Step, columns: ReadonlyMap<string, number>) {
  const { sessionId, sourceId, event } = step
  const to = columns.get(sessionId) ?? 0
  const from = columns.get(sourceId ?? '') ?? -1
  const middle = (column: number) => column * COLUMN + COLUMN / 2
  const text = `${legible(event.type)} ${outcomeOf(step)}`.trimEnd()
  // An event from outside comes from the left.
  const start = from < 0 ? middle(to) - COLUMN / 3 : middle(from)
  const [left, right] = [Math.min(start, middle(to)), Math.max(start, middle(to))]
  const direction = from === to ? 'self' : start < middle(to) ? 'right' : 'left'
  return html`<b class=${direction} .style=${`left:${left}px;width:${right - left}px`}></b>
    <code .style=${`left:${left + 8}px`} title=${text}>${text}</code>`
}

export const sequenceWidth = (count: number) => Math.max(count, 1) * COLUMN + COLUMN

const timeText = (at: number) => {
  const date = new Date(at)
  const pad = (number: number, length = 2) => String(number).padStart(length, '0')
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`
}
