import { useSyncExternalStore } from 'react'
import type { TotpFlow } from '../../flow/totp-flow.ts'
import type { Observable } from '../../ui/observable.ts'
import { useOfFlow } from '../flow/use-of-flow.ts'

/** What is made of the flow, and how it stands; re-renders when that changes. */
export function useObserved<State, Made extends Observable<State>>(
  make: (flow: TotpFlow) => Made & Observable<State>,
): [Made, State] {
  const made = useOfFlow(make)
  return [made, useSyncExternalStore(made.subscribe, made.getState, made.getState)]
}
