import { ELEVATED_TOKEN_HEADER, MFA_TOKEN_HEADER } from '../../contract/wire/routes.ts'
import { textsIn } from '../audit/texts-in.ts'

/** The parsed body of a request, while the request is being answered. */
const bodies = new WeakMap<Request, unknown>()
export const noteBody = (request: Request, body: unknown) => bodies.set(request, body)

/** The values in a request that no log may repeat: its credential, tokens, cookies, and the texts in its body. */
export function secretsOf(request: Request): string[] {
  const said = (name: string) => request.headers.get(name) ?? ''
  return [
    said('authorization').replace(/^\w+ /, ''),
    said(ELEVATED_TOKEN_HEADER),
    said(MFA_TOKEN_HEADER),
    ...said('cookie').split(';').flatMap(spellingsOf),
    ...textsIn(bodies.get(request)),
  ]
}

/** As sent, and as a cookie parser decodes it. */
function spellingsOf(pair: string): string[] {
  const value = pair.slice(pair.indexOf('=') + 1).trim()
  try {
    return [value, decodeURIComponent(value)]
  } catch {
    return [value]
  }
}
