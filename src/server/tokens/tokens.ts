import type { AuthorizationDetails } from '../../contract/approval.ts'
import { TotpFlowError } from '../../contract/errors.ts'
import { MFA_OWED } from '../../contract/gate.ts'
import type { User } from '../identity/identity.ts'
import { hashOfDetails } from './authorization-details.ts'
import {
  CHALLENGE,
  ELEVATED,
  type ElevatedToken,
  isExpiredSession,
  readChallenge,
  readElevated,
  readSession,
  SESSION,
  type Session,
  type TokenBinding,
} from './claims.ts'
import { lifetimeOf, type ScopeRules } from './scope-policy.ts'
import type { SigningKeys } from './signing-keys.ts'
import { createVerifiedTokens } from './verified-tokens.ts'

const SESSION_SECONDS = 12 * 3600
/** The longest a session lasts after it began, however often it is refreshed. */
const LONGEST_SESSION_MS = 30 * 24 * 3600_000
/** Within this time, every token of a session that ends now expires, so its end can be forgotten. */
export const LONGEST_SESSION_TOKEN_MS = SESSION_SECONDS * 1000
/** The longest lifetime of any token, milliseconds. */
export const longestTokenMs = (rules: ScopeRules): number =>
  Math.max(SESSION_SECONDS, ...Object.values(rules).map(lifetimeOf)) * 1000

/** What an elevated token is bound to: the session that obtained it, or what the host says. */
interface ElevationBinding {
  session?: Pick<Session, 'id' | 'generation' | 'signedInAt'>
  generation?: number
  sessionId?: string
  deviceId?: string
  acr?: string | undefined
  authorizationDetails?: AuthorizationDetails
}

export function createTokens(given: {
  keys: SigningKeys
  issuer: string
  environmentId: string
  scopes: ScopeRules
  now: () => number
}) {
  const { keys, issuer, environmentId, scopes: rules, now } = given
  const isAllowed = (scope: string) => Object.hasOwn(rules, scope)
  const keyFor: TokenBinding['keyFor'] = async ({ kid = '' }) => {
    const key = await keys.publicKey(kid).catch((cause: unknown) => {
      throw TotpFlowError.from(cause)
    })
    if (!key) throw new TotpFlowError('unauthenticated')
    return key
  }
  const binding: TokenBinding = { issuer, environmentId, keyFor, now, known: createVerifiedTokens() }

  async function mint(
    typ: string,
    subject: string,
    expiresAt: number,
    claims: Record<string, unknown>,
  ): Promise<string> {
    const { kid, publicKey, sign } = await keys.current()
    const header = { typ, kid }
    const payload = {
      ...claims,
      environment_id: environmentId,
      sub: subject,
      iss: issuer,
      aud: environmentId,
      iat: seconds(now()),
      exp: expiresAt,
    }
    const jwt = await sign(header, payload)
    binding.known.keep(jwt, { header, payload, key: publicKey })
    return jwt
  }

  return {
    /** Mints a session token. `expiresAt` is in epoch seconds. */
    async mintSession(
      { userId, account }: User,
      {
        id,
        signedInAt,
        authenticatedAt,
        verifiedAt,
        verifiedBy,
        acr,
        generation,
        hostSession,
        mfaOwed,
        enrollBy,
      }: Session,
    ): Promise<{ jwt: string; expiresAt: number }> {
      const expiresAt = seconds(Math.min(now() + SESSION_SECONDS * 1000, signedInAt + LONGEST_SESSION_MS))
      const jwt = await mint(SESSION, userId, expiresAt, {
        account,
        sid: id,
        auth_time: seconds(authenticatedAt),
        session_began: signedInAt / 1000,
        session_generation: generation,
        ...(hostSession !== null && { host_session: hostSession }),
        ...(verifiedAt !== null && { mfa_time: seconds(verifiedAt), mfa_device: verifiedBy }),
        ...(acr !== null && { acr }),
        ...(mfaOwed && { scope: MFA_OWED }),
        ...(enrollBy !== null && { mfa_enroll_by: seconds(enrollBy) }),
      })
      return { jwt, expiresAt }
    },

    readSession: (jwt: string) => readSession(jwt, binding),

    isExpiredSession: (jwt: string) => isExpiredSession(jwt, binding),

    isAllowed,

    checkScopes(scopes: readonly string[]): void {
      if (!scopes.every(isAllowed)) throw new TotpFlowError('scope_not_allowed')
    },

    /** Mints an elevated token for these scopes, bound to the session and factor that obtained it. */
    async mintElevated(
      { userId }: User,
      scopes: readonly string[],
      bound: ElevationBinding,
    ): Promise<string> {
      const { session, generation = session?.generation, sessionId = session?.id, deviceId } = bound
      const { authorizationDetails: details, acr } = bound
      const asked = scopes.flatMap((scope) => rules[scope] ?? [])
      if (details) asked.push({ singleUse: true }) // one approval is for one action
      return mint(ELEVATED, userId, seconds(now()) + Math.min(...asked.map(lifetimeOf)), {
        scope: scopes.join(' '),
        singleUse: asked.some(({ singleUse }) => singleUse),
        ...(details && { authorization_details_hash: await hashOfDetails(details) }),
        ...(acr !== undefined && { acr }),
        jti: crypto.randomUUID(),
        session_generation: generation,
        session_began: (session?.signedInAt ?? now()) / 1000, // not rounded: it may begin right after other sessions ended
        ...(sessionId !== undefined && { sid: sessionId }),
        ...(deviceId !== undefined && { device_id: deviceId }),
      })
    },

    readElevated: (jwt: string): Promise<ElevatedToken> => readElevated(jwt, binding),

    /** Mints the challenge of a passkey ceremony, valid until `expiresAt` (epoch milliseconds). */
    mintChallenge: (userId: string, purpose: string, expiresAt: number): Promise<string> =>
      mint(CHALLENGE, userId, seconds(expiresAt), { for: purpose, jti: crypto.randomUUID() }),

    readChallenge: (jwt: string) => readChallenge(jwt, binding),
  }
}

export type Tokens = ReturnType<typeof createTokens>

const seconds = (milliseconds: number) => Math.floor(milliseconds / 1000)
