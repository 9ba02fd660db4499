/** A value that changes, for any UI. */
export interface Observable<State> {
  /** Returns the same object until something changes. */
  getState(): State
  /** Calls `listener` after every change. Returns a function that unsubscribes it. The value is kept up to date while it has a listener. */
  subscribe(listener: () => void): () => void
}

/** Creates an {@link Observable} and its setter. `watch` runs for the first listener, and returns what to run after the last. */
export function observable<State>(
  state: State,
  watch: () => () => void,
): Observable<State> & { set(next: State): void } {
  const listeners = new Set<() => void>()
  let stop = () => {}
  return {
    getState: () => state,
    subscribe(listener) {
      listeners.add(listener)
      if (listeners.size === 1) stop = watch()
      return () => {
        if (listeners.delete(listener) && listeners.size === 0) stop()
      }
    },
    set(next) {
      if (isSame(state, next)) return
      state = next
      for (const listener of listeners) listener()
    },
  }
}

/** The same value, or objects with the same members. */
function isSame<State>(one: State, other: State): boolean {
  if (!one || !other || typeof one !== 'object') return one === other
  return Object.entries(one).every(([name, value]) => value === Reflect.get(Object(other), name))
}
