import { TotpFlowError } from '../contract/errors.ts'
import type { TotpFlow } from '../flow/totp-flow.ts'

/** What is done about recovery codes beside the chart, for any UI: keeping them, making new ones. */
export interface CodesWork {
  /** The same object until something changes. */
  getState(): {
    /** What is under way, by the name that it was begun with. */
    pending: string | null
    /** Why the last failed, until something else is done or happens; never that somebody cancelled it. */
    failure: TotpFlowError | null
  }
  /** Calls back after every change. That something else was done is noticed while somebody listens. */
  subscribe(listener: () => void): () => void
  /** One at a time: nothing happens while another is under way. */
  run(name: string, act: () => Promise<void>): Promise<void>
}

/** Nothing is under way at first. */
export function createCodesWork(flow: TotpFlow): CodesWork {
  const listeners = new Set<() => void>()
  let state: ReturnType<CodesWork['getState']> = { pending: null, failure: null }
  let failedIn = flow.getView()

  function set(next: typeof state) {
    state = next
    for (const listener of listeners) listener()
  }

  function forget() {
    const { state: now, error } = flow.getView()
    if (state.failure && (now !== failedIn.state || error !== failedIn.error))
      set({ ...state, failure: null })
  }

  return {
    getState: () => state,
    subscribe(listener) {
      const leave = flow.subscribe(forget)
      listeners.add(listener)
      return () => {
        leave()
        listeners.delete(listener)
      }
    },
    async run(name, act) {
      if (state.pending) return
      set({ pending: name, failure: null })
      const failure = await act().then(
        () => null,
        (cause: unknown) => TotpFlowError.from(cause),
      )
      failedIn = flow.getView()
      const isKnown = failure?.code === 'cancelled' || failure === failedIn.error // the flow's own error is shown as such
      set({ pending: null, failure: isKnown ? null : failure })
    },
  }
}
