/** Time, as the flow sees it. Give your own to run a flow in simulated time (XState's `SimulatedClock` fits). */
export interface FlowClock {
  /** Epoch milliseconds. */
  now(): number
  /** Calls once, after so long by this clock; gives what `clearTimeout` takes. */
  setTimeout(fn: (...args: unknown[]) => void, milliseconds: number): unknown
  /** What was set does not fire any more. */
  clearTimeout(id: unknown): void
}

/** Reads the time from inside a statechart's context; it is a private field so that a context stays plain data. */
export class TimeSource {
  readonly #now: () => number

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  now(): number {
    return this.#now()
  }

  toJSON(): undefined {
    return undefined
  }
}
