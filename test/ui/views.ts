import type { TotpFlow } from '../../src/flow/totp-flow.ts'
import { firstView, type TotpView } from '../../src/flow/view.ts'

export interface Changes extends Partial<Omit<TotpView, 'can'>> {
  can?: Partial<TotpView['can']>
}

/** A view that differs from a first one by these. A code answers where there is a field for one, unless they say what does. */
export function viewOf({ can, ...changes }: Changes): TotpView {
  const first = firstView()
  const methods = changes.showsCodeField ? (['code'] as const) : []
  return { ...first, methods, ...changes, can: { ...first.can, ...can } }
}

const VERBS = [
  'register',
  'stepUp',
  'deleteDevice',
  'cancel',
  'refresh',
  'submitCode',
  'submitRecoveryCode',
  'submitPassword',
  'submitPasskey',
]

/** What a face asks of a flow, and nothing behind it: a test says how its view is, and what it was asked to do. */
export function shownFlow(changes: Changes = {}, now = 0) {
  let view = viewOf(changes)
  const listeners = new Set<() => void>()
  const asked: unknown[][] = []
  const flow = {
    getView: () => view,
    subscribe(listener: () => void) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    actor: {
      getSnapshot: () => ({ context: { time: { now: () => now } } }),
      send: (event: unknown) => asked.push(['send', event]),
    },
    on: () => () => {},
    checkRecoveryCodes: async () => null,
    ...Object.fromEntries(VERBS.map((verb) => [verb, (...given: unknown[]) => asked.push([verb, ...given])])),
  } as unknown as TotpFlow
  return {
    flow,
    asked,
    listeners,
    show(next: Changes) {
      view = viewOf(next)
      for (const listener of listeners) listener()
    },
  }
}
