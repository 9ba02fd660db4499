import type { VerifyResponse } from '../answers.ts'
import type { AuthenticateParams, CallOptions, ProofParams, RecoverParams, TotpBackend } from '../backend.ts'
import type { Gate } from '../gate.ts'
import { parseAnswer } from '../parse-answer.ts'
import { authenticationFrom } from './authentication.ts'
import { ELEVATED_TOKEN_HEADER, MFA_TOKEN_HEADER, type Reply, type RouteName, routes } from './routes.ts'

/** What is sent with a call. */
export interface Sent extends CallOptions {
  deviceId?: string
  body?: unknown
  proof?: ProofParams
}

/** Calls a route, over HTTP or in process. Resolves to the answer in the route's shape, or rejects with a `TotpFlowError`. */
export type Wire = <Name extends RouteName>(name: Name, sent?: Sent) => Promise<Reply<Name>>

/** Reads an answer in its route's shape. Throws `malformed_response`. The compiler cannot follow a name through the table. */
export const parseReply = <Name extends RouteName>(name: Name, answer: unknown) =>
  parseAnswer<unknown>(routes[name].reply, answer) as Reply<Name>

/** The headers that carry proofs. */
export const proofHeaders = ({ elevatedAccessToken, mfaAuthToken }: ProofParams) => ({
  ...(elevatedAccessToken && { [ELEVATED_TOKEN_HEADER]: elevatedAccessToken }),
  ...(mfaAuthToken && { [MFA_TOKEN_HEADER]: mfaAuthToken }),
})

/** The request body for a recovery code. */
export const recoveryBody = ({
  code,
  requestedScopes,
  authorizationDetails,
  createMfaTokenOptions,
}: RecoverParams) => ({
  code,
  requestedScopes,
  authorizationDetails,
  createMfaToken: createMfaTokenOptions,
})
/** The request body for an authenticator's code. */
export const codeBody = (params: AuthenticateParams) => ({ ...recoveryBody(params), id: params.deviceId })

/** The request body that says the user has saved the recovery codes. */
export const CODES_ARE_KEPT = { mfaBackupCodeAcknowledgement: 'complete' }

/** Makes a backend from a wire. Calls `onVerified` after every verification. */
export function backendOver(call: Wire, onVerified?: (response: VerifyResponse) => void): TotpBackend {
  const authentication = (response: VerifyResponse, deviceId?: string) => {
    const result = authenticationFrom(response, deviceId)
    onVerified?.(response)
    return result
  }
  let gate: Gate | null = null
  return {
    async getMfaDevices(o) {
      const { devices, gate: state, enrollBy } = await call('getMfaDevices', o)
      gate = state ? { state, ...(enrollBy !== undefined && { enrollBy: Date.parse(enrollBy) }) } : null
      return devices
    },
    getGate: () => gate,
    registerTotpMfaDevice: (o) => call('registerTotpMfaDevice', o),
    authenticateTotpMfaDevice: async (params, o) =>
      authentication(
        await call('authenticateTotpMfaDevice', { ...o, body: codeBody(params) }),
        params.deviceId,
      ),
    deleteMfaDevice: async ({ deviceId, ...proof }, o) => {
      await call('deleteMfaDevice', { ...o, deviceId, proof })
    },
    getMfaRecoveryCodes: (o) => call('getMfaRecoveryCodes', o),
    createNewMfaRecoveryCodes: (proof, o) => call('createNewMfaRecoveryCodes', { ...o, proof }),
    authenticateMfaRecoveryCode: async (params, o) =>
      authentication(await call('authenticateMfaRecoveryCode', { ...o, body: recoveryBody(params) })),
    acknowledgeRecoveryCodes: async (o) => {
      await call('acknowledgeRecoveryCodes', { ...o, body: CODES_ARE_KEPT })
    },
    checkStepUpAuth: ({ scope, ...proof }, o) => call('checkStepUpAuth', { ...o, body: { scope }, proof }),
  }
}
