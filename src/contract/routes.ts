import type { ZodMiniType } from 'zod/mini'
import * as schemas from './schemas.ts'

interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below `{apiBaseUrl}/sdk/{environmentId}`. */
  path: string
  /** `session`: needs `Authorization: Bearer`. */
  auth: 'none' | 'session'
  body?: ZodMiniType
  reply?: ZodMiniType
}

/** Every endpoint, once: the server answers this table and the client calls it. Paths are those of Dynamic's SDK. */
export const routes = {
  getSettings: { method: 'GET', path: '/settings', auth: 'none' },
  getNonces: { method: 'GET', path: '/nonces', auth: 'none' },
  signInWithExternalJwt: {
    method: 'POST',
    path: '/externalAuth/signin',
    auth: 'none',
    body: schemas.SignInBody,
    reply: schemas.VerifyResponse,
  },
  refreshAuth: { method: 'POST', path: '/refresh', auth: 'session', reply: schemas.VerifyResponse },
  revokeSession: { method: 'POST', path: '/revoke', auth: 'session' },
  getUser: { method: 'GET', path: '/users', auth: 'session', reply: schemas.SessionUser },
  acknowledgeRecoveryCodes: {
    method: 'PUT',
    path: '/users',
    auth: 'session',
    body: schemas.UpdateUserBody,
    reply: schemas.VerifyResponse,
  },
  getMfaDevices: { method: 'GET', path: '/users/mfa', auth: 'session', reply: schemas.MfaDeviceList },
  getMfaMethods: { method: 'GET', path: '/users/mfa/methods', auth: 'session', reply: schemas.MfaMethods },
  registerTotpMfaDevice: {
    method: 'GET',
    path: '/users/mfa/register/totp',
    auth: 'session',
    reply: schemas.TotpRegistration,
  },
  authenticateTotpMfaDevice: {
    method: 'POST',
    path: '/users/mfa/auth/totp',
    auth: 'session',
    body: schemas.AuthenticateBody,
    reply: schemas.VerifyResponse,
  },
  authenticateMfaRecoveryCode: {
    method: 'POST',
    path: '/users/mfa/auth/recovery',
    auth: 'session',
    body: schemas.RecoveryBody,
    reply: schemas.VerifyResponse,
  },
  getMfaRecoveryCodes: {
    method: 'GET',
    path: '/users/mfa/recovery',
    auth: 'session',
    reply: schemas.RecoveryCodes,
  },
  createNewMfaRecoveryCodes: {
    method: 'POST',
    path: '/users/mfa/recovery',
    auth: 'session',
    reply: schemas.RecoveryCodes,
  },
  setDefaultMfaDevice: {
    method: 'PUT',
    path: '/users/mfa/:deviceId',
    auth: 'session',
    reply: schemas.MfaDevice,
  },
  deleteMfaDevice: { method: 'DELETE', path: '/users/mfa/:deviceId', auth: 'session' },
  checkStepUpAuth: {
    method: 'POST',
    path: '/stepUp/check',
    auth: 'session',
    body: schemas.StepUpCheckBody,
    reply: schemas.StepUpCheck,
  },
} as const satisfies Record<string, Route>

export type RouteName = keyof typeof routes

/** Where proofs travel, beside the session's `Authorization: Bearer`. */
export const ELEVATED_TOKEN_HEADER = 'x-dyn-elevated-access-token'
export const MFA_TOKEN_HEADER = 'x-mfa-auth-token'
