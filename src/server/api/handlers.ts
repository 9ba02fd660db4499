import {
  deleteMfaDevice,
  getMfaDevices,
  getMfaMethods,
  registerTotpMfaDevice,
  setDefaultMfaDevice,
} from './devices.ts'
import {
  authenticateMfaPasskeyDevice,
  deletePasskey,
  getPasskeyAuthenticationOptions,
  getPasskeyRegistrationOptions,
  getUserPasskeys,
  registerPasskey,
  updatePasskey,
} from './passkeys.ts'
import {
  acknowledgeRecoveryCodes,
  authenticateMfaRecoveryCode,
  createNewMfaRecoveryCodes,
  getMfaRecoveryCodes,
} from './recovery-codes.ts'
import type { ServedName } from './served.ts'
import type { Call } from './service.ts'
import {
  getNonces,
  getSettings,
  getUser,
  refreshAuth,
  revokeSession,
  signInWithExternalJwt,
} from './sessions.ts'
import { checkStepUpAuth } from './step-up.ts'
import { authenticateTotpMfaDevice } from './verify.ts'

/** One handler per route, in the order of the tables. `undefined` becomes a 204. */
const handlers = {
  getSettings,
  getNonces,
  signInWithExternalJwt,
  refreshAuth,
  revokeSession,
  getUser,
  acknowledgeRecoveryCodes,
  getMfaDevices,
  getMfaMethods,
  registerTotpMfaDevice,
  authenticateTotpMfaDevice,
  authenticateMfaRecoveryCode,
  getMfaRecoveryCodes,
  createNewMfaRecoveryCodes,
  setDefaultMfaDevice,
  deleteMfaDevice,
  checkStepUpAuth,
  getUserPasskeys,
  updatePasskey,
  deletePasskey,
  getPasskeyRegistrationOptions,
  registerPasskey,
  getPasskeyAuthenticationOptions,
  authenticateMfaPasskeyDevice,
} satisfies Record<ServedName, (call: never) => unknown>

/** The handler takes the body that its route has; the compiler cannot follow a name through a table. */
export const handlerOf = (name: ServedName) => handlers[name] as (call: Call) => unknown
