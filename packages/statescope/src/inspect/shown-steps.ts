import { type Step, type Timeline, valueText } from './timeline.ts'

/** The filter of steps. */
export interface Wanted {
  /** Only steps that this actor received or sent. */
  sessionId: string | null
  /** Only actors with this in their name. */
  named: string
  /** Only steps that contain these words. */
  words: string
  /** Whether to include XState's own events. */
  ownEvents: boolean
}

/** The steps that pass the filter. Checks only new steps, so that a flood costs no more than it adds. */
export class ShownSteps {
  #timeline: Timeline | null = null
  #wanted = ''
  #steps: Step[] = []
  readonly #partsOf = new Map<string, number>()

  get steps(): readonly Step[] {
    return this.#steps
  }

  /** The actors that take part in the steps. */
  get participants(): ReadonlySet<string> {
    return new Set(this.#partsOf.keys())
  }

  update(timeline: Timeline, wanted: Wanted): void {
    const key = JSON.stringify(wanted)
    const changedFrom = timeline.takeChangedFrom()
    const isSame = timeline === this.#timeline && key === this.#wanted
    this.#timeline = timeline
    this.#wanted = key
    const from = isSame ? changedFrom : 0
    const first = timeline.steps[0]?.number ?? Number.POSITIVE_INFINITY
    const dropped = this.#steps.findIndex(({ number }) => number >= first)
    this.#remove(0, dropped < 0 ? this.#steps.length : dropped)
    const kept = this.#steps.findLastIndex(({ number }) => number < from) + 1
    this.#remove(kept, this.#steps.length - kept)

    const words = wanted.words.trim().toLowerCase()
    const named = wanted.named.trim().toLowerCase()
    const nameOf = (id: string | null) =>
      id === null ? '' : (timeline.actors.get(id)?.name ?? id).toLowerCase()
    for (let index = timeline.indexOf(from); index < timeline.steps.length; index++) {
      const step = timeline.steps[index] as Step
      const { sessionId, sourceId, event, after } = step
      if (wanted.sessionId !== null && sessionId !== wanted.sessionId && sourceId !== wanted.sessionId)
        continue
      if (!wanted.ownEvents && event.type.startsWith('xstate.')) continue
      if (named && !nameOf(sessionId).includes(named) && !nameOf(sourceId).includes(named)) continue
      const text = () => `${nameOf(sessionId)} ${JSON.stringify(event)} ${after ? valueText(after) : ''}`
      if (words && !text().toLowerCase().includes(words)) continue
      this.#steps.push(step)
      this.#count(step, 1)
    }
  }

  /** The index of a step among them, or -1. They are sorted by number. */
  indexOf(step: Step | null): number {
    if (!step) return -1
    let [low, high] = [0, this.#steps.length - 1]
    while (low <= high) {
      const middle = (low + high) >> 1
      const number = this.#steps[middle]?.number ?? 0
      if (number === step.number) return this.#steps[middle] === step ? middle : -1
      if (number < step.number) low = middle + 1
      else high = middle - 1
    }
    return -1
  }

  #remove(at: number, count: number) {
    for (const step of this.#steps.splice(at, count)) this.#count(step, -1)
  }

  #count({ sessionId, sourceId }: Step, by: number) {
    for (const id of new Set([sessionId, sourceId])) {
      if (id === null) continue
      const count = (this.#partsOf.get(id) ?? 0) + by
      if (count > 0) this.#partsOf.set(id, count)
      else this.#partsOf.delete(id)
    }
  }
}
