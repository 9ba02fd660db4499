/**
 * Solid: the view as a signal, gone with its owner. In a component:
 *
 *     const view = createTotpView(flow)
 *     <Show when={view().showsCodeField} fallback={<button onClick={() => flow.register()}>Set up</button>}>
 *       <input autocomplete="one-time-code" onChange={(e) => flow.submitCode(e.currentTarget.value)} />
 *     </Show>
 */
import { type Accessor, createSignal, onCleanup } from 'solid-js'
import type { TotpFlow, TotpView } from 'totp-flow'

export function createTotpView(flow: TotpFlow): Accessor<TotpView> {
  const [view, setView] = createSignal(flow.getView())
  onCleanup(flow.subscribe(() => setView(flow.getView())))
  return view
}
