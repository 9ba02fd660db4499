import { type CryptoKey, type JWSHeaderParameters, type JWTPayload, jwtVerify } from 'jose'
import { JWTClaimValidationFailed, JWTExpired } from 'jose/errors'
import { TotpFlowError } from '../../contract/errors.ts'
import { MFA_OWED } from '../../contract/gate.ts'
import type { User } from '../identity/identity.ts'
import * as z from '../vendored/zod.ts'
import { CLOCK_SKEW_MS } from './recency.ts'
import type { VerifiedToken, VerifiedTokens } from './verified-tokens.ts'

export const SESSION = 'session+jwt'
export const ELEVATED = 'elevated+jwt'
export const CHALLENGE = 'passkey-challenge+jwt'

/** A session of this server. Times are in epoch milliseconds. */
export interface Session {
  /** The same in every token of the session. */
  id: string
  /** When the session began. A refresh does not change it. */
  signedInAt: number
  /** When the user signed in, if the host says so, or else when the session began. */
  authenticatedAt: number
  /** When a code was last verified in this session; `null` if none was, or its device is gone. */
  verifiedAt: number | null
  /** The device whose code was verified (or that a recovery code replaced), or the passkey. */
  verifiedBy: string | null
  /**
   * The authentication context of that code (`acr`, RFC 9470 §6.2); `null` if no code was verified, or the server names
   * none.
   */
  acr: string | null
  /** Orders the beginning of the session among the times at which the user's sessions were ended. */
  generation: number
  /** The host session that it began from, if known. A removal treats the two as one. */
  hostSession: string | null
  /** Whether the session owes a second factor, for the first time or again. */
  mfaOwed: boolean
  /** Until when the user may postpone the enrollment that is owed, epoch milliseconds; `null` if it may not be postponed. */
  enrollBy: number | null
  /** When this token was issued. */
  issuedAt: number
  /** When this token expires: 12 hours after it was issued, and at most 30 days after the session began. */
  expiresAt: number
}

/** The claims of an elevated token. `jti` is its own id, by which a single-use token is consumed. */
export interface ElevatedToken {
  userId: string
  scopes: string[]
  /** The device or the passkey that obtained it; `null` if the host vouched for the user. */
  deviceId: string | null
  /** The session that obtained it, and with which it ends; `null` if the host vouched for the user. */
  sessionId: string | null
  /** The generation of its session. */
  generation: number
  /** When its session began, epoch milliseconds; if the host vouched, when the token was issued. */
  sessionBeganAt: number
  singleUse: boolean
  /** The authentication context that obtained it (`acr`, RFC 9470 §6.2); `null` if the server names none. */
  acr: string | null
  /** When it was issued, epoch milliseconds. */
  issuedAt: number
  /** The hash of the details that it is bound to; `null` if it covers everything that its scopes allow. */
  authorizationDetailsHash: string | null
  jti: string
  /** Epoch milliseconds. */
  expiresAt: number
}

const LOOKS_LIKE_JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/

const Text = z.string().check(z.minLength(1))

/** The claims of our tokens, apart from `iss` and `aud`, which are checked earlier. Times are in epoch seconds. */
const SessionClaims = z.object({
  sub: Text,
  account: z.string(),
  sid: Text,
  auth_time: z.number(),
  session_began: z.optional(z.number()),
  session_generation: z.optional(z.number()),
  host_session: z.optional(Text),
  mfa_time: z.optional(z.number()),
  mfa_device: z.optional(Text),
  acr: z.optional(Text),
  scope: z.optional(z.string()),
  mfa_enroll_by: z.optional(z.number()),
  iat: z.number(),
  exp: z.number(),
})

/** A missing claim grants nothing: neither a second use, nor a lifetime beyond the device's. */
const ElevatedClaims = z.object({
  sub: Text,
  scope: Text,
  singleUse: z.boolean(),
  jti: Text,
  authorization_details_hash: z.optional(Text),
  acr: z.optional(Text),
  device_id: z.optional(Text),
  sid: z.optional(Text),
  session_began: z.optional(z.number()),
  session_generation: z.optional(z.number()),
  iat: z.number(),
  exp: z.number(),
})

const ChallengeClaims = z.object({ sub: Text, for: Text, jti: Text })

/** What a token must match to be one of ours, here and in other services. */
export interface TokenBinding {
  issuer: string
  environmentId: string
  /** Returns the public key of a header's `kid`: the same object as long as the key is the same. */
  keyFor: (header: JWSHeaderParameters) => Promise<CryptoKey>
  now: () => number
  known: VerifiedTokens
}

async function verified(jwt: string, typ: string, binding: TokenBinding): Promise<JWTPayload> {
  const { issuer, environmentId, keyFor, now, known } = binding
  const before = known.find(jwt)
  if (before && before.header.typ === typ && (await stillHolds(before, binding))) return before.payload
  const { payload, protectedHeader, key } = await jwtVerify(jwt, (header) => keyFor(header), {
    algorithms: ['EdDSA', 'ES256'],
    typ,
    issuer,
    audience: environmentId,
    currentDate: new Date(now()),
    requiredClaims: ['sub', 'exp', 'iat'],
  })
  if (payload.environment_id !== environmentId) {
    throw new JWTClaimValidationFailed('of another environment', payload, 'environment_id')
  }
  known.keep(jwt, { header: protectedHeader, payload, key })
  return payload
}

