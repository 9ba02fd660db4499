import { TotpFlowError } from '../../contract/errors.ts'
import { hashToken, randomToken } from '../crypto/secrets.ts'
import type { User } from '../identity/identity.ts'
import type { StoredDevice, StoredMfaToken } from '../store/store.ts'
import { MULTI_USE_SECONDS, SINGLE_USE_SECONDS } from '../tokens/scope-policy.ts'
import type { BodyOf } from './bodies.ts'
import { sessionAnswer, sessionOf } from './public-answers.ts'
import type { Call, Service } from './service.ts'

export type RequestedGrantBody = Pick<
  BodyOf<'authenticateTotpMfaDevice'>,
  'requestedScopes' | 'authorizationDetails' | 'createMfaToken'
>

/** What may not be asked for is refused before the code is looked at, so that the code stays good. */
export function checkGrant(
  { tokens, stepUp }: Service,
  { requestedScopes = [], authorizationDetails, createMfaToken }: RequestedGrantBody,
): void {
  tokens.checkScopes(requestedScopes)
  if (authorizationDetails && requestedScopes.length === 0)
    throw new TotpFlowError('bad_request', { message: 'authorizationDetails need requestedScopes.' })
  if (createMfaToken && stepUp.delete === 'elevation') throw new TotpFlowError('mfa_token_disabled')
}

/** What a right code, or a passkey, is exchanged for: a session that owes nothing, and what was asked for. */
export async function makeGrant(
  call: Call,
  { requestedScopes = [], authorizationDetails, createMfaToken }: RequestedGrantBody,
  factor: { id: string; device: StoredDevice | null },
  verifiedAt: number,
) {
  const { service, user } = call
  const { acr } = service
  const verification = { verifiedAt, verifiedBy: factor.id, acr: acr ?? null }
  const session = { ...sessionOf(call), ...verification, mfaOwed: false, enrollBy: null }
  const won = { session, deviceId: factor.id, authorizationDetails, acr }
  const elevatedAccessToken =
    requestedScopes.length > 0 ? await service.tokens.mintElevated(user, requestedScopes, won) : undefined
  const mfaToken = createMfaToken && `${randomToken()}.${session.id}`
  return {
    mfaTokenRow: mfaToken && (await mfaTokenRow(service, user, mfaToken, createMfaToken?.singleUse)),
    answer: {
      ...(await sessionAnswer(service, user, session, { ...call, device: factor.device })),
      ...(elevatedAccessToken && { elevatedAccessToken }),
      ...(mfaToken && { mfaToken }),
    },
  }
}

/** `singleUse` is Dynamic's word for how long it lasts; ours is consumed by its first use in either case. */
async function mfaTokenRow(
  { now }: Service,
  { userId }: User,
  token: string,
  singleUse = false,
): Promise<StoredMfaToken> {
  const seconds = singleUse ? SINGLE_USE_SECONDS : MULTI_USE_SECONDS
  return { hash: await hashToken(token), userId, expiresAt: now() + seconds * 1000 }
}

/** The session, if the device was verified in it before: then others' wrong codes do not bar its own. */
export const reserveOf = ({ session, hasFailed }: Call, device: StoredDevice) =>
  session?.verifiedBy === device.id ? { sessionId: session.id, hasFailed } : undefined
