import type { Actor, ActorRefFrom } from 'xstate'
import type { totpMachine } from '../../machines/totp.machine.ts'
import type { TotpContext } from '../../machines/totp.types.ts'
import { TotpFlowError } from '../contract/errors.ts'
import { unlessAborted } from '../contract/unless-aborted.ts'

interface Bounds {
  /** Given up by whoever asked. */
  signal?: AbortSignal | undefined
  /** How much longer than any call it may take, milliseconds. */
  patience?: number
  /** Whether the answer would speak of what is no longer here. */
  isStale?: (now: TotpContext) => boolean
}

/**
 * A call to the backend that moves no state of the chart. It ends with the flow and with the session, and takes no longer
 * than other calls. Rejects with a `TotpFlowError`.
 */
export async function boundedCall<T>(
  actor: ActorRefFrom<typeof totpMachine>,
  ask: (options: { signal: AbortSignal }) => Promise<T> | undefined,
  { signal: given, patience = 0, isStale = () => false }: Bounds = {},
): Promise<T | undefined> {
  const { status, context } = actor.getSnapshot()
  if (status !== 'active') throw new TotpFlowError('aborted')
  const ending = new AbortController()
  const { signal } = ending
  const end = () => ending.abort(given?.reason)
  const watching = actor.subscribe({
    next: ({ context: now }) => {
      if (now.error !== context.error && now.error?.code === 'unauthenticated') ending.abort(now.error)
      else if (isStale(now)) ending.abort(new TotpFlowError('cancelled'))
    },
    complete: () => ending.abort(),
    error: () => ending.abort(),
  })
  const { clock } = actor as Actor<typeof totpMachine> // every actor has one, though not every type says so
  const timer = clock.setTimeout(
    () => ending.abort(new DOMException('No answer in time.', 'TimeoutError')),
    patience + context.callTimeout,
  )
  given?.addEventListener('abort', end)
  try {
    given?.throwIfAborted()
    const answer = await unlessAborted(Promise.resolve(ask({ signal })), signal)
    signal.throwIfAborted() // which may have come with the answer
    return answer
  } catch (cause) {
    throw TotpFlowError.from(cause)
  } finally {
    given?.removeEventListener('abort', end)
    watching.unsubscribe()
    clock.clearTimeout(timer)
  }
}