/** What a valid signature does not prove: that the token has not expired, and that its key is still one of ours. */
async function stillHolds({ header, payload, key }: VerifiedToken, { keyFor, now }: TokenBinding) {
  const { exp = 0, nbf = 0 } = payload
  const at = now() / 1000
  return nbf <= at && at < exp && (await keyFor(header)) === key
}

/**
 * Returns the user and session of a session token, or `null` if it is invalid or expired. Rejects if the keys cannot be
 * read.
 */
export async function readSession(
  jwt: string,
  binding: TokenBinding,
): Promise<{ user: User; session: Session } | null> {
  if (!LOOKS_LIKE_JWT.test(jwt)) return null // usually the host's own token; making jose's error costs more than a signature
  const payload = await verified(jwt, SESSION, binding).catch(orServerFailure(() => null))
  const { success, data } = SessionClaims.safeParse(payload)
  if (!success) return null
  const { sub, account, sid, auth_time, mfa_time, mfa_device, scope = '', iat, exp } = data
  const { session_began = auth_time, session_generation = 0, host_session = null, mfa_enroll_by } = data
  const isGraceOver = mfa_enroll_by !== undefined && mfa_enroll_by * 1000 <= binding.now()
  const isVerified = mfa_time !== undefined && mfa_device !== undefined
  return {
    user: { userId: sub, account },
    session: {
      id: sid,
      signedInAt: session_began * 1000,
      authenticatedAt: auth_time * 1000,
      verifiedAt: isVerified ? mfa_time * 1000 : null,
      verifiedBy: isVerified ? mfa_device : null,
      acr: isVerified ? (data.acr ?? null) : null,
      generation: session_generation,
      hostSession: host_session,
      mfaOwed: isGraceOver || scope.split(' ').includes(MFA_OWED),
      enrollBy: mfa_enroll_by === undefined ? null : mfa_enroll_by * 1000,
      issuedAt: iat * 1000,
      expiresAt: exp * 1000,
    },
  }
}

/** Whether it is a session token of ours with nothing wrong but that it has expired. */
export async function isExpiredSession(jwt: string, binding: TokenBinding): Promise<boolean> {
  if (!LOOKS_LIKE_JWT.test(jwt)) return false
  return verified(jwt, SESSION, binding).then(
    () => false,
    orServerFailure((cause) => cause instanceof JWTExpired),
  )
}

/**
 * Returns the claims of an elevated token. Rejects with `elevation_expired`, or with `elevation_required` if it is not
 * one of ours.
 */
export async function readElevated(jwt: string, binding: TokenBinding): Promise<ElevatedToken> {
  const payload = await verified(jwt, ELEVATED, binding).catch(
    orServerFailure((cause) => {
      throw new TotpFlowError(cause instanceof JWTExpired ? 'elevation_expired' : 'elevation_required', {
        cause,
      })
    }),
  )
  const { success, data } = ElevatedClaims.safeParse(payload)
  if (!success) throw new TotpFlowError('elevation_required')
  const { sub, scope, singleUse, jti, device_id, sid, iat, exp } = data
  // Issued by a clock that ran fast, it would outlive its lifetime.
  if (iat * 1000 > binding.now() + CLOCK_SKEW_MS) throw new TotpFlowError('elevation_required')
  const { session_began = iat, session_generation = 0 } = data
  return {
    userId: sub,
    scopes: scope.split(' '),
    deviceId: device_id ?? null,
    sessionId: sid ?? null,
    generation: session_generation,
    sessionBeganAt: session_began * 1000,
    singleUse,
    acr: data.acr ?? null,
    issuedAt: iat * 1000,
    authorizationDetailsHash: data.authorization_details_hash ?? null,
    jti,
    expiresAt: exp * 1000,
  }
}

/** Returns the user, purpose and id of a challenge, or `null` if it is invalid or expired. */
export async function readChallenge(
  jwt: string,
  binding: TokenBinding,
): Promise<{ userId: string; for: string; jti: string } | null> {
  if (!LOOKS_LIKE_JWT.test(jwt)) return null
  const payload = await verified(jwt, CHALLENGE, binding).catch(orServerFailure(() => null))
  const { success, data } = ChallengeClaims.safeParse(payload)
  return success ? { userId: data.sub, for: data.for, jti: data.jti } : null
}

/** A failing store or network says nothing about the token: the caller should retry, not sign in again. */
const orServerFailure =
  <Result>(otherwise: (cause: unknown) => Result) =>
  (cause: unknown): Result => {
    if (cause instanceof TotpFlowError && cause.code !== 'unauthenticated') throw cause
    return otherwise(cause)
  }
