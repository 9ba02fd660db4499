import type { Approval, AuthorizationDetails } from '../contract/approval.ts'
import { findCovering } from '../contract/elevations.ts'
import { TotpFlowError } from '../contract/errors.ts'
import type { Scope } from '../contract/scopes.ts'
import type { TotpFlow } from './totp-flow.ts'
import { unlessAborted } from './unless-aborted.ts'
import type { TotpView } from './view.ts'

/** At least one. */
export type Scopes = readonly [Scope, ...Scope[]]

/** What stepping up calls of a flow. */
type ElevatingFlow = Pick<TotpFlow, 'actor' | 'cancel' | 'stepUp' | 'takeElevatedToken' | 'waitFor'>

interface ElevateOptions {
  signal?: AbortSignal
  /** What a prompt says, and what the elevation is bound to. */
  approval?: Approval
  /** A token that the service rejected: another one is returned, prompting if none is held. */
  rejectedToken?: string | null
}

interface ElevationInUse {
  /** A single-use one is gone from the flow. `null` where the backend keeps its tokens itself. */
  token: string | null
  /** Whether a code won it after `elevate` was called: another code would win nothing better. */
  isFresh: boolean
}

/** For each flow, resolves when its last caller is done. Keeps nothing of what a caller got. */
const queues = new WeakMap<ElevatingFlow, Promise<void>>()

/**
 * Makes sure that one elevation covers all the scopes: prompts for a code only if none is held, and waits for the person.
 * Callers wait for one another, so that what the first of them won serves the others too, and for any other open prompt.
 * Rejects with a `TotpFlowError`: `cancelled` when the person canceled.
 */
export function elevate(
  flow: ElevatingFlow,
  scopes: Scopes,
  { signal, approval = {}, rejectedToken }: ElevateOptions = {},
): Promise<ElevationInUse> {
  const { authorizationDetails } = approval
  const findHeld = () => heldBy(flow, scopes, authorizationDetails)
  const heldBefore = findHeld()
  const take = () => {
    const isFresh = findHeld() !== heldBefore
    return { token: flow.takeElevatedToken({ scopes, authorizationDetails }), isFresh }
  }
  const until = (predicate: (view: TotpView) => boolean) => flow.waitFor(predicate, { signal })

  async function takeOrPrompt(): Promise<ElevationInUse> {
    try {
      await until(({ busy }) => !busy)
      const held = take()
      if (held.token !== null && held.token !== rejectedToken) return held

      await until(({ busy, showsCodeField }) => !busy && !showsCodeField) // somebody else's prompt
      flow.stepUp(scopes, { ...approval, fresh: rejectedToken !== undefined })
      const { error } = await until(({ showsCodeField }) => !showsCodeField).catch((cause) => {
        if (signal?.aborted) flow.cancel() // nobody waits for this code any more
        throw cause
      })
      const won = take()
      const isUsable = won.token === null ? findHeld() : won.token !== rejectedToken
      if (!isUsable) throw error ?? new TotpFlowError('cancelled')
      return won
    } catch (cause) {
      throw TotpFlowError.from(cause, 'aborted')
    }
  }

  const before = queues.get(flow) ?? Promise.resolve()
  const turn = unlessAborted(before, signal).then(takeOrPrompt)
  const bothDone = Promise.allSettled([before, turn]).then(() => {}) // a caller that leaves the queue ends no other's wait
  queues.set(flow, bothDone)
  return turn
}

/**
 * Runs an action with an elevated token. If the service rejects one that was held before, prompts for another and runs the
 * action once more; one that was won just now is not asked for again.
 */
export async function runElevated<Result>(
  flow: ElevatingFlow,
  scopes: Scopes,
  action: (token: string | null) => Result | Promise<Result>,
  {
    isRejected,
    signal,
    approval,
  }: {
    /** Whether the outcome says that the service rejected the token. */
    isRejected: (outcome: PromiseSettledResult<Result>) => boolean
    signal?: AbortSignal
    approval?: Approval
  },
): Promise<Result> {
  const run = async (token: string | null) => action(token)
  const { token, isFresh } = await elevate(flow, scopes, { signal, approval })
  const first = run(token)
  const [outcome] = await Promise.allSettled([first])
  if (isFresh || !isRejected(outcome)) return first
  const another = await elevate(flow, scopes, { signal, approval, rejectedToken: token })
  return run(another.token)
}

function heldBy(flow: ElevatingFlow, scopes: Scopes, details?: AuthorizationDetails) {
  const { elevations, time } = flow.actor.getSnapshot().context
  return findCovering(elevations, scopes, time.now(), details)
}
