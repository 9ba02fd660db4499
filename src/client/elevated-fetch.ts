import { TotpFlowError } from '../contract/errors.ts'
import { ELEVATED_TOKEN_HEADER } from '../contract/routes.ts'
import { isScope, type Scope } from '../contract/scopes.ts'
import type { TotpFlow } from '../flow/create-totp-flow.ts'
import { elevate } from '../flow/elevate.ts'

/**
 * A `fetch` that, when a server asks for a fresh proof (RFC 9470 `insufficient_user_authentication`), opens the flow
 * for the scope asked, waits for the person, and sends the request once more with the elevated token. It rejects with
 * a `TotpFlowError` when the person cancels (`cancelled`) or the step-up is refused. Requests wait for one another, so
 * that there is one prompt at a time.
 */
export function createElevatedFetch(flow: TotpFlow, options: { fetch?: typeof fetch } = {}): typeof fetch {
  const send = options.fetch ?? globalThis.fetch

  return async (input, init) => {
    const request = new Request(input, init)
    const response = await send(request.clone())
    const scope = challengedScope(response)
    if (scope === null) return response
    const token = await elevate(flow, [scope], { signal: request.signal })
    if (token === null) throw new TotpFlowError('elevation_required') // its backend keeps the tokens itself
    const retry = new Request(request)
    retry.headers.set(ELEVATED_TOKEN_HEADER, token)
    return send(retry)
  }
}

function challengedScope(response: Response): Scope | null {
  const challenge = response.headers.get('www-authenticate') ?? ''
  if (!challenge.includes('insufficient_user_authentication')) return null
  const scope = /scope="([^" ]+)"/.exec(challenge)?.[1]
  return isScope(scope) ? scope : null
}
