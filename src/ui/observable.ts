/** A value that changes, for any UI. */
export interface Observable<State> {
  /** The same object until something changes. */
  getState(): State
  /** Calls back after every change. What the value depends on is watched while somebody listens. */
  subscribe(listener: () => void): () => void
}

/** An {@link Observable} and what sets it. `watch` is called when the first listens, and gives what is done when the last leaves. */
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

/** The same value, or an object with the same in it. */
function isSame<State>(one: State, other: State): boolean {
  if (!one || !other || typeof one !== 'object') return one === other
  return Object.entries(one).every(([name, value]) => value === Reflect.get(Object(other), name))
}
