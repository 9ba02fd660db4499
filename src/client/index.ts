/** `totp-flow/client`: a backend over HTTP, a `fetch` that asks for a code when a server wants one, and the functions of Dynamic's documents. */
export { createElevatedFetch } from './elevated-fetch.ts'
export { httpBackend } from './http-backend.ts'
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
export type { HttpBackendOptions } from './wire.ts'
