import { useSelector } from '@xstate/react'
import { useMemo, useSyncExternalStore } from 'react'
import type { Observer } from 'xstate'
import type { TotpFlow } from '../../flow/totp-flow.ts'
import { firstView, type TotpView } from '../../flow/view.ts'
import { useFlow } from './provider.tsx'

/** The flow, for its verbs; never re-renders. */
export function useTotpFlow(): TotpFlow
/** What `selector` picks of the view; re-renders when that changes. Pick what you show: `useTotpFlow((view) => view.state)`. */
export function useTotpFlow<Picked>(selector: (view: TotpView) => Picked): Picked
export function useTotpFlow<Picked>(selector?: (view: TotpView) => Picked): TotpFlow | Picked {
  const flow = useFlow()
  const isHydrating = useSyncExternalStore(never, no, yes)
  const views = useMemo(() => viewsOf(flow), [flow])
  const picked = useSelector(views, (view) => selector?.(isHydrating ? firstView() : view))
  return selector ? (picked as Picked) : flow
}

/** As of an actor, but that it tells of its end, after which the view holds no secrets. */
const viewsOf = ({ subscribe, getView }: TotpFlow) => ({
  getSnapshot: getView,
  subscribe(observer: Observer<TotpView> | ((view: TotpView) => void)) {
    const tell = typeof observer === 'function' ? observer : observer.next
    return { unsubscribe: subscribe(() => tell?.(getView())) }
  },
})

/** A server renders what every flow begins with, and the browser takes that over before it shows how far its own is. */
const never = () => () => {}
const no = () => false
const yes = () => true
