import type { FlowClock } from '../contract/clock.ts'

interface Timer {
  at: number
  fire: () => void
}

/**
 * A clock that only a test moves, for a flow, a server and an authenticator. It starts at the real time by default, so
 * that nothing has expired for anything that reads the real clock, such as a browser or Dynamic's SDK.
 */
export class TestClock implements FlowClock {
  readonly #timers = new Map<number, Timer>()
  #now: number
  #ids = 0

  /** `now` in epoch milliseconds. */
  constructor(now: number = Date.now()) {
    this.#now = now
  }

  /** Returns epoch milliseconds. A bound function, which you can pass on its own: `createTotpServer({ clock: clock.now })`. */
  readonly now = (): number => this.#now

  /** Sets a timer. It fires only in `wake` and in methods that call `wake`. */
  setTimeout(fire: () => void, milliseconds: number): number {
    this.#ids += 1
    this.#timers.set(this.#ids, { at: this.#now + milliseconds, fire })
    return this.#ids
  }

  /** Cancels a timer. Does nothing if it has fired. */
  clearTimeout(id: unknown): void {
    this.#timers.delete(Number(id))
  }

  /** The number of pending timers. */
  get pending(): number {
    return this.#timers.size
  }

  /** Moves the clock without firing timers, like a closed laptop or a background tab. A negative number sets it back. */
  sleep(milliseconds: number): void {
    this.#now += milliseconds
  }

  /** Fires the timers that are due, in order, including new ones that are due at once. */
  wake(): void {
    for (let due = this.#due(); due; due = this.#due()) {
      const [id, timer] = due
      this.#timers.delete(id)
      timer.fire()
    }
  }

  /** Lets this much time pass: `sleep`, then `wake`. Timers see the time at the end. */
  pass(milliseconds: number): void {
    this.sleep(milliseconds)
    this.wake()
  }

  /** Moves the clock to `at` unless it is already later, since nothing else moves it. */
  async waitUntil(at: number): Promise<void> {
    if (at > this.#now) this.pass(at - this.#now)
  }

  /** Moves the clock to the next pending timer, if there is one, and fires it. */
  passToNext(): void {
    const next = this.#next()
    if (next) this.pass(Math.max(0, next[1].at - this.#now))
  }

  #next() {
    return [...this.#timers].toSorted(([, a], [, b]) => a.at - b.at)[0]
  }

  #due() {
    const next = this.#next()
    return next && next[1].at <= this.#now ? next : undefined
  }
}
