import { useCallback, useState } from 'react'
import type { Approval } from '../../contract/approval.ts'
import { elevationRefusals, TotpFlowError } from '../../contract/errors.ts'
import { runElevated, type Scopes } from '../../flow/elevate.ts'
import { useTotpFlow } from '../flow/use-totp-flow.ts'

/** What needs the elevation. The token goes with the request; `null` where the backend attaches its own. */
export type ElevatedAction<Result> = (token: string | null) => Promise<Result> | Result

/**
 * Gives a function that runs an action under these scopes and prompts for a code only when they are not held. Actions that
 * come together wait behind one prompt, and prompt again only if the elevation was for one use. If the action rejects with
 * `elevation_required` or `elevation_expired` although the flow held the elevation before, it prompts and runs once more.
 * An `approval` tells why (`{ reason: 'Send €100 to Bob' }`), and binds the elevation to what is approved.
 * Rejects with the action's own error or a `TotpFlowError`: `cancelled` when the person canceled. For plain HTTP,
 * `createElevatedFetch` does it without a hook.
 */
export function useStepUp(scopes: Scopes) {
  const flow = useTotpFlow()
  const [asked, setAsked] = useState(scopes)
  if (asked.join(' ') !== scopes.join(' ')) setAsked(scopes) // a new array of the same ones makes no new function
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
