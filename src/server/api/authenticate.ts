import { TotpFlowError } from '../../contract/errors.ts'
import type { Gate } from '../../contract/gate.ts'
import type { AuditNote, AuditOrigin } from '../audit/audit.ts'
import { hashToken } from '../crypto/secrets.ts'
import { identify, identifyByCookie, isUnusable } from '../identity/identify.ts'
import type { CookieIdentity, IdentifiedUser, User } from '../identity/identity.ts'
import { isOver } from '../store/session-rules.ts'
import type { SessionAge, SessionRules } from '../store/store.ts'
import type { Session } from '../tokens/claims.ts'
import { CLOCK_SKEW_MS, isRecent } from '../tokens/recency.ts'
import { csrfProblem } from './csrf.ts'
import { type Factors, hasFactor, isFactor, standingIn } from './factors.ts'
import type { Call, KnownCaller, MfaPolicy, Service } from './service.ts'
import { hostSessionOf, isHostSession, sessionInCookie } from './session-cookie.ts'

/** The owner of a credential, before the store was asked whether the session still lasts. */
export interface Recognized {
  session: { user: User; session: Session } | null
  host: IdentifiedUser | null
  /** Whether a cookie identified the user. */
  byCookie: boolean
  origin: AuditOrigin
}

/**
 * Identifies the caller, by a session token of this server or by whatever the host's identity accepts. Uses the host's
 * cookie only if the host says how to read it, and only for a request that no other site can have sent.
 */
export async function authenticate(service: Service, request: Request): Promise<KnownCaller> {
  return standingOf(service, request, await recognize(service, request))
}

/** The first half. It asks no store, so the body can be read next without the store's answer going stale. */
export async function recognize(service: Service, request: Request): Promise<Recognized> {
  const { tokens, identity, cookieIdentity } = service
  const origin = originOf(service, request)
  const credential = /^Bearer ([^\s]{1,8192})$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  if (credential === undefined) {
    const recognized = cookieIdentity && (await recognizeByCookie(service, cookieIdentity, request, origin))
    if (recognized) return recognized
    throw await turnedAway(service, request, { reason: 'missing' }, origin)
  }
  const session = await tokens.readSession(credential)
  if (session) {
    return { session, host: null, byCookie: false, origin: { ...origin, sessionId: session.session.id } }
  }
  const host = await identify(identity, credential).catch((error: unknown) => {
    if (isUnusable(error)) service.auditRefusal({ type: 'credential_refused', reason: 'unknown' }, origin)
    throw error
  })
  if (!host) {
    const reason = (await tokens.isExpiredSession(credential)) ? 'ended' : 'unknown'
    throw await turnedAway(service, request, { reason }, origin)
  }
  return { session: null, host, byCookie: false, origin: { ...origin, ...sessionIdOf(host) } }
}

/** Asks the host only after the check, so that neither the answer nor its delay tells another site who is signed in. */
async function recognizeByCookie(
  service: Service,
  identity: CookieIdentity,
  request: Request,
  origin: AuditOrigin,
): Promise<Recognized | null> {
  const problem = csrfProblem(request, service.origins)
  if (problem !== undefined) {
    if (!request.headers.has('cookie')) return null
    service.auditRefusal({ type: 'credential_refused', reason: 'csrf' }, origin)
    throw new TotpFlowError('csrf_rejected', { message: problem })
  }
  const host = await identifyByCookie(identity, request).catch((cause: unknown) => {
    // The cookie belongs to the host, so the fault is in the host's function, not in the caller's credential.
    throw isUnusable(cause) ? new TotpFlowError('server', { cause }) : cause
  })
  if (!host) return null
  const session = await sessionInCookie(service, request, host)
  return { session, host, byCookie: true, origin: { ...origin, sessionId: await hashToken(host.sessionId) } }
}

