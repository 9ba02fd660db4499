import { covering } from '../contract/elevations.ts'
import { TotpFlowError } from '../contract/errors.ts'
import type { Scope } from '../contract/scopes.ts'
import type { TotpFlow } from './create-totp-flow.ts'
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
    /** Asks for a code even when the scopes are in hand: what was held turned out to be worth nothing. */
    fresh?: boolean
  } = {},
): Promise<string | null> {
  const { signal } = options
  const before = lines.get(flow) ?? Promise.resolve()
  const reached = signal ? Promise.race([before, abortOf(signal)]) : before
  const turn = reached.then(() => prompt(flow, scopes, options))
  lines.set(flow, Promise.allSettled([before, turn])) // who leaves the line takes nobody along
  return turn
}

/** Rejects when the signal fires, or has; without a signal's end it never settles. */
export const abortOf = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    const end = () => reject(TotpFlowError.from(signal.reason, 'aborted'))
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })

async function prompt(
  flow: TotpFlow,
  scopes: Scopes,
  { signal, fresh = false }: { signal?: AbortSignal; fresh?: boolean },
): Promise<string | null> {
  const until = (predicate: (view: TotpView) => boolean) => flow.waitFor(predicate, { signal })
  try {
    await until(({ busy }) => !busy)
    const held = fresh ? null : flow.takeElevatedToken(...scopes)
    if (held !== null) return held
    await until(({ busy, showsCodeField }) => !busy && !showsCodeField) // one prompt at a time, whoever asks
    flow.stepUp(scopes, { fresh })
    const { error } = await until(({ showsCodeField }) => !showsCodeField).catch((cause) => {
      if (signal?.aborted) flow.cancel() // nobody waits for this code any more
      throw cause
    })
    if (!holds(flow, scopes)) throw error ?? new TotpFlowError('cancelled')
    return flow.takeElevatedToken(...scopes)
  } catch (cause) {
    throw TotpFlowError.from(cause, 'aborted')
  }
}

function holds(flow: TotpFlow, scopes: Scopes): boolean {
  const { elevations, time } = flow.actor.getSnapshot().context
  return covering(elevations, scopes, time.now()) !== undefined
}
