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

/** An elevation ends with the factor that obtained it: removing a stolen phone's app also ends its elevations. */
export const outlivesItsFactor = ({ deviceId }: ElevatedToken, { device, passkeyIds }: Factors): boolean =>
  deviceId !== null && device?.id !== deviceId && !passkeyIds.includes(deviceId)

/**
 * Whether an elevation belongs to the session that presents it. An elevation is valid only in the session that obtained
 * it, and ends with it. The host's own credential names no session, so there the elevation's own session is checked.
 */
export async function isOfSession(
  { store }: Service,
  { session, rules, age }: Pick<KnownCaller, 'session' | 'rules' | 'age'>,
  { sessionId, generation, sessionBeganAt, deviceId }: ElevatedToken,
): Promise<boolean> {
  if (sessionId === null && deviceId !== null) return false // issued before elevations named their session
  const isOwn = sessionId !== null && sessionId === session?.id
  // A session that began from one of the host's is known to the rules by the host's.
  const id = isOwn ? age.id : sessionId
  if (isOver({ id, generation, begunAt: sessionBeganAt }, rules)) return false
  if (sessionId === null || isOwn) return true
  return session === null && !(await store.isConsumed(sessionId))
}

/** A valid elevation, as the proof to consume. `isOfHost`: the host vouched for the user. */
interface ElevationProof {
  proof: Proof
  isOfHost: boolean
}

/** A user without a factor may use the last factor's elevation, since registering follows a removal. */
const mayOutlive = (scope: string, factors: Factors) => scope === LINK_SCOPE && !hasFactor(factors)

/**
 * The user's elevation for `scope`, as the proof to consume; `undefined` if the call has none. An elevation obtained by
 * a removed factor does not count: it must not undo the enrollment that came after.
 */
export async function elevationProof(call: Call, scope: string): Promise<ElevationProof | undefined> {
  const { service, user, headers } = call
  const token = headers.get(ELEVATED_TOKEN_HEADER)
  if (!token) return undefined
  const elevated = await service.tokens.readElevated(token)
  const { userId, scopes, singleUse, jti, expiresAt } = elevated
  if (userId !== user.userId || !scopes.includes(scope)) return undefined
  if (elevated.authorizationDetailsHash !== null) return undefined // bound to an action of the host's
  if (outlivesItsFactor(elevated, call) && !mayOutlive(scope, call)) return undefined
  if (!(await isOfSession(service, call, elevated))) return undefined
  return { proof: singleUse ? { jti, expiresAt } : null, isOfHost: elevated.deviceId === null }
}

/**
 * The deprecated MFA token, if the policy still accepts it, in the session that it names. The store decides whether it
 * is the user's and unused.
 */
async function mfaTokenProof({ service, session, headers }: Call): Promise<Proof | undefined> {
  const token = headers.get(MFA_TOKEN_HEADER)
  if (!token || service.stepUp.delete === 'elevation') return undefined
  const sessionId = token.split('.')[1] ?? ''
  const isElsewhere = session ? session.id !== sessionId : await service.store.isConsumed(sessionId)
  if (isElsewhere) return undefined
  return { mfaTokenHash: await hashToken(token) }
}

/** Requires an elevation or an MFA token. Rejects with `proof_required`. */
export async function requireProof(call: Call, scope: string): Promise<Proof> {
  const token = await mfaTokenProof(call)
  const elevation = await elevationProof(call, scope).catch((cause: unknown) => {
    if (token === undefined) throw noted(call, cause) // an expired elevation does not invalidate a good token sent with it
    return undefined
  })
  const proof = elevation ? elevation.proof : token
  if (proof === undefined) throw refused(call, 'proof_required')
  return proof
}

/** Requires an elevation. Rejects with `elevation_required` or `elevation_expired`. */
export async function requireElevationProof(call: Call, scope: string): Promise<ElevationProof> {
  const elevation = await elevationProof(call, scope).catch((cause: unknown) => {
    throw noted(call, cause)
  })
  if (!elevation) throw refused(call, 'elevation_required')
  return elevation
}

/** Reports to the audit log that the elevation was refused, if the error says so, and returns the error. */
export function noted({ audit, user }: Pick<KnownCaller, 'audit' | 'user'>, error: unknown): unknown {
  if (error instanceof TotpFlowError && elevationRefusals.includes(error.code))
    audit({ type: 'refused', userId: user.userId, reason: error.code })
  return error
}

/** The session whose age counts. If registering requires an elevation, the host that minted it vouches for the session. */
export const proofless = ({ stepUp }: Service, age: SessionAge) =>
  stepUp.register === 'required' ? undefined : age
