import * as answers from './answers.ts'
import type { Shape } from './shape.ts'

interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below `{apiBaseUrl}/sdk/{environmentId}`. */
  path: string
  /** `session`: needs `Authorization: Bearer`. */
  auth: 'none' | 'session'
  reply?: Shape<unknown>
}

/** Every endpoint, once: the server answers this table and the client calls it. Paths are those of Dynamic's SDK. */
export const routes = {
  getSettings: { method: 'GET', path: '/settings', auth: 'none' },
  getNonces: { method: 'GET', path: '/nonces', auth: 'none' },
  signInWithExternalJwt: {
    method: 'POST',
    path: '/externalAuth/signin',
    auth: 'none',
    reply: answers.verifyResponse,
  },
  refreshAuth: { method: 'POST', path: '/refresh', auth: 'session', reply: answers.verifyResponse },
  revokeSession: { method: 'POST', path: '/revoke', auth: 'session' },
  getUser: { method: 'GET', path: '/users', auth: 'session', reply: answers.sessionUser },
  acknowledgeRecoveryCodes: {
    method: 'PUT',
    path: '/users',
    auth: 'session',
    reply: answers.verifyResponse,
  },
  getMfaDevices: { method: 'GET', path: '/users/mfa', auth: 'session', reply: answers.mfaDeviceList },
  getMfaMethods: { method: 'GET', path: '/users/mfa/methods', auth: 'session', reply: answers.mfaMethods },
  registerTotpMfaDevice: {
    method: 'GET',
    path: '/users/mfa/register/totp',
    auth: 'session',
    reply: answers.totpRegistration,
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
  },
  setDefaultMfaDevice: {
    method: 'PUT',
    path: '/users/mfa/:deviceId',
    auth: 'session',
    reply: answers.mfaDevice,
  },
  deleteMfaDevice: { method: 'DELETE', path: '/users/mfa/:deviceId', auth: 'session' },
  checkStepUpAuth: {
    method: 'POST',
    path: '/stepUp/check',
    auth: 'session',
    reply: answers.stepUpCheck,
  },
} as const satisfies Record<string, Route>

export type RouteName = keyof typeof routes

/** Where proofs travel, beside the session's `Authorization: Bearer`. */
export const ELEVATED_TOKEN_HEADER = 'x-dyn-elevated-access-token'
export const MFA_TOKEN_HEADER = 'x-mfa-auth-token'
