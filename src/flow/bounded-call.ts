import type { Actor, ActorRefFrom } from 'xstate'
import type { totpMachine } from '../../machines/totp.machine.ts'
import type { TotpContext } from '../../machines/totp.types.ts'
import { TotpFlowError } from '../contract/errors.ts'
import { unlessAborted } from '../contract/unless-aborted.ts'

/**
 * Calls the backend without a transition of the chart. Aborts when the flow stops, when the session ends and when `isStale`
 * says that the answer is. Times out like other calls, `patience` milliseconds later. Rejects with a `TotpFlowError`.
 */
export async function boundedCall<T>(
  actor: ActorRefFrom<typeof totpMachine>,
  ask: (options: { signal: AbortSignal }) => Promise<T> | undefined,
  isStale: (now: TotpContext, before: TotpContext) => boolean = () => false,
  patience = 0,
): Promise<T | undefined> {
  const { status, context } = actor.getSnapshot()
  if (status !== 'active') throw new TotpFlowError('aborted')
  const ending = new AbortController()
  const { signal } = ending
  const end = () => ending.abort()
  const watching = actor.subscribe({
    next: ({ context: now }) => {
      if (now.error !== context.error && now.error?.code === 'unauthenticated') ending.abort(now.error)
      else if (isStale(now, context)) ending.abort(new TotpFlowError('cancelled'))
    },
    complete: end,
    error: end,
  })
  const { clock } = actor as Actor<typeof totpMachine> // every actor has one, though not every type says so
  const timer = clock.setTimeout(
    () => ending.abort(new DOMException('No answer in time.', 'TimeoutError')),
    patience + context.settings.callTimeout,
  )
  try {
    const answer = await unlessAborted(Promise.resolve(ask({ signal })), signal)
    signal.throwIfAborted() // the abort may have come together with the answer
    return answer
  } catch (cause) {
    throw TotpFlowError.from(cause)
  } finally {
    watching.unsubscribe()
    clock.clearTimeout(timer)
  }
}
