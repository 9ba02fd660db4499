/**
 * A secret in transit: it can be held, passed on and compared by identity, but not seen.
 * `JSON.stringify`, `structuredClone`, `util.inspect` and an inspector find no value in it,
 * because the value lives in a private field. Open it with `unseal()` where it is used, and nowhere else.
 */
export class Sealed<T> {
  readonly #value: T

  private constructor(value: T) {
    this.#value = value
  }

  /** The one way to make one. */
  static of<T>(value: T): Sealed<T> {
    return new Sealed(value)
  }

  /** The secret itself: for the call or the element that needs it, not to be kept or logged. */
  unseal(): T {
    return this.#value
  }

  /** What `JSON.stringify` shows: `[sealed]`. */
  toJSON(): string {
    return '[sealed]'
  }

  /** What a template or a log line shows: `[sealed]`. */
  toString(): string {
    return '[sealed]'
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[sealed]'
  }
}
