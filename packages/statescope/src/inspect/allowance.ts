/** Of the time that passes, as much may be spent, and so much at once after a pause. */
const SHARE = 0.2
const MOST_MS = 500
/** What takes longer than any message should was kept from going on by the machine, unless the next takes as long. */
const LONGEST_MS = 20

/** How long an app may be kept from its own work: what is spent comes back with time. */
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

  /** Does what is paid for. */
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
