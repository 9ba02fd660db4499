import { useEffect, useInsertionEffect, useRef, useSyncExternalStore } from 'react'
import type { TotpFlow } from '../../flow/totp-flow.ts'
import type { Observable } from '../../ui/observable.ts'
import { useOfFlow } from '../flow/use-of-flow.ts'

/** Creates an observable for the flow and returns it with its state. Re-renders when the state changes. */
export function useObserved<State, Made extends Observable<State>>(
  make: (flow: TotpFlow) => Made & Observable<State>,
): [Made, State] {
  const made = useOfFlow(make)
  const leave = useRef(() => {})
  // React subscribes after the paint, and would miss what happens until then. Of a layout effect, React 18 warns on servers.
  useInsertionEffect(() => {
    leave.current = made.subscribe(() => {})
    return () => leave.current()
  }, [made])
  const state = useSyncExternalStore(made.subscribe, made.getState, made.getState)
  useEffect(() => leave.current())
  return [made, state]
}
