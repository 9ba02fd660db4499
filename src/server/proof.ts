import { TotpFlowError } from '../contract/errors.ts'
import { ELEVATED_TOKEN_HEADER, MFA_TOKEN_HEADER } from '../contract/routes.ts'
import { refused } from './refusal.ts'
import { hashToken } from './secrets.ts'
import type { Call } from './service.ts'
import type { Proof } from './store/store.ts'

/**
 * The elevation of this very user for `scope`, as what is to be spent for it; `undefined` when the call brings none. Where
 * it pays for an act on a device, one that another device's code won does not count: that device is gone, and what it
 * proved must not undo the enrollment that came after.
 */
export async function elevationProof(
  { service, user, headers }: Call,
  scope: string,
  actOn?: string,
): Promise<Proof | undefined> {
  const token = headers.get(ELEVATED_TOKEN_HEADER)
  if (!token) return undefined
  const { userId, scopes, deviceId, singleUse, jti, expiresAt } = await service.tokens.readElevated(token)
  if (userId !== user.userId || !scopes.includes(scope)) return undefined
  if (actOn !== undefined && deviceId !== null && deviceId !== actOn) return undefined
  return singleUse ? { jti, expiresAt } : null
}

/** The deprecated MFA token, where the policy still takes it. Whose it is and whether it is spent, the store says. */
async function mfaTokenProof({ service, headers }: Call): Promise<Proof | undefined> {
  const token = headers.get(MFA_TOKEN_HEADER)
  if (!token || service.stepUp.delete === 'elevation') return undefined
  return { mfaTokenHash: await hashToken(token) }
}

/** Either of both; rejects with `proof_required`. */
export async function requireProof(call: Call, scope: string, deviceId: string): Promise<Proof> {
  const token = await mfaTokenProof(call)
  const elevation = await elevationProof(call, scope, deviceId).catch((cause: unknown) => {
    if (token === undefined) throw cause // an old elevation beside a good token does not spoil that
    return undefined
  })
  const proof = elevation ?? token
  if (proof === undefined) throw refused(call, 'proof_required')
  return proof
}

/** The same, where only an elevation counts. */
export async function requireElevationProof(call: Call, scope: string): Promise<Proof> {
  const proof = await elevationProof(call, scope)
  if (proof === undefined) throw new TotpFlowError('elevation_required')
  return proof
}
