import { TotpFlowError } from '../contract/errors.ts'
import type { TotpFlow } from '../flow/totp-flow.ts'
import type { TotpView } from '../flow/view.ts'
import { type Observable, observable } from './observable.ts'

export interface CodesWorkState {
  /** What is under way, by the name that it was begun with. */
  pending: string | null
  /** Why the last failed, until something else is done or happens; never that somebody cancelled it. */
  failure: TotpFlowError | null
  /** The codes that were last copied, downloaded or printed. */
  taken: TotpView['recoveryCodes']
}

/** Calls about recovery codes that move no state of the chart, for any UI: confirming that they are saved, making new ones. */
export interface CodesWork extends Observable<CodesWorkState> {
  /** One at a time: nothing happens while another is under way. */
  run(name: string, act: () => Promise<void>): Promise<void>
  /** Says that the codes on the screen were copied, downloaded or printed. */
  take(): void
}

/** Nothing is under way at first. */
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
      const isKnown = failure?.code === 'cancelled' || failure === failedIn.error // the flow's own error is shown as such
      set({ ...work.getState(), pending: null, failure: isKnown ? null : failure })
    },
    take: () => set({ ...work.getState(), taken: flow.getView().recoveryCodes }),
  }
}
