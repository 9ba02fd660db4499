import { TotpFlowError } from '../contract/errors.ts'
import type { TotpFlow } from '../flow/totp-flow.ts'
import type { TotpView } from '../flow/view.ts'
import { type Observable, observable } from './observable.ts'

export interface CodesWorkState {
  /** The name of the call that is under way. */
  pending: string | null
  /** Why the last call failed, until something else happens. A cancellation is no failure. */
  failure: TotpFlowError | null
  /** The codes that were last copied, downloaded or printed. */
  taken: TotpView['recoveryCodes']
}

/** Calls about recovery codes outside the chart, for any UI: confirming that they are saved, generating new ones. */
export interface CodesWork extends Observable<CodesWorkState> {
  /** Runs one call at a time. Does nothing while another is under way. */
  run(name: string, act: () => Promise<void>): Promise<void>
  /** Records that the codes shown were copied, downloaded or printed. */
  take(): void
}

/** Creates the state with nothing under way. */
export function createCodesWork(flow: TotpFlow): CodesWork {
  let failedIn = flow.getView()
  const { set, ...work } = observable<CodesWorkState>({ pending: null, failure: null, taken: null }, () =>
    flow.subscribe(() => {
      const { state, error } = flow.getView()
      if (state !== failedIn.state || error !== failedIn.error) set({ ...work.getState(), failure: null })
    }),
  )
  return {
    ...work,
    async run(name, act) {
      if (work.getState().pending) return
      set({ ...work.getState(), pending: name, failure: null })
      const failure = await act().then(
        () => null,
        (cause: unknown) => TotpFlowError.from(cause),
      )
      failedIn = flow.getView()
      const isKnown = failure?.code === 'cancelled' || failure === failedIn.error // the flow's own error is shown elsewhere
      set({ ...work.getState(), pending: null, failure: isKnown ? null : failure })
    },
    take: () => set({ ...work.getState(), taken: flow.getView().recoveryCodes }),
  }
}
