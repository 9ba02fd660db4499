/**
 * Connects a page to a service: `httpBackend` for a flow, `createElevatedFetch` for actions that require a code
 * (docs/protecting.md), and the functions of Dynamic's SDK for code without a flow (docs/migrating.md#the-same-functions).
 *
 * @module totp-flow/client
 */
export type { RecoveryCodes, SessionUser, StepUpCheck, VerifyResponse } from '../contract/answers.ts'
export { ELEVATED_TOKEN_HEADER } from '../contract/wire/routes.ts'
export { createElevatedFetch, type ElevatedFetch, type ElevatedFetchOptions } from './elevated-fetch.ts'
export { httpBackend } from './http-backend.ts'
export type { CookieOptions, HttpBackendOptions, ServiceOptions, TokenOptions } from './http-wire.ts'
export { relayedBackend, type WantedElevation } from './relayed-backend.ts'
export {
  type AuthenticateMfaRecoveryCodeParams,
  type AuthenticateTotpMfaDeviceParams,
  acknowledgeRecoveryCodes,
  authenticateMfaRecoveryCode,
  authenticateTotpMfaDevice,
  type ClientMfaDevice,
  checkStepUpAuth,
  consumeMfaToken,
  createNewMfaRecoveryCodes,
  createTotpClient,
  type DeleteMfaDeviceParams,
  deleteMfaDevice,
  getDefaultClient,
  getElevatedAccessToken,
  getMfaDevices,
  getMfaRecoveryCodes,
  registerTotpMfaDevice,
  setDefaultClient,
  type TotpClient,
  type TotpClientOptions,
} from './sdk.ts'
