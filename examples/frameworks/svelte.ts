/**
 * Svelte: the flow as a store. In a component:
 *
 *     const { view, flow } = totpStore({ backend })
 *     {#if $view.showsCodeField}<input autocomplete="one-time-code" onchange={(e) => flow.submitCode(e.currentTarget.value)}>
 *     {:else}<button disabled={!$view.can.register} onclick={() => flow.register()}>Set up</button>{/if}
 *     <p role="alert">{$view.error ? sentenceOf(en, $view.error) : ''}</p>
 */
import { readable } from 'svelte/store'
import { createTotpFlow, type TotpFlowOptions } from 'totp-flow'

export function totpStore(options: TotpFlowOptions) {
  const flow = createTotpFlow(options)
  const view = readable(flow.getView(), (set) => {
    set(flow.getView())
    return flow.subscribe(() => set(flow.getView()))
  })
  return { flow, view }
}
