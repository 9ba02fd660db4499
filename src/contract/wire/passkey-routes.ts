import { verifyResponse } from '../answers.ts'
import { LINK_SCOPE, UNLINK_SCOPE } from '../scopes.ts'
import { array, boolean, looseObject, nothing, number, object, type Shape, string } from '../shape.ts'
import type { Route } from './routes.ts'

/** A passkey with Dynamic's field names; `lastUsedAt` and `backedUp` are ours. Times are ISO 8601. */
export interface UserPasskey {
  id: string
  /** Base64url. */
  credentialId: string
  alias?: string
  createdAt: string
  lastUsedAt?: string
  backedUp?: boolean
}
const userPasskey: Shape<UserPasskey> = object(
  { id: string(/^[\s\S]{1,128}$/u), credentialId: string(), createdAt: string() },
  { alias: string(), lastUsedAt: string(), backedUp: boolean },
)
const userPasskeys: Shape<{ passkeys: UserPasskey[]; count: number }> = object({
  passkeys: array(userPasskey),
  count: number,
})

/** The options for `navigator.credentials`, as JSON (WebAuthn §5.1.8, §5.1.9). A client reads nothing else in them. */
export interface CeremonyOptions {
  /** Base64url. */
  challenge: string
  [other: string]: unknown
}
const ceremonyOptions: Shape<CeremonyOptions> = looseObject(object({ challenge: string(/^[\w-]+$/) }))

/** The routes for passkeys, apart from those of routes.ts, so that pages without passkeys do not load this table. */
export const passkeyRoutes = {
  getUserPasskeys: { method: 'GET', path: '/users/passkeys', auth: 'session', reply: userPasskeys },
  updatePasskey: { method: 'PUT', path: '/users/passkeys', auth: 'session', reply: userPasskey },
  deletePasskey: {
    method: 'DELETE',
    path: '/users/passkeys',
    auth: 'session',
    reply: nothing,
    proof: UNLINK_SCOPE,
  },
  getPasskeyRegistrationOptions: {
    method: 'GET',
    path: '/users/passkeys/register',
    auth: 'session',
    reply: ceremonyOptions,
  },
  registerPasskey: {
    method: 'POST',
    path: '/users/passkeys/register',
    auth: 'session',
    reply: verifyResponse,
    proof: LINK_SCOPE,
  },
  getPasskeyAuthenticationOptions: {
    method: 'GET',
    path: '/users/passkeys/authenticate',
    auth: 'session',
    reply: ceremonyOptions,
  },
  authenticateMfaPasskeyDevice: {
    method: 'POST',
    path: '/users/mfa/auth/passkey',
    auth: 'session',
    reply: verifyResponse,
  },
} as const satisfies Record<string, Route>
