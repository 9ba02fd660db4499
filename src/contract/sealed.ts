/**
 * A secret in transit: it can be held, passed on and compared by identity, but not seen. `JSON.stringify`,
 * `structuredClone`, `util.inspect` and inspectors find no value in it, because the value lives in a closure. Call
 * `unseal()` only where you use the secret. Unlike a private field, a closure also works behind a reactive proxy (Vue,
 * MobX and others), whose `this` is not the object.
 */
export class Sealed<T> {
  /** Returns the secret, for the call or the element that needs it. Do not keep or log it. */
  declare readonly unseal: () => T

  private constructor(value: T) {
    // Not enumerable, or `structuredClone` would fail on the function. Configurable, since proxies may wrap it.
    Object.defineProperty(this, 'unseal', { value: () => value, configurable: true })
  }

  /** Seals a value. */
  static of<T>(value: T): Sealed<T> {
    return new Sealed(value)
  }

  /** Returns `[sealed]`, for `JSON.stringify`. */
  toJSON(): string {
    return '[sealed]'
  }

  /** Returns `[sealed]`, for templates and log lines. */
  toString(): string {
    return '[sealed]'
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[sealed]'
  }
}
