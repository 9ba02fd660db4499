import { TotpFlowError } from '../../contract/errors.ts'
import { ELEVATED_TOKEN_HEADER } from '../../contract/wire/routes.ts'
import type { BodyOf } from './bodies.ts'
import { elevationProof } from './proof.ts'
import type { Call } from './service.ts'

export async function checkStepUpAuth(call: Call<BodyOf<'checkStepUpAuth'>>) {
  const { service, body, headers, device, passkeyIds } = call
  service.tokens.checkScopes([body.scope])
  const elevation = headers.get(ELEVATED_TOKEN_HEADER)
    ? await elevationProof(call, body.scope).catch(unusableIsNone)
    : undefined
  const proof = elevation?.proof
  const isSpent = proof && 'jti' in proof ? await service.store.isConsumed(proof.jti) : false
  const credentials = [
    ...(device?.verifiedAt ? [{ id: device.id, format: 'totp', type: 'totp' }] : []),
    ...passkeyIds.map((id) => ({ id, format: 'passkey', type: 'passkey' })),
  ]
  return {
    isRequired: !elevation || isSpent,
    credentials,
    ...(credentials[0] && { defaultCredentialId: credentials[0].id }),
  }
}

function unusableIsNone(error: unknown): undefined {
  if (error instanceof TotpFlowError && error.status === 401) return undefined
  throw error
}
