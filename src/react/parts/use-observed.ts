import { useEffect, useLayoutEffect, useSyncExternalStore } from 'react'
import type { TotpFlow } from '../../flow/totp-flow.ts'
import type { Observable } from '../../ui/observable.ts'
import { useOfFlow } from '../flow/use-of-flow.ts'

/** React 18 warns of layout effects on a server. */
const useEarlyEffect = typeof document === 'undefined' ? useEffect : useLayoutEffect

/** Creates an observable for the flow and returns it with its state. Re-renders when the state changes. */
export function useObserved<State, Made extends Observable<State>>(
  make: (flow: TotpFlow) => Made & Observable<State>,
): [Made, State] {
  const made = useOfFlow(make)
  // React subscribes after the paint. An event until then would be missed.
  useEarlyEffect(() => made.subscribe(() => {}), [made])
  return [made, useSyncExternalStore(made.subscribe, made.getState, made.getState)]
}
