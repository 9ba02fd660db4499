import { useSelector } from '@xstate/react'
import { useMemo, useSyncExternalStore } from 'react'
import type { Observer } from 'xstate'
import type { TotpFlow } from '../../flow/totp-flow.ts'
import { firstView, type TotpView } from '../../flow/view.ts'
import { useFlow } from './provider.tsx'

/** Returns the flow, to call its verbs. Never re-renders. */
export function useTotpFlow(): TotpFlow
/** Returns what `selector` picks from the view, and re-renders when that changes: `useTotpFlow((view) => view.state)`. */
export function useTotpFlow<Picked>(selector: (view: TotpView) => Picked): Picked
export function useTotpFlow<Picked>(selector?: (view: TotpView) => Picked): TotpFlow | Picked {
  const flow = useFlow()
  const isHydrating = useSyncExternalStore(never, no, yes)
  const views = useMemo(() => viewsOf(flow), [flow])
  const picked = useSelector(views, (view) => selector?.(isHydrating ? firstView() : view))
  return selector ? (picked as Picked) : flow
}

/** Like an actor, but also notifies when it ends, since the view then loses its secrets. */
const viewsOf = ({ subscribe, getView }: TotpFlow) => ({
  getSnapshot: getView,
  subscribe(observer: Observer<TotpView> | ((view: TotpView) => void)) {
    const tell = typeof observer === 'function' ? observer : observer.next
    return { unsubscribe: subscribe(() => tell?.(getView())) }
  },
})

/** A server renders a flow's first view. The browser hydrates with the same view before it shows its own. */
const never = () => () => {}
const no = () => false
const yes = () => true
