import { useMemo, useSyncExternalStore } from 'react'
import type { TotpFlow } from '../../flow/totp-flow.ts'
import { firstView, type TotpView } from '../../flow/view.ts'
import { useFlow } from './provider.tsx'

/** The flow, for its verbs; never re-renders. */
export function useTotpFlow(): TotpFlow
/** What `selector` picks of the view; re-renders when that changes. Pick what you show: `useTotpFlow((view) => view.state)`. */
export function useTotpFlow<Picked>(selector: (view: TotpView) => Picked): Picked
export function useTotpFlow<Picked>(selector?: (view: TotpView) => Picked): TotpFlow | Picked | undefined {
  const flow = useFlow()
  const pick = useMemo(() => onceForEach((view: TotpView) => selector?.(view)), [selector])
  // A server renders what every flow begins with, and the browser takes that over before it shows how far its own is.
  const picked = useSyncExternalStore(
    flow.subscribe,
    () => pick(flow.getView()),
    () => pick(firstView()),
  )
  return selector ? picked : flow
}

/** What is picked anew each time would never be the same, and React would never be done. */
function onceForEach<Given, Made>(make: (given: Given) => Made): (given: Given) => Made {
  let last: { given: Given; made: Made } | undefined
  return (given) => {
    if (!last || last.given !== given) last = { given, made: make(given) }
    return last.made
  }
}