/** The origin of a request, for the audit log. */
export function originOf({ addressOf }: Pick<Service, 'addressOf'>, request: Request): AuditOrigin {
  const address = addressOf(request)
  return address === undefined ? {} : { address }
}

/** The second half: one read. */
export async function standingOf(
  service: Service,
  request: Request,
  { session: ours, host, origin }: Recognized,
): Promise<KnownCaller> {
  const user = host ?? ours?.user
  if (!user) throw new TotpFlowError('unauthenticated')
  const { isEnded, ...standing } = await standingIn(service, user.userId, ours?.session.id ?? null)
  const { rules } = standing
  const audit = (note: AuditNote) => service.audit(note, origin)
  const known = { ...standing, audit, user: { userId: user.userId, account: user.account } }
  const hostAge = host && (await ageOfHost(host, rules, service.now()))
  const isHostOver = hostAge !== null && isOver({ ...hostAge, begunAt: hostAge.generation }, rules)
  if (ours && !isHostOver) {
    const { id, generation, signedInAt, authenticatedAt, hostSession } = ours.session
    const age = { id: hostSession ?? id, generation }
    if (!isEnded && !isOver({ ...age, begunAt: signedInAt }, rules))
      return { ...known, age, authenticatedAt, session: asItStands(ours.session, standing, service) }
  }
  if (hostAge && !isHostOver)
    return { ...known, age: hostAge, authenticatedAt: host?.authenticatedAt ?? null, session: null }
  const { userId } = user
  throw await turnedAway(service, request, { reason: 'ended', userId }, origin)
}

/** Reads the standing again after a while: the session may have ended, and the device may have been replaced. */
export async function lookAgain<Body>(call: Call<Body>): Promise<Call<Body>> {
  const { service, user, session, age } = call
  const standing = await standingIn(service, user.userId, session?.id ?? null)
  const begunAt = session?.signedInAt ?? age.generation
  if (standing.isEnded || isOver({ ...age, begunAt }, standing.rules))
    throw new TotpFlowError('unauthenticated')
  return { ...call, ...standing }
}

/** A session loses what a factor obtained once the factor is gone or the verification is too old. */
function asItStands(session: Session, factors: Factors, { mfa, now }: Pick<Service, 'mfa' | 'now'>): Session {
  const isLive = isFactor(factors, session.verifiedBy)
  const verification = isLive ? {} : { verifiedAt: null, verifiedBy: null, acr: null }
  const standing = { ...session, ...verification }
  return { ...standing, ...owes(standing, factors, { mfa, now }) }
}

/** Whether a session owes a factor, and until when a user without one has time to enroll. */
function owes(
  session: Pick<Session, 'verifiedAt' | 'issuedAt' | 'mfaOwed'> | null,
  factors: Factors,
  { mfa, now }: Pick<Service, 'mfa' | 'now'>,
): Pick<Session, 'mfaOwed' | 'enrollBy'> {
  if (!mfa.required) return { mfaOwed: false, enrollBy: null }
  const isInGrace = !hasFactor(factors) && now() < mfa.graceUntil
  if (isInGrace) return { mfaOwed: false, enrollBy: hasToEnroll(mfa) ? mfa.graceUntil : null }
  return { mfaOwed: session === null || owesMfa(session, mfa, now()), enrollBy: null }
}

/** Whether users without a factor have to enroll one, now or later. */
export const hasToEnroll = ({ required, graceUntil }: MfaPolicy) =>
  required && graceUntil !== Number.POSITIVE_INFINITY

/** Whether the caller owes a factor. The host's own credential does if one is required, since it proves none. */
export const owesFactor = (
  { session, ...factors }: Factors & Pick<KnownCaller, 'session'>,
  service: Pick<Service, 'mfa' | 'now'>,
): boolean => (session ?? owes(null, factors, service)).mfaOwed

