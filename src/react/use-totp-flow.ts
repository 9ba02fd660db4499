import { useSelector } from '@xstate/react'
import { useSyncExternalStore } from 'react'
import type { TotpFlow } from '../flow/create-totp-flow.ts'
import { firstView, type TotpView } from '../flow/view.ts'
import { useFlow } from './provider.tsx'

/** The flow, for its verbs; never re-renders. */
export function useTotpFlow(): TotpFlow
/** What `selector` picks of the view; re-renders when that changes. Pick what you show: `useTotpFlow((view) => view.state)`. */
export function useTotpFlow<Picked>(selector: (view: TotpView) => Picked): Picked
export function useTotpFlow<Picked>(selector?: (view: TotpView) => Picked): TotpFlow | Picked {
  const flow = useFlow()
  const isHydrating = useSyncExternalStore(never, no, yes)
  // The view is cached per snapshot, and this is asked with the actor's current one.
  const picked = useSelector(flow.actor, () => selector?.(isHydrating ? firstView() : flow.getView()))
  return selector ? (picked as Picked) : flow
}

/** A server renders what every flow begins with, and the browser takes that over before it shows how far its own is. */
const never = () => () => {}
const no = () => false
const yes = () => true
