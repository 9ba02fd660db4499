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

/** Rejects a grant that is not allowed before the code is checked, so that the code is not consumed. */
export function checkGrant(
  { tokens, stepUp }: Service,
  { requestedScopes = [], authorizationDetails, createMfaToken }: RequestedGrantBody,
): void {
  tokens.checkScopes(requestedScopes)
  if (authorizationDetails && requestedScopes.length === 0)
    throw new TotpFlowError('bad_request', { message: 'authorizationDetails need requestedScopes.' })
  if (createMfaToken && stepUp.delete === 'elevation') throw new TotpFlowError('mfa_token_disabled')
}

/** Makes what a right code or a passkey grants: a session that owes nothing, and the requested tokens. */
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
  const bound = { session, deviceId: factor.id, authorizationDetails, acr }
  const elevatedAccessToken =
    requestedScopes.length > 0 ? await service.tokens.mintElevated(user, requestedScopes, bound) : undefined
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

/** `singleUse` is Dynamic's name for the shorter lifetime; the first use consumes our token either way. */
async function mfaTokenRow(
  { now }: Service,
  { userId }: User,
  token: string,
  singleUse = false,
): Promise<StoredMfaToken> {
  const seconds = singleUse ? SINGLE_USE_SECONDS : MULTI_USE_SECONDS
  return { hash: await hashToken(token), userId, expiresAt: now() + seconds * 1000 }
}

/** The session, if the device was verified in it before: wrong codes of other sessions then do not lock this one out. */
export const reserveOf = ({ session, hasFailed }: Call, device: StoredDevice) =>
  session?.verifiedBy === device.id ? { sessionId: session.id, hasFailed } : undefined
