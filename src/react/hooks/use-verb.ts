import type { TotpFlow } from '../../flow/totp-flow.ts'
import type { TotpView } from '../../flow/view.ts'
import { useTotpFlow } from '../flow/use-totp-flow.ts'

interface Verb<Variables extends unknown[], Data, Shown> {
  /** Resolves with the result, or rejects with a `TotpFlowError`. */
  run: (flow: TotpFlow, ...variables: Variables) => Promise<Data>
  /** Picks the mutation's state from the view. */
  show: (view: TotpView) => Shown
}

/** A verb of the flow in the shape of a mutation. `mutate` reports a failure only through `error`. */
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
