import type { TotpFlow } from '../../flow/totp-flow.ts'
import type { TotpView } from '../../flow/view.ts'
import { useTotpFlow } from '../flow/use-totp-flow.ts'

interface Verb<Variables extends unknown[], Data, Shown> {
  /** Resolves with what came of it, or rejects with a `TotpFlowError`. */
  run: (flow: TotpFlow, ...variables: Variables) => Promise<Data>
  /** What the view says of it. */
  show: (view: TotpView) => Shown
}

/** A verb of the flow in the shape of a mutation. `mutate` leaves a failure to what is shown. */
export function useVerb<Variables extends unknown[], Data, Shown>(verb: Verb<Variables, Data, Shown>) {
  const flow = useTotpFlow()
  const shown = verb.show(useTotpFlow((view) => view))
  const mutateAsync = (...variables: Variables): Promise<Data> => verb.run(flow, ...variables)
  return {
    ...shown,
    mutate: (...variables: Variables): void => {
      mutateAsync(...variables).catch(() => {})
    },
    mutateAsync,
    reset: (): void => flow.cancel(),
  }
}
