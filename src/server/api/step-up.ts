import { TotpFlowError } from '../../contract/errors.ts'
import { LINK_SCOPE } from '../../contract/scopes.ts'
import { ELEVATED_TOKEN_HEADER } from '../../contract/wire/routes.ts'
import type { BodyOf } from './bodies.ts'
import { elevationProof } from './proof.ts'
import type { Call } from './service.ts'

export async function checkStepUpAuth(call: Call<BodyOf<'checkStepUpAuth'>>) {
  const { service, body, headers, device } = call
  service.tokens.checkScopes([body.scope])
  // Registering follows a removal, so an elevation that the previous device won is accepted for it.
  const actedOn = body.scope === LINK_SCOPE ? undefined : device
  const proof = headers.get(ELEVATED_TOKEN_HEADER)
    ? await elevationProof(call, body.scope, actedOn).catch(unusableIsNone)
    : undefined
  const isSpent = proof && 'jti' in proof ? await service.store.isConsumed(proof.jti) : false
  const credentials = device?.verifiedAt ? [{ id: device.id, format: 'totp', type: 'totp' }] : []
  return {
    isRequired: proof === undefined || isSpent,
    credentials,
    ...(credentials[0] && { defaultCredentialId: credentials[0].id }),
  }
}

function unusableIsNone(error: unknown): undefined {
  if (error instanceof TotpFlowError && error.status === 401) return undefined
  throw error
}
