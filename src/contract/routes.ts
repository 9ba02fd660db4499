import type { ZodMiniType } from 'zod/mini'
import * as schemas from './schemas.ts'

interface Route {
  method: 'GET' | 'POST' | 'DELETE'
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
  getUser: { method: 'GET', path: '/users', auth: 'session' },
  getMfaDevices: { method: 'GET', path: '/users/mfa', auth: 'session', reply: schemas.MfaDeviceList },
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
