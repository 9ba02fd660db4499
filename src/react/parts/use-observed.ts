import { useSyncExternalStore } from 'react'
import type { TotpFlow } from '../../flow/totp-flow.ts'
import type { Observable } from '../../ui/observable.ts'
import { useOfFlow } from '../flow/use-of-flow.ts'

/** Creates an observable for the flow and returns it with its state. Re-renders when the state changes. */
export function useObserved<State, Made extends Observable<State>>(
  make: (flow: TotpFlow) => Made & Observable<State>,
): [Made, State] {
  const made = useOfFlow(make)
  return [made, useSyncExternalStore(made.subscribe, made.getState, made.getState)]
}
