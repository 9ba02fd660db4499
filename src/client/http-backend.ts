import * as answers from '../contract/answers.ts'
import { authenticationFrom } from '../contract/authentication.ts'
import type { TotpBackend } from '../contract/backend.ts'
import { parseAnswer } from '../contract/parse-answer.ts'
import { nothing } from '../contract/shape.ts'
import { createWire, type HttpBackendOptions, proofHeaders } from './wire.ts'

/** The port over HTTP: to a totp-flow server, or to any that speaks Dynamic's wire. */
export function httpBackend(options: HttpBackendOptions): TotpBackend {
  const call = createWire(options)

  const authentication = (answer: unknown, deviceId?: string) => {
    const result = authenticationFrom(answer, deviceId)
    const { minifiedJwt, expiresAt } = parseAnswer(answers.verifyResponse, answer)
    options.onSession?.({ token: minifiedJwt, expiresAt: expiresAt * 1000 })
    return result
  }

  return {
    channel: `${options.baseUrl} ${options.environmentId}`,
    async getMfaDevices(o = {}) {
      return parseAnswer(answers.mfaDeviceList, await call('getMfaDevices', o)).devices
    },
    async registerTotpMfaDevice(o = {}) {
      return parseAnswer(answers.totpRegistration, await call('registerTotpMfaDevice', o))
    },
    async authenticateTotpMfaDevice({ code, deviceId, requestedScopes, createMfaTokenOptions }, o = {}) {
      const body = { code, id: deviceId, requestedScopes, createMfaToken: createMfaTokenOptions }
      return authentication(await call('authenticateTotpMfaDevice', { ...o, body }), deviceId)
    },
    async deleteMfaDevice({ deviceId, ...proof }, o = {}) {
      // Only 204 says that it is done; a captive portal says 200 to anything.
      parseAnswer(nothing, await call('deleteMfaDevice', { ...o, deviceId, headers: proofHeaders(proof) }))
    },
    async getMfaRecoveryCodes(o = {}) {
      return parseAnswer(answers.recoveryCodes, await call('getMfaRecoveryCodes', o))
    },
    async createNewMfaRecoveryCodes(proof = {}, o = {}) {
      const headers = proofHeaders(proof)
      return parseAnswer(answers.recoveryCodes, await call('createNewMfaRecoveryCodes', { ...o, headers }))
    },
    async authenticateMfaRecoveryCode({ code, requestedScopes, createMfaTokenOptions }, o = {}) {
      const body = { code, requestedScopes, createMfaToken: createMfaTokenOptions }
      return authentication(await call('authenticateMfaRecoveryCode', { ...o, body }))
    },
    async acknowledgeRecoveryCodes(o = {}) {
      await call('acknowledgeRecoveryCodes', { ...o, body: { mfaBackupCodeAcknowledgement: 'complete' } })
    },
    async checkStepUpAuth({ scope, elevatedAccessToken }, o = {}) {
      const headers = proofHeaders({ ...(elevatedAccessToken && { elevatedAccessToken }) })
      return parseAnswer(
        answers.stepUpCheck,
        await call('checkStepUpAuth', { ...o, body: { scope }, headers }),
      )
    },
  }
}
