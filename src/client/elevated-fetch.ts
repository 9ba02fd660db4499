import { TotpFlowError } from '../contract/errors.ts'
import { ELEVATED_TOKEN_HEADER } from '../contract/routes.ts'
import { Scope } from '../contract/schemas.ts'
import type { TotpFlow } from '../flow/create-totp-flow.ts'
import type { TotpView } from '../flow/view.ts'

/**
 * A `fetch` that, when a server asks for a fresh proof (RFC 9470 `insufficient_user_authentication`), opens the flow
 * for the scope asked, waits for the person, and sends the request once more with the elevated token. It rejects with
 * a `TotpFlowError` when the person cancels (`aborted`) or the step-up is refused. Requests wait for one another, so
 * that there is one prompt at a time.
 */
export function createElevatedFetch(flow: TotpFlow, options: { fetch?: typeof fetch } = {}): typeof fetch {
  const send = options.fetch ?? globalThis.fetch
  let queue: Promise<unknown> = Promise.resolve()

  return async (input, init) => {
    const request = new Request(input, init)
    const response = await send(request.clone())
    const scope = challengedScope(response)
    if (scope === null) return response
    const turn = queue.then(() => elevate(flow, scope, request.signal))
    queue = turn.catch(() => {})
    const token = await turn
    const retry = new Request(request)
    retry.headers.set(ELEVATED_TOKEN_HEADER, token)
    return send(retry)
  }
}

async function elevate(flow: TotpFlow, scope: Scope, signal: AbortSignal): Promise<string> {
  try {
    await until(flow, ({ busy }) => !busy, signal)
    const held = flow.takeElevatedToken(scope)
    if (held !== null) return held
    flow.stepUp([scope])
    if (!flow.getView().showsCodeField) throw flow.getView().error ?? new TotpFlowError('not_ready')
    const { error } = await until(flow, ({ showsCodeField }) => !showsCodeField, signal)
    const token = flow.takeElevatedToken(scope)
    if (token === null) throw error ?? new TotpFlowError('aborted')
    return token
  } catch (cause) {
    if (signal.aborted && flow.getView().showsCodeField) flow.cancel() // nobody waits for this code any more
    throw TotpFlowError.from(cause, 'aborted')
  }
}

const until = (flow: TotpFlow, predicate: (view: TotpView) => boolean, signal: AbortSignal) =>
  flow.waitFor(predicate, { signal, timeout: Number.POSITIVE_INFINITY })

function challengedScope(response: Response): Scope | null {
  const challenge = response.headers.get('www-authenticate') ?? ''
  if (!challenge.includes('insufficient_user_authentication')) return null
  const scope = /scope="([^" ]+)"/.exec(challenge)?.[1]
  return isScope(scope) ? scope : null
}

const isScope = (value: string | undefined): value is Scope => Scope.safeParse(value).success
