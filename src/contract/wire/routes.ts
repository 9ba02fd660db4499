import * as answers from '../answers.ts'
import { LINK_SCOPE, type Scope, UNLINK_SCOPE, UPDATE_SCOPE } from '../scopes.ts'
import { nothing, record, type Shape } from '../shape.ts'

/** A route, and the shape of its answer. */
export interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below `{apiBaseUrl}/sdk/{environmentId}`. */
  path: string
  /** `session`: requires `Authorization: Bearer`. */
  auth: 'none' | 'session'
  /** `nothing` means a 204. */
  reply: Shape<unknown>
  /** The scope of the fresh proof, if the route requires one. */
  proof?: Scope
}

/** Every endpoint, once: the server answers this table and the client calls it. Paths are those of Dynamic's SDK. */
export const routes = {
  getSettings: { method: 'GET', path: '/settings', auth: 'none', reply: record },
  getNonces: { method: 'GET', path: '/nonces', auth: 'none', reply: record },
  signInWithExternalJwt: {
    method: 'POST',
    path: '/externalAuth/signin',
    auth: 'none',
    reply: answers.verifyResponse,
  },
  refreshAuth: { method: 'POST', path: '/refresh', auth: 'session', reply: answers.verifyResponse },
  revokeSession: { method: 'POST', path: '/revoke', auth: 'session', reply: nothing },
  getUser: { method: 'GET', path: '/users', auth: 'session', reply: answers.sessionUser },
  acknowledgeRecoveryCodes: {
    method: 'PUT',
    path: '/users',
    auth: 'session',
    reply: answers.userUpdate,
  },
  getMfaDevices: { method: 'GET', path: '/users/mfa', auth: 'session', reply: answers.mfaDeviceList },
  getMfaMethods: { method: 'GET', path: '/users/mfa/methods', auth: 'session', reply: answers.mfaMethods },
  registerTotpMfaDevice: {
    method: 'GET',
    path: '/users/mfa/register/totp',
    auth: 'session',
    reply: answers.totpRegistration,
    proof: LINK_SCOPE,
  },
  authenticateTotpMfaDevice: {
    method: 'POST',
    path: '/users/mfa/auth/totp',
    auth: 'session',
    reply: answers.verifyResponse,
  },
  authenticateMfaRecoveryCode: {
    method: 'POST',
    path: '/users/mfa/auth/recovery',
    auth: 'session',
    reply: answers.verifyResponse,
  },
  getMfaRecoveryCodes: {
    method: 'GET',
    path: '/users/mfa/recovery',
    auth: 'session',
    reply: answers.recoveryCodes,
  },
  createNewMfaRecoveryCodes: {
    method: 'POST',
    path: '/users/mfa/recovery',
    auth: 'session',
    reply: answers.recoveryCodes,
    proof: UPDATE_SCOPE,
  },
  setDefaultMfaDevice: {
    method: 'PUT',
    path: '/users/mfa/:deviceId',
    auth: 'session',
    reply: answers.mfaDevice,
  },
  deleteMfaDevice: {
    method: 'DELETE',
    path: '/users/mfa/:deviceId',
    auth: 'session',
    reply: nothing,
    proof: UNLINK_SCOPE,
  },
  checkStepUpAuth: {
    method: 'POST',
    path: '/stepUp/check',
    auth: 'session',
    reply: answers.stepUpCheck,
  },
} as const satisfies Record<string, Route>

export type RouteName = keyof typeof routes

/** The answer of a route. */
export type Reply<Name extends RouteName> = ReturnType<(typeof routes)[Name]['reply']['read']>

/** The request header that carries an elevated token, next to the session's `Authorization: Bearer`. */
export const ELEVATED_TOKEN_HEADER = 'x-dyn-elevated-access-token'
export const MFA_TOKEN_HEADER = 'x-mfa-auth-token'
/**
 * Sent with every request that is signed in by cookie, with any value. No form can send it, and a page of another origin only
 * after a preflight (Fetch standard §3.2.2).
 */
export const PAGE_HEADER = 'x-totp-flow'
