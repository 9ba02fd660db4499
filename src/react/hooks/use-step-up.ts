import { useCallback, useState } from 'react'
import type { Approval } from '../../contract/approval.ts'
import { elevationRefusals, TotpFlowError } from '../../contract/errors.ts'
import { runElevated, type Scopes } from '../../flow/elevate.ts'
import { useTotpFlow } from '../flow/use-totp-flow.ts'

/** An action that needs the elevation. Send the token with its request; it is `null` if the backend attaches its own. */
export type ElevatedAction<Result> = (token: string | null) => Promise<Result> | Result

/**
 * Returns a function that runs an action with an elevation for these scopes, and prompts for a code if none is held.
 * Simultaneous actions share one prompt, unless the elevation is single-use. If the action rejects with `elevation_required` or
 * `elevation_expired` although the flow already held the elevation, it prompts and runs the action a second time. An `approval`
 * tells the person why (`{ reason: 'Send €100 to Bob' }`), and binds the elevation to its `authorizationDetails`. Rejects with
 * the action's own error or a `TotpFlowError`: `cancelled` if the person cancels. For plain HTTP, use `createElevatedFetch`.
 *
 * @example
 * const stepUp = useStepUp(['wallet:export'])
 * const onClick = () => stepUp((token) => exportWallet(token), { reason: 'Export your wallet' })
 */
export function useStepUp(scopes: Scopes) {
  const flow = useTotpFlow()
  const [asked, setAsked] = useState(scopes)
  if (asked.join(' ') !== scopes.join(' ')) setAsked(scopes) // a new array with the same scopes returns the same function
  return useCallback(
    <Result>(action: ElevatedAction<Result>, approval?: Approval): Promise<Result> =>
      runElevated(flow, asked, (token) => action(token), { isRejected, approval }),
    [flow, asked],
  )
}

const isRejected = (outcome: PromiseSettledResult<unknown>) =>
  outcome.status === 'rejected' &&
  outcome.reason instanceof TotpFlowError &&
  elevationRefusals.includes(outcome.reason.code)
