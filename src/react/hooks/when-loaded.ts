import type { TotpFlow } from '../../flow/totp-flow.ts'

/**
 * Calls `act` once the flow knows the user's devices. Loads them again if that failed before, for example because nobody was
 * signed in. Calls it at once if they are known, so that a click takes effect in the same turn.
 */
export async function whenLoaded(flow: TotpFlow, act: () => void): Promise<void> {
  if (flow.getView().detail === 'unavailable') flow.refresh()
  if (flow.getView().detail === 'loading') await flow.settled()
  act()
}
