import type { VerifyResponse } from '../answers.ts'
import type { AuthenticateParams, CallOptions, ProofParams, RecoverParams, TotpBackend } from '../backend.ts'
import type { Gate } from '../gate.ts'
import { parseAnswer } from '../parse-answer.ts'
import { authenticationFrom } from './authentication.ts'
import { ELEVATED_TOKEN_HEADER, MFA_TOKEN_HEADER, type Reply, type RouteName, routes } from './routes.ts'

/** What goes with a call. */
export interface Sent extends CallOptions {
  deviceId?: string
  body?: unknown
  proof?: ProofParams
}

/** Calls a route, over HTTP or not; resolves with the reply that the table has for it, rejects with a `TotpFlowError`. */
export type Wire = <Name extends RouteName>(name: Name, sent?: Sent) => Promise<Reply<Name>>

/** An answer as its route has it; throws `malformed_response`. The compiler does not follow a name through the table. */
export const parseReply = <Name extends RouteName>(name: Name, answer: unknown) =>
  parseAnswer<unknown>(routes[name].reply, answer) as Reply<Name>

/** The headers for proofs. */
export const proofHeaders = ({ elevatedAccessToken, mfaAuthToken }: ProofParams) => ({
  ...(elevatedAccessToken && { [ELEVATED_TOKEN_HEADER]: elevatedAccessToken }),
  ...(mfaAuthToken && { [MFA_TOKEN_HEADER]: mfaAuthToken }),
})

/** A recovery code, in the wire's words. */
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
/** An authenticator's code, in the wire's words. */
export const codeBody = (params: AuthenticateParams) => ({ ...recoveryBody(params), id: params.deviceId })

/** The user has kept the recovery codes. */
export const CODES_ARE_KEPT = { mfaBackupCodeAcknowledgement: 'complete' }

/** The port over the wire. `onVerified` hears of every verification. */
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
