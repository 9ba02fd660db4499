import { findCovering } from '../contract/elevations.ts'
import { TotpFlowError } from '../contract/errors.ts'
import type { Scope } from '../contract/scopes.ts'
import type { TotpFlow } from './totp-flow.ts'
import { unlessAborted } from './unless-aborted.ts'
import type { TotpView } from './view.ts'

/** At least one. */
export type Scopes = readonly [Scope, ...Scope[]]

/** The last in line for each flow, whoever asked: there is one prompt at a time. */
const lines = new WeakMap<TotpFlow, Promise<unknown>>()

/**
 * Makes sure that all the scopes are held: asks for a code only when they are not, and waits for the person. Gives the
 * elevated token, which is thereby gone from the flow if it is for one use; `null` where the backend keeps its tokens
 * itself. Rejects with a `TotpFlowError`: `cancelled` when the person did so. Callers wait for one another, so that
 * what the first of them won serves the others too, and for any other prompt that is open.
 */
export function elevate(
  flow: TotpFlow,
  scopes: Scopes,
  options: {
    signal?: AbortSignal
    /** What was given before, and turned out to be worth nothing: then another one is, for a code if there is none. */
    rejectedToken?: string | null
  } = {},
): Promise<string | null> {
  const before = lines.get(flow) ?? Promise.resolve()
  const turn = unlessAborted(before, options.signal).then(() => prompt(flow, scopes, options))
  // Who leaves the line takes nobody along; and nothing is kept of what one got.
  lines.set(
    flow,
    Promise.allSettled([before, turn]).then(() => {}),
  )
  return turn
}

async function prompt(
  flow: TotpFlow,
  scopes: Scopes,
  { signal, rejectedToken }: { signal?: AbortSignal; rejectedToken?: string | null },
): Promise<string | null> {
  const until = (predicate: (view: TotpView) => boolean) => flow.waitFor(predicate, { signal })
  try {
    await until(({ busy }) => !busy)
    const held = flow.takeElevatedToken(...scopes)
    if (held !== null && held !== rejectedToken) return held
    await until(({ busy, showsCodeField }) => !busy && !showsCodeField) // one prompt at a time, whoever asks
    flow.stepUp(scopes, { fresh: rejectedToken !== undefined })
    const { error } = await until(({ showsCodeField }) => !showsCodeField).catch((cause) => {
      if (signal?.aborted) flow.cancel() // nobody waits for this code any more
      throw cause
    })
    const won = flow.takeElevatedToken(...scopes)
    const isWon = won === null ? holds(flow, scopes) : won !== rejectedToken
    if (!isWon) throw error ?? new TotpFlowError('cancelled')
    return won
  } catch (cause) {
    throw TotpFlowError.from(cause, 'aborted')
  }
}

function holds(flow: TotpFlow, scopes: Scopes): boolean {
  const { elevations, time } = flow.actor.getSnapshot().context
  return findCovering(elevations, scopes, time.now()) !== undefined
}
