import type { Approval } from '../contract/approval.ts'
import type { Challenge } from '../contract/challenge.ts'
import { findCovering } from '../contract/elevations.ts'
import { TotpFlowError } from '../contract/errors.ts'
import type { Scope } from '../contract/scopes.ts'
import { unlessAborted } from '../contract/unless-aborted.ts'
import type { TotpFlow } from './totp-flow.ts'
import type { TotpView } from './view.ts'

/** One or more scopes. */
export type Scopes = readonly [Scope, ...Scope[]]

/** The members of a flow that stepping up uses. */
type ElevatingFlow = Pick<TotpFlow, 'actor' | 'cancel' | 'stepUp' | 'takeElevatedToken' | 'waitFor'>

interface ElevateOptions {
  signal?: AbortSignal
  /** What the prompt shows, and what the elevation is bound to. */
  approval?: Approval
  /** What else the service requires of the proof (RFC 9470 §3). */
  challenge?: Challenge
  /** A token that the service rejected, `null` if it rejected a request without one. Returns another, prompting if none is held. */
  rejectedToken?: string | null
}

export interface ElevationInUse {
  /** A single-use token is gone from the flow. `null` if the backend keeps its tokens itself. */
  token: string | null
  /** The whole session is elevated, and the token is the session's. */
  ofSession: boolean
  /** Whether a code won it after `elevate` was called. Another code would win nothing better. */
  isFresh: boolean
}

/** For each flow, resolves when its last caller is done. Keeps no caller's result. */
const queues = new WeakMap<ElevatingFlow, Promise<void>>()

/**
 * Returns one elevation that covers all the scopes. Prompts for a code only if none is held, and waits for the person. Without
 * scopes, verifies the session as `challenge` requires. Callers wait for each other and for any other open prompt, so they can
 * share an elevation. Rejects with a `TotpFlowError`: `cancelled` if the person cancels.
 */
export function elevate(
  flow: ElevatingFlow,
  scopes: readonly Scope[],
  { signal, approval = {}, challenge = {}, rejectedToken }: ElevateOptions = {},
): Promise<ElevationInUse> {
  const wanted = { scopes, authorizationDetails: approval.authorizationDetails }
  const findHeld = (maxAge?: number) => {
    const { elevations, time } = flow.actor.getSnapshot().context
    return findCovering(elevations, { ...wanted, maxAge }, time.now())
  }
  const heldBefore = findHeld()
  /** Takes an elevation that is held and suffices. Pass no `maxAge` right after a code, which is as recent as can be. */
  function take(maxAge?: number): ElevationInUse | undefined {
    const held = findHeld(maxAge)
    if (!held) return undefined
    const isFresh = held !== heldBefore
    const ofSession = scopes.length === 0 || held.ofSession === true
    if (!ofSession) return { token: flow.takeElevatedToken(wanted), ofSession, isFresh }
    if (rejectedToken !== undefined && !isFresh) return undefined
    // A request that needs only a recent verification consumes no token.
    return { token: held.ofSession ? flow.takeElevatedToken(wanted) : null, ofSession, isFresh }
  }
  const until = (predicate: (view: TotpView) => boolean) => flow.waitFor(predicate, { signal })

  async function takeOrPrompt(): Promise<ElevationInUse> {
    try {
      await until(({ busy }) => !busy)
      const held = take(challenge.maxAge)
      if (held?.ofSession || (held?.token && held.token !== rejectedToken)) return held

      await until(({ busy, state }) => !busy && state !== 'awaitingCode') // another caller's prompt
      flow.stepUp(scopes, { ...approval, ...challenge, fresh: rejectedToken !== undefined })
      const { error } = await until(({ methods }) => methods.length === 0).catch((cause) => {
        if (signal?.aborted) flow.cancel() // no caller waits for this proof any more
        throw cause
      })
      const won = take()
      if (!won || (!won.ofSession && won.token !== null && won.token === rejectedToken))
        throw error ?? new TotpFlowError('cancelled')
      return won
    } catch (cause) {
      throw TotpFlowError.from(cause, 'aborted')
    }
  }

  const before = queues.get(flow) ?? Promise.resolve()
  const turn = unlessAborted(before, signal).then(takeOrPrompt)
  const bothDone = Promise.allSettled([before, turn]).then(() => {}) // a caller that leaves the queue must not end another's wait
  queues.set(flow, bothDone)
  return turn
}

/**
 * Runs an action with an elevated token. If the service rejects a token that the flow already held, prompts for another and
 * runs the action a second time. A token that was just won is not replaced.
 */
export async function runElevated<Result>(
  flow: ElevatingFlow,
  scopes: readonly Scope[],
  action: (token: string | null, won: ElevationInUse) => Result | Promise<Result>,
  {
    isRejected,
    ...options
  }: Pick<ElevateOptions, 'signal' | 'approval' | 'challenge'> & {
    /** Whether the outcome says that the service rejected the token. */
    isRejected: (outcome: PromiseSettledResult<Result>) => boolean
  },
): Promise<Result> {
  const run = async (won: ElevationInUse) => action(won.token, won)
  const won = await elevate(flow, scopes, options)
  const first = run(won)
  const [outcome] = await Promise.allSettled([first])
  if (won.isFresh || !isRejected(outcome)) return first
  return run(await elevate(flow, scopes, { ...options, rejectedToken: won.token }))
}
