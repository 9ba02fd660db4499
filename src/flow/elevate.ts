import type { Approval } from '../contract/approval.ts'
import type { Challenge } from '../contract/challenge.ts'
import { findCovering } from '../contract/elevations.ts'
import { TotpFlowError } from '../contract/errors.ts'
import type { Scope } from '../contract/scopes.ts'
import { unlessAborted } from '../contract/unless-aborted.ts'
import type { TotpFlow } from './totp-flow.ts'
import type { TotpView } from './view.ts'

/** At least one. */
export type Scopes = readonly [Scope, ...Scope[]]

/** What stepping up calls of a flow. */
type ElevatingFlow = Pick<TotpFlow, 'actor' | 'cancel' | 'stepUp' | 'takeElevatedToken' | 'waitFor'>

interface ElevateOptions {
  signal?: AbortSignal
  /** What a prompt says, and what the elevation is bound to. */
  approval?: Approval
  /** What else a service wants of the proof (RFC 9470 §3). */
  challenge?: Challenge
  /** A token that the service rejected, or `null` where it was sent without: another one is returned, prompting if none is held. */
  rejectedToken?: string | null
}

export interface ElevationInUse {
  /** A single-use one is gone from the flow. `null` where the backend keeps its tokens itself. */
  token: string | null
  /** What was won is the session as a whole, and the token is the session's. */
  ofSession: boolean
  /** Whether a code won it after `elevate` was called: another code would win nothing better. */
  isFresh: boolean
}

/** For each flow, resolves when its last caller is done. Keeps nothing of what a caller got. */
const queues = new WeakMap<ElevatingFlow, Promise<void>>()

/**
 * Makes sure that one elevation covers all the scopes: prompts for a code only if none is held, and waits for the person.
 * Without scopes it is the session that is to be verified, as `challenge` says. Callers wait for one another, so that what the
 * first of them won serves the others too, and for any other open prompt. Rejects with a `TotpFlowError`: `cancelled` when the
 * person canceled.
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
  /** What is held and does, if there is any; a code that was typed just now is as recent as can be. */
  function take(maxAge?: number): ElevationInUse | undefined {
    const held = findHeld(maxAge)
    if (!held) return undefined
    const isFresh = held !== heldBefore
    const ofSession = scopes.length === 0 || held.ofSession === true
    if (!ofSession) return { token: flow.takeElevatedToken(wanted), ofSession, isFresh }
    if (rejectedToken !== undefined && !isFresh) return undefined
    // What only has to be recent costs nobody's token.
    return { token: held.ofSession ? flow.takeElevatedToken(wanted) : null, ofSession, isFresh }
  }
  const until = (predicate: (view: TotpView) => boolean) => flow.waitFor(predicate, { signal })

  async function takeOrPrompt(): Promise<ElevationInUse> {
    try {
      await until(({ busy }) => !busy)
      const held = take(challenge.maxAge)
      if (held?.ofSession || (held?.token && held.token !== rejectedToken)) return held

      await until(({ busy, state }) => !busy && state !== 'awaitingCode') // somebody else's prompt
      flow.stepUp(scopes, { ...approval, ...challenge, fresh: rejectedToken !== undefined })
      const { error } = await until(({ methods }) => methods.length === 0).catch((cause) => {
        if (signal?.aborted) flow.cancel() // nobody waits for this proof any more
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
