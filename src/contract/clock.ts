/** Time, as the flow sees it. Give your own to run a flow in simulated time (XState's `SimulatedClock` fits). */
export interface FlowClock {
  /** Epoch milliseconds. */
  now(): number
  /** Calls once, after so long by this clock; gives what `clearTimeout` takes. */
  setTimeout(fn: (...args: unknown[]) => void, milliseconds: number): unknown
  /** What was set does not fire any more. */
  clearTimeout(id: unknown): void
}

/** Reads the time from inside a statechart's context, which stays plain data: `now` is not enumerable. */
export class TimeSource {
  /** Epoch milliseconds. */
  declare readonly now: () => number

  constructor(now: () => number = Date.now) {
    Object.defineProperty(this, 'now', { value: now, configurable: true })
  }

  /** Leaves it out of a snapshot's JSON. */
  toJSON(): undefined {
    return undefined
  }
}
