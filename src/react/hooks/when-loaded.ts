import type { TotpFlow } from '../../flow/totp-flow.ts'

/**
 * Does it once the flow knows what the user has, asking again where that failed before (nobody was signed in yet, say). At
 * once if it is known already, so that a click is answered in the same turn.
 */
export async function whenLoaded(flow: TotpFlow, act: () => void): Promise<void> {
  if (flow.getView().detail === 'unavailable') flow.refresh()
  if (flow.getView().detail === 'loading') await flow.settled()
  act()
}
