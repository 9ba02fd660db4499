import { findCovering } from '../contract/elevations.ts'
import { TotpFlowError } from '../contract/errors.ts'
import type { Scope } from '../contract/scopes.ts'
import type { TotpFlow } from './totp-flow.ts'
import { unlessAborted } from './unless-aborted.ts'
import type { TotpView } from './view.ts'

/** At least one. */
export type Scopes = readonly [Scope, ...Scope[]]

/** What stepping up calls of a flow. */
type ElevatingFlow = Pick<TotpFlow, 'actor' | 'cancel' | 'on' | 'stepUp' | 'takeElevatedToken' | 'waitFor'>

interface ElevateOptions {
  signal?: AbortSignal
  /** A token that the service rejected: another one is returned, prompting if none is held. */
  rejectedToken?: string | null
}

/** What `elevate` won. */
interface Won {
  /** A single-use one is gone from the flow. `null` where the backend keeps its tokens itself. */
  token: string | null
  /** Whether a code won these scopes after `elevate` was called: another code would win nothing better. */
  isFresh: boolean
}

/**
 * Makes sure that one elevation covers all the scopes: prompts for a code only if none is held, and waits for the person.
 * Callers wait for one another, so that what the first of them won serves the others too, and for any other open prompt.
 * Rejects with a `TotpFlowError`: `cancelled` when the person canceled.
 */
export async function elevate(
  flow: ElevatingFlow,
  scopes: Scopes,
  options: ElevateOptions = {},
): Promise<Won> {
  let isFresh = false
  const stopListening = flow.on('elevated', ({ scopes: won }) => {
    isFresh ||= scopes.every((scope) => won.includes(scope))
  })
  try {
    const token = await inTurn(flow, options.signal, () => holdOrPrompt(flow, scopes, options))
    return { token, isFresh }
  } finally {
    stopListening()
  }
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
  }: {
    /** Whether the outcome says that the service rejected the token. */
    isRejected: (outcome: PromiseSettledResult<Result>) => boolean
    signal?: AbortSignal
  },
): Promise<Result> {
  const run = async (token: string | null) => action(token)
  const { token, isFresh } = await elevate(flow, scopes, { signal })
  const first = run(token)
  const [outcome] = await Promise.allSettled([first])
  if (isFresh || !isRejected(outcome)) return first
  const another = await elevate(flow, scopes, { signal, rejectedToken: token })
  return run(another.token)
}

/** For each flow, resolves when its last caller is done. Keeps nothing of what a caller won. */
const queues = new WeakMap<ElevatingFlow, Promise<void>>()

/** Runs one caller's turn after another's. A caller who leaves the queue leaves everybody else in it. */
function inTurn<Result>(
  flow: ElevatingFlow,
  signal: AbortSignal | undefined,
  act: () => Promise<Result>,
): Promise<Result> {
  const before = queues.get(flow) ?? Promise.resolve()
  const turn = unlessAborted(before, signal).then(act)
  const bothDone = Promise.allSettled([before, turn]).then(() => {})
  queues.set(flow, bothDone)
  return turn
}

async function holdOrPrompt(
  flow: ElevatingFlow,
  scopes: Scopes,
  { signal, rejectedToken }: ElevateOptions,
): Promise<string | null> {
  const until = (predicate: (view: TotpView) => boolean) => flow.waitFor(predicate, { signal })
  try {
    await until(({ busy }) => !busy)
    const held = flow.takeElevatedToken(...scopes)
    if (held !== null && held !== rejectedToken) return held

    await until(({ busy, showsCodeField }) => !busy && !showsCodeField) // somebody else's prompt
    flow.stepUp(scopes, { fresh: rejectedToken !== undefined })
    const { error } = await untilAnswered(flow, signal)
    const won = flow.takeElevatedToken(...scopes)
    const hasWon = won === null ? isHeldByBackend(flow, scopes) : won !== rejectedToken
    if (!hasWon) throw error ?? new TotpFlowError('cancelled')
    return won
  } catch (cause) {
    throw TotpFlowError.from(cause, 'aborted')
  }
}

/** Waits until the person is done with the prompt; closes it if nobody waits for the code any more. */
async function untilAnswered(flow: ElevatingFlow, signal: AbortSignal | undefined): Promise<TotpView> {
  try {
    return await flow.waitFor(({ showsCodeField }) => !showsCodeField, { signal })
  } catch (cause) {
    if (signal?.aborted) flow.cancel()
    throw cause
  }
}

/** The flow then knows of an elevation, though not of its token. */
function isHeldByBackend(flow: ElevatingFlow, scopes: Scopes): boolean {
  const { elevations, time } = flow.actor.getSnapshot().context
  return findCovering(elevations, scopes, time.now()) !== undefined
}
