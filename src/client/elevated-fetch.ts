import { TotpFlowError } from '../contract/errors.ts'
import { ELEVATED_TOKEN_HEADER } from '../contract/routes.ts'
import { isScope } from '../contract/scopes.ts'
import type { TotpFlow } from '../flow/create-totp-flow.ts'
import { elevate, type Scopes } from '../flow/elevate.ts'

/**
 * A `fetch` that, when a server asks for a fresh proof (RFC 9470 `insufficient_user_authentication`), opens the flow
 * for the scopes asked, waits for the person, and sends the request once more with the elevated token; where that was in
 * hand and turns out to be worth nothing, it asks for a code and sends a last time. It rejects with
 * a `TotpFlowError` when the person cancels (`cancelled`) or the step-up is refused. Requests wait for one another, so
 * that there is one prompt at a time. A browser sends the token along where what is protected redirects to: give
 * `redirect: 'error'` if that can be another's server.
 */
export function createElevatedFetch(flow: TotpFlow, options: { fetch?: typeof fetch } = {}): typeof fetch {
  const send = options.fetch ?? globalThis.fetch

  return async (input, init) => {
    const request = new Request(input, init)
    const response = await send(request.clone())
    const scopes = challengedScopes(request, response)
    if (!scopes) return response

    const win = async (worthless?: string) => {
      const token = await elevate(flow, scopes, { signal: request.signal, worthless })
      if (token === null) throw new TotpFlowError('elevation_required') // its backend keeps the tokens itself
      return token
    }
    const sendWith = (token: string) => {
      const elevated = request.clone()
      elevated.headers.set(ELEVATED_TOKEN_HEADER, token)
      return send(elevated)
    }
    let isFresh = false
    const stop = flow.on('elevated', () => {
      isFresh = true
    })
    const token = await win().finally(stop)
    const answer = await sendWith(token)
    if (isFresh || !challengedScopes(request, answer)) return answer
    return sendWith(await win(token)) // what was in hand is worth nothing any more
  }
}

/** A server of another origin that a redirect led to is no one to open a prompt for. */
const isElsewhere = ({ url }: Request, response: Response) =>
  response.url !== '' && new URL(response.url).origin !== new URL(url).origin

function challengedScopes(request: Request, response: Response): Scopes | null {
  const challenge = response.headers.get('www-authenticate') ?? ''
  const isRefusal = response.status === 401 || response.status === 403
  if (!isRefusal || !challenge.includes('insufficient_user_authentication')) return null
  if (isElsewhere(request, response)) return null
  const asked = [...challenge.matchAll(PARAMETER)].find(([, name]) => name?.toLowerCase() === 'scope')
  const [first, ...more] = (asked?.[2] ?? asked?.[3] ?? '').split(' ').filter(isScope)
  return first === undefined ? null : [first, ...more]
}

/** RFC 9110 §11.2: a name, and a quoted string or a token. */
const PARAMETER = /([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/g
