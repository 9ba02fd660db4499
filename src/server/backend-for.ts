import * as answers from '../contract/answers.ts'
import { authenticationFrom } from '../contract/authentication.ts'
import type { ProofParams, TotpBackend } from '../contract/backend.ts'
import { parseAnswer } from '../contract/parse-answer.ts'
import { ELEVATED_TOKEN_HEADER, MFA_TOKEN_HEADER } from '../contract/routes.ts'
import { bodies, parseBody } from './bodies.ts'
import type { User } from './claims.ts'
import { handlers } from './handlers.ts'
import { assertStorable } from './identify.ts'
import type { Call, Service } from './service.ts'

/** The port without HTTP: the same handlers, called by hand for one user. */
export function backendFor(service: Service, user: User): TotpBackend {
  assertStorable(user.userId)
  const session = service.tokens.newSession()
  const call = async <Body>(
    body: Body,
    { deviceId = '', ...proof }: ProofParams & { deviceId?: string } = {},
  ) => {
    await service.ready()
    return {
      service,
      user,
      session,
      body,
      deviceId,
      headers: new Headers(proofHeaders(proof)),
    } satisfies Call
  }
  return {
    async getMfaDevices() {
      return parseAnswer(answers.mfaDeviceList, await handlers.getMfaDevices(await call(undefined))).devices
    },
    async registerTotpMfaDevice() {
      return parseAnswer(
        answers.totpRegistration,
        await handlers.registerTotpMfaDevice(await call(undefined)),
      )
    },
    async authenticateTotpMfaDevice({ code, deviceId, ...reward }) {
      const body = { code, ...(deviceId !== undefined && { id: deviceId }), ...rewardBody(reward) }
      const parsed = parseBody(bodies.authenticateTotpMfaDevice, body)
      return authenticationFrom(await handlers.authenticateTotpMfaDevice(await call(parsed)))
    },
    async deleteMfaDevice(params) {
      await handlers.deleteMfaDevice(await call(undefined, params))
    },
    async getMfaRecoveryCodes() {
      return parseAnswer(answers.recoveryCodes, await handlers.getMfaRecoveryCodes(await call(undefined)))
    },
    async createNewMfaRecoveryCodes(proof = {}) {
      return parseAnswer(
        answers.recoveryCodes,
        await handlers.createNewMfaRecoveryCodes(await call(undefined, proof)),
      )
    },
    async authenticateMfaRecoveryCode({ code, ...reward }) {
      const body = parseBody(bodies.authenticateMfaRecoveryCode, { code, ...rewardBody(reward) })
      return authenticationFrom(await handlers.authenticateMfaRecoveryCode(await call(body)))
    },
    async acknowledgeRecoveryCodes() {
      await handlers.acknowledgeRecoveryCodes(await call(undefined))
    },
    async checkStepUpAuth({ scope, ...proof }) {
      const body = parseBody(bodies.checkStepUpAuth, { scope })
      return parseAnswer(answers.stepUpCheck, await handlers.checkStepUpAuth(await call(body, proof)))
    },
  }
}

const proofHeaders = ({ elevatedAccessToken, mfaAuthToken }: ProofParams) => ({
  ...(elevatedAccessToken && { [ELEVATED_TOKEN_HEADER]: elevatedAccessToken }),
  ...(mfaAuthToken && { [MFA_TOKEN_HEADER]: mfaAuthToken }),
})

const rewardBody = ({
  requestedScopes,
  createMfaTokenOptions,
}: {
  requestedScopes?: readonly string[]
  createMfaTokenOptions?: { singleUse?: boolean }
}) => ({
  ...(requestedScopes && { requestedScopes: [...requestedScopes] }),
  ...(createMfaTokenOptions && { createMfaToken: createMfaTokenOptions }),
})
