import { TotpFlowError } from '../contract/errors.ts'
import {
  ELEVATED,
  type Elevated,
  MFA_OWED,
  readElevated,
  readSession,
  SESSION,
  type Session,
  type TokenBinding,
  type User,
} from './claims.ts'
import type { SigningKeys } from './signing-keys.ts'
import { createVerifiedTokens } from './verified-tokens.ts'

/**
 * Which scopes may be asked for, whether a token with one of them is spent by its first use, and how many seconds it
 * lasts (by default 300 for single use, 600 otherwise). A token for several scopes takes the strictest of each.
 */
export type ScopePolicy = Readonly<Record<string, { singleUse: boolean; seconds?: number }>>

const once = { singleUse: true }
const often = { singleUse: false }
export const DEFAULT_SCOPES: ScopePolicy = {
  'wallet:export': once,
  'wallet:delete': once,
  'wallet:sign': often,
  'wallet:delegate': often,
  'wallet:restore': often,
  'credential:link': once,
  'credential:update': once,
  'credential:unlink': once,
  'user:update': often,
  'user:delete': once,
}

const SESSION_SECONDS = 12 * 3600
/** However often it is refreshed, a session ends so long after sign-in. */
export const LONGEST_SESSION_MS = 30 * 24 * 3600_000
/** Dynamic's own lifetimes. */
export const SINGLE_USE_SECONDS = 5 * 60
export const MULTI_USE_SECONDS = 10 * 60

const lifetimeOf = ({ singleUse, seconds }: ScopePolicy[string]) =>
  seconds ?? (singleUse ? SINGLE_USE_SECONDS : MULTI_USE_SECONDS)

/** The longest that any token lives under a policy, milliseconds. */
export const longestTokenMs = (policy: ScopePolicy): number =>
  Math.max(SESSION_SECONDS, ...Object.values(policy).map(lifetimeOf)) * 1000

export function createTokens(given: {
  keys: SigningKeys
  issuer: string
  environmentId: string
  scopes: ScopePolicy
  /** Whether every session owes a second factor until a code was verified in it. */
  mfaRequired: boolean
  now: () => number
}) {
  const { keys, issuer, environmentId, scopes: policy, mfaRequired, now } = given
  for (const [scope, rule] of Object.entries(policy)) {
    const seconds = lifetimeOf(rule)
    if (!Number.isInteger(seconds) || seconds < 1)
      throw new TypeError(`The scope ${scope} must last a whole number of seconds, one at least.`)
  }

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
    newSession: (): Session => ({
      id: crypto.randomUUID(),
      signedInAt: now(),
      verifiedAt: null,
      mfaOwed: mfaRequired,
      expiresAt: 0,
    }),

    /** A token for a session, until `expiresAt` (epoch seconds). */
    async mintSession(
      { userId, account }: User,
      { id, signedInAt, verifiedAt, mfaOwed }: Session,
    ): Promise<{ jwt: string; expiresAt: number }> {
      const expiresAt = seconds(Math.min(now() + SESSION_SECONDS * 1000, signedInAt + LONGEST_SESSION_MS))
      const jwt = await mint(SESSION, userId, expiresAt, {
        account,
        sid: id,
        auth_time: seconds(signedInAt),
        ...(verifiedAt !== null && { mfa_time: seconds(verifiedAt) }),
        ...(mfaOwed && { scope: MFA_OWED }),
      })
      return { jwt, expiresAt }
    },

    readSession: (jwt: string) => readSession(jwt, binding),

    checkScopes(scopes: readonly string[]): void {
      for (const scope of scopes)
        if (!Object.hasOwn(policy, scope)) throw new TotpFlowError('scope_not_allowed')
    },

    mintElevated({ userId }: User, scopes: readonly string[], deviceId?: string): Promise<string> {
      const rules = scopes.flatMap((scope) => policy[scope] ?? [])
      const lifetime = Math.min(...rules.map(lifetimeOf))
      return mint(ELEVATED, userId, seconds(now()) + lifetime, {
        scope: scopes.join(' '),
        singleUse: rules.some(({ singleUse }) => singleUse),
        jti: crypto.randomUUID(),
        ...(deviceId !== undefined && { device_id: deviceId }),
      })
    },

    readElevated: (jwt: string): Promise<Elevated> => readElevated(jwt, binding),
  }
}

export type Tokens = ReturnType<typeof createTokens>

const seconds = (milliseconds: number) => Math.floor(milliseconds / 1000)
