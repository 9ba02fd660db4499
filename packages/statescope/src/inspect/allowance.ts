/** The share of time that may be spent. */
const SHARE = 0.2
/** The most that may be spent at once after a pause. */
const MOST_MS = 500
/** No message takes longer. What does was interrupted by the computer, unless the next one takes as long. */
const LONGEST_MS = 20

/** Limits how long an app may be kept from its own work. Spent time comes back gradually. */
export class Allowance {
  readonly #now: () => number
  #left = MOST_MS
  #at: number
  #wasLong = false

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
    this.#at = now()
  }

  /** Whether anything is left. */
  get isOpen(): boolean {
    const now = this.#now()
    this.#left = Math.min(MOST_MS, this.#left + (now - this.#at) * SHARE)
    this.#at = now
    return this.#left > 0
  }

  /** Runs the work and counts its time. */
  spend(work: () => void): void {
    const before = this.#now()
    try {
      work()
    } finally {
      const spent = this.#now() - before
      const isLong = spent > LONGEST_MS
      this.#left -= isLong && !this.#wasLong ? LONGEST_MS : spent
      this.#wasLong = isLong
    }
  }
}