/** What a session, or a credential of the host, still owes before the app may be used; `null` if nothing is ever owed. */
export function gateOf(
  { mfa, now }: Pick<Service, 'mfa' | 'now'>,
  { session, ...factors }: Factors & Pick<KnownCaller, 'session'>,
): Gate | null {
  if (!mfa.required) return null
  const { mfaOwed, enrollBy } = session ?? owes(null, factors, { mfa, now })
  if (hasFactor(factors) || !hasToEnroll(mfa)) return { state: mfaOwed ? 'codeOwed' : 'open' }
  return { state: 'enrollmentOwed', ...(enrollBy !== null && { enrollBy }) }
}

/** A token made while a factor was owed says so. Otherwise a refresh would cancel the idle timeout. */
const owesMfa = (
  { verifiedAt, issuedAt, mfaOwed }: Pick<Session, 'verifiedAt' | 'issuedAt' | 'mfaOwed'>,
  { maxAge, idleTimeout }: MfaPolicy,
  now: number,
) => mfaOwed || !isRecent(verifiedAt, maxAge, now) || !isRecent(issuedAt, idleTimeout, now)

/**
 * The age of a host credential, as the session rules compare it. Sign-in times are whole seconds and count to the end
 * of their second: refusing a user who signs in right after a reset would be worse.
 */
export async function ageOfHost(
  host: IdentifiedUser,
  { generation }: SessionRules,
  now: number,
): Promise<SessionAge> {
  const { authenticatedAt, sessionId } = host
  const isComparable = authenticatedAt !== undefined && generation <= now + CLOCK_SKEW_MS
  return {
    id:
      sessionId !== undefined
        ? await hostSessionOf(sessionId)
        : isComparable
          ? `at:${authenticatedAt}`
          : null,
    generation: isComparable ? authenticatedAt + (authenticatedAt % 1000 === 0 ? 999 : 0) : null,
  }
}

/** A new session for a user whom the host identified. */
export function newSession(
  { mfa, now }: Pick<Service, 'mfa' | 'now'>,
  rules: SessionRules,
  { age, authenticatedAt, ...factors }: Factors & Pick<KnownCaller, 'age' | 'authenticatedAt'>,
): Session {
  const signedInAt = Math.max(now(), rules.begunFrom) // a clock that ran fast may have put begunFrom in the future
  return {
    id: crypto.randomUUID(),
    signedInAt,
    authenticatedAt: authenticatedAt ?? signedInAt,
    verifiedAt: null,
    verifiedBy: null,
    acr: null,
    // Presenting an old credential again is not a new sign-in.
    generation: Math.min(rules.generation, age.generation ?? rules.generation),
    hostSession: isHostSession(age.id) ? age.id : null, // two sign-ins within one second need not be the same session
    ...owes(null, factors, { mfa, now }),
    issuedAt: signedInAt,
    expiresAt: 0,
  }
}

const sessionIdOf = ({ sessionId }: IdentifiedUser) => (sessionId === undefined ? {} : { sessionId })

type Reason = { reason: 'missing' | 'unknown' | 'ended'; userId?: string }

/**
 * The error for a missing, unknown or ended credential: 401, or 429 from an address with too many of them. A caller
 * whose session ended still gets the 401, with the time to retry.
 */
async function turnedAway(
  service: Service,
  request: Request,
  reason: Reason,
  origin: AuditOrigin,
): Promise<TotpFlowError> {
  const retryAt = await refusedUntil(service, request)
  if (retryAt === undefined) service.auditRefusal({ type: 'credential_refused', ...reason }, origin)
  const isFlood = retryAt !== undefined && reason.reason !== 'ended'
  return new TotpFlowError(isFlood ? 'rate_limited' : 'unauthenticated', { retryAt })
}

/** Counts the refusal. Returns until when the address must wait, if there were too many. */
export async function refusedUntil(service: Service, request: Request): Promise<number | undefined> {
  try {
    await service.countRefused(request)
    return undefined
  } catch (error) {
    if (error instanceof TotpFlowError && error.code === 'rate_limited') return error.retryAt
    throw error
  }
}
