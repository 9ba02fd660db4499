/**
 * A secret in transit: it can be held, passed on and compared by identity, but not seen.
 * `JSON.stringify`, `structuredClone`, `util.inspect` and an inspector find no value in it,
 * because the value lives in a closure. Open it with `unseal()` where it is used, and nowhere else. Unlike a private field,
 * that also works behind a reactive proxy (of Vue, MobX and others), whose `this` is not the object.
 */
export class Sealed<T> {
  /** The secret itself: for the call or the element that needs it, not to be kept or logged. */
  declare readonly unseal: () => T

  private constructor(value: T) {
    // Not enumerable, or `structuredClone` would stumble over the function; configurable, since proxies may wrap it.
    Object.defineProperty(this, 'unseal', { value: () => value, configurable: true })
  }

  /** The one way to make one. */
  static of<T>(value: T): Sealed<T> {
    return new Sealed(value)
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
