/** The time, as the flow sees it. Pass your own clock to run a flow in simulated time (XState's `SimulatedClock` fits). */
export interface FlowClock {
  /** Epoch milliseconds. */
  now(): number
  /** Calls `fn` once after this much time. Returns the id for `clearTimeout`. */
  setTimeout(fn: (...args: unknown[]) => void, milliseconds: number): unknown
  /** Cancels a timer. */
  clearTimeout(id: unknown): void
}

/** Gives a statechart's context access to the time, and keeps it plain data: `now` is not enumerable. */
export class TimeSource {
  /** Epoch milliseconds. */
  declare readonly now: () => number

  constructor(now: () => number = Date.now) {
    Object.defineProperty(this, 'now', { value: now, configurable: true })
  }

  /** Omits it from a snapshot's JSON. */
  toJSON(): undefined {
    return undefined
  }
}
