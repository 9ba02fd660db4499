import type { FlowClock } from '../contract/clock.ts'

interface Timer {
  at: number
  fire: () => void
}

/**
 * A clock that only a test moves, for a flow, a server and an authenticator alike. It starts at the real time unless told
 * otherwise: what reads the real clock too (a browser, Dynamic's SDK) then finds nothing that is over already.
 */
export class TestClock implements FlowClock {
  readonly #timers = new Map<number, Timer>()
  #now: number
  #ids = 0

  /** `now` in epoch milliseconds. */
  constructor(now: number = Date.now()) {
    this.#now = now
  }

  /** Epoch milliseconds. A function of its own, so that it can be handed on alone: `createTotpServer({ clock: clock.now })`. */
  readonly now = (): number => this.#now

  /** Sets a timer, which fires in `wake` and what calls that, and never by itself. */
  setTimeout(fire: () => void, milliseconds: number): number {
    this.#ids += 1
    this.#timers.set(this.#ids, { at: this.#now + milliseconds, fire })
    return this.#ids
  }

  /** Unsets a timer; nothing happens if it has fired. */
  clearTimeout(id: unknown): void {
    this.#timers.delete(Number(id))
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.size
  }

  /** A laptop's lid, a background tab, or a clock that someone sets: back, too. */
  sleep(milliseconds: number): void {
    this.#now += milliseconds
  }

  /** Fires what is due, in order, and what that sets if it is due at once. */
  wake(): void {
    for (let due = this.#due(); due; due = this.#due()) {
      const [id, timer] = due
      this.#timers.delete(id)
      timer.fire()
    }
  }

  /** Lets so much time pass: `sleep` and `wake`. What fires finds the clock at the end of it. */
  pass(milliseconds: number): void {
    this.sleep(milliseconds)
    this.wake()
  }

  /** Nobody else moves it, so waiting is moving it: the time is `at`, if it was earlier. */
  async waitUntil(at: number): Promise<void> {
    if (at > this.#now) this.pass(at - this.#now)
  }

  /** To the moment when the next timer is due, if one is set. */
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
