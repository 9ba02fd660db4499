import { useCallback, useState } from 'react'
import { elevationRefusals, TotpFlowError } from '../../contract/errors.ts'
import { elevate, type Scopes } from '../../flow/elevate.ts'
import { useTotpFlow } from '../flow/use-totp-flow.ts'

/** What is done with the right in hand. The token goes with the request; `null` where the backend attaches its own. */
export type ElevatedAction<Result> = (token: string | null) => Promise<Result> | Result

/**
 * Gives a function that runs an action under these scopes and asks for a code only when they are not held. Actions that
 * come together wait behind one prompt, and ask again only if the right was for one use. When the action itself finds
 * the right worth nothing (`elevation_required`, `elevation_expired`) it is asked for anew, and run once more. Rejects
 * with the action's own error or a `TotpFlowError`: `cancelled` when the person did so. For plain HTTP,
 * `createElevatedFetch` does it without a hook.
 */
export function useStepUp(scopes: Scopes) {
  const flow = useTotpFlow()
  const [asked, setAsked] = useState(scopes)
  if (asked.join(' ') !== scopes.join(' ')) setAsked(scopes) // a new array of the same ones makes no new function
  return useCallback(
    async <Result>(action: ElevatedAction<Result>): Promise<Result> => {
      const token = await elevate(flow, asked)
      try {
        return await action(token)
      } catch (cause) {
        if (!isRefusal(cause)) throw cause
        return action(await elevate(flow, asked, { rejectedToken: token }))
      }
    },
    [flow, asked],
  )
}

const isRefusal = (cause: unknown) => cause instanceof TotpFlowError && elevationRefusals.includes(cause.code)
