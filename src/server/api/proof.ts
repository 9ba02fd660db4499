import { elevationRefusals, TotpFlowError } from '../../contract/errors.ts'
import { LINK_SCOPE } from '../../contract/scopes.ts'
import { ELEVATED_TOKEN_HEADER, MFA_TOKEN_HEADER } from '../../contract/wire/routes.ts'
import { hashToken } from '../crypto/secrets.ts'
import { isOver } from '../store/session-rules.ts'
import type { Proof, SessionAge } from '../store/store.ts'
import type { ElevatedToken } from '../tokens/claims.ts'
import { type Factors, hasFactor } from './factors.ts'
import { refused } from './refusal.ts'
import type { Call, KnownCaller, Service } from './service.ts'

/** What a factor won ends with it: removing a stolen phone's app also ends its elevations. */
export const outlivesItsFactor = ({ deviceId }: ElevatedToken, { device, passkeyIds }: Factors): boolean =>
  deviceId !== null && device?.id !== deviceId && !passkeyIds.includes(deviceId)

/**
 * Whether an elevation is of the session that brings it: what was won in one is nothing in another, and ends with it. The
 * host's own credential stands for no session, so there the one of the elevation is looked at.
 */
export async function isOfSession(
  { store }: Service,
  { session, rules, age }: Pick<KnownCaller, 'session' | 'rules' | 'age'>,
  { sessionId, generation, sessionBeganAt, deviceId }: ElevatedToken,
): Promise<boolean> {
  if (sessionId === null && deviceId !== null) return false // won before elevations named their session
  const isOwn = sessionId !== null && sessionId === session?.id
  // The rules know a session by its host's, from which it began.
  const id = isOwn ? age.id : sessionId
  if (isOver({ id, generation, begunAt: sessionBeganAt }, rules)) return false
  if (sessionId === null || isOwn) return true
  return session === null && !(await store.isConsumed(sessionId))
}

/** An elevation that does, as the proof to consume. `isOfHost`: the host has vouched for the user. */
interface ElevationProof {
  proof: Proof
  isOfHost: boolean
}

/** A user who has no factor may go on with what the last one won, since registering follows a removal. */
const mayOutlive = (scope: string, factors: Factors) => scope === LINK_SCOPE && !hasFactor(factors)

/**
 * The elevation of this very user for `scope`, as the proof to consume; `undefined` when the call brings none. One that was won
 * by a factor which is gone does not count: what it proved must not undo the enrollment that came after.
 */
export async function elevationProof(call: Call, scope: string): Promise<ElevationProof | undefined> {
  const { service, user, headers } = call
  const token = headers.get(ELEVATED_TOKEN_HEADER)
  if (!token) return undefined
  const elevated = await service.tokens.readElevated(token)
  const { userId, scopes, singleUse, jti, expiresAt } = elevated
  if (userId !== user.userId || !scopes.includes(scope)) return undefined
  if (elevated.authorizationDetailsHash !== null) return undefined // approved something of the host's
  if (outlivesItsFactor(elevated, call) && !mayOutlive(scope, call)) return undefined
  if (!(await isOfSession(service, call, elevated))) return undefined
  return { proof: singleUse ? { jti, expiresAt } : null, isOfHost: elevated.deviceId === null }
}

/**
 * The deprecated MFA token, where the policy still takes it, in the session that it names. Whose it is and whether it is
 * spent, the store says.
 */
async function mfaTokenProof({ service, session, headers }: Call): Promise<Proof | undefined> {
  const token = headers.get(MFA_TOKEN_HEADER)
  if (!token || service.stepUp.delete === 'elevation') return undefined
  const sessionId = token.split('.')[1] ?? ''
  const isElsewhere = session ? session.id !== sessionId : await service.store.isConsumed(sessionId)
  if (isElsewhere) return undefined
  return { mfaTokenHash: await hashToken(token) }
}

/** Either of both; rejects with `proof_required`. */
export async function requireProof(call: Call, scope: string): Promise<Proof> {
  const token = await mfaTokenProof(call)
  const elevation = await elevationProof(call, scope).catch((cause: unknown) => {
    if (token === undefined) throw noted(call, cause) // an old elevation does not invalidate a good token sent with it
    return undefined
  })
  const proof = elevation ? elevation.proof : token
  if (proof === undefined) throw refused(call, 'proof_required')
  return proof
}

/** The same, where only an elevation counts. */
export async function requireElevationProof(call: Call, scope: string): Promise<ElevationProof> {
  const elevation = await elevationProof(call, scope).catch((cause: unknown) => {
    throw noted(call, cause)
  })
  if (!elevation) throw refused(call, 'elevation_required')
  return elevation
}

/** The error, after the audit log heard of it if it says that the elevation is bad. */
export function noted({ audit, user }: Pick<KnownCaller, 'audit' | 'user'>, error: unknown): unknown {
  if (error instanceof TotpFlowError && elevationRefusals.includes(error.code))
    audit({ type: 'refused', userId: user.userId, reason: error.code })
  return error
}

/** Whose age counts: where registering takes an elevation, who minted that has vouched for the session. */
export const proofless = ({ stepUp }: Service, age: SessionAge) =>
  stepUp.register === 'required' ? undefined : age
