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

/** A session that the server began. Times in epoch milliseconds. */
export interface Session {
  /** The same for every token of the session. */
  id: string
  /** When the session began; a refresh leaves it as it is. */
  signedInAt: number
  /** When the user signed in, as the host tells it; else when the session began. */
  authenticatedAt: number
  /** When a code was last verified in this session; `null` while none was, and once its device is gone. */
  verifiedAt: number | null
  /** The device whose code that was, or that a recovery code stood in for; or the passkey. */
  verifiedBy: string | null
  /** The context of authentication of that code (`acr`, RFC 9470 §6.2); `null` while none was verified, and where the server names none. */
  acr: string | null
  /** Orders the session among the ends of the user's sessions. */
  generation: number
  /** The session of the host that it began from, where that is known: the two are one to a removal. */
  hostSession: string | null
  /** Whether the session still owes a second factor, or owes one again. */
  mfaOwed: boolean
  /** Until when the user may put off the enrollment that is owed, epoch milliseconds; `null` while none may be. */
  enrollBy: number | null
  /** When this token was made. */
  issuedAt: number
  /** The end of this token: 12 hours after it was made, and 30 days after the sign-in at the latest. */
  expiresAt: number
}

/** What an elevated token says; `jti` is its own id, by which a single-use one is consumed. */
export interface ElevatedToken {
  userId: string
  scopes: string[]
  /** The device whose code, or the passkey that, won it; `null` when the host vouched for the user. */
  deviceId: string | null
  /** The session that it was won in, and ends with; `null` when the host vouched for the user. */
  sessionId: string | null
  /** The one of its session. */
  generation: number
  /** When its session began, epoch milliseconds; where the host vouched, when the token was made. */
  sessionBeganAt: number
  singleUse: boolean
  /** The context of authentication that won it (`acr`, RFC 9470 §6.2); `null` where the server names none. */
  acr: string | null
  /** When it was won, epoch milliseconds. */
  issuedAt: number
  /** What it is bound to, as `hashOfDetails` has it; `null` when it is good for all that its scopes allow. */
  authorizationDetailsHash: string | null
  jti: string
  /** Epoch milliseconds. */
  expiresAt: number
}

const LOOKS_LIKE_JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/

const Text = z.string().check(z.minLength(1))

/** The claims of our tokens, without `iss` and `aud`, which are checked before. Times in epoch seconds. */
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

/** A claim that is missing gives no right: neither a second use, nor one that outlives its device. */
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

/** How our tokens are recognized, here and in other services. */
export interface TokenBinding {
  issuer: string
  environmentId: string
  /** The public key of a header's `kid`; the same object as long as it is the same key. */
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

/** What a valid signature does not say: whether the token is current, and whether its key still is one of ours. */
async function stillHolds({ header, payload, key }: VerifiedToken, { keyFor, now }: TokenBinding) {
  const { exp = 0, nbf = 0 } = payload
  const at = now() / 1000
  return nbf <= at && at < exp && (await keyFor(header)) === key
}

/** The user and session of a session token; `null` when it is none, or not valid (any more). Rejects when the keys cannot be had. */
export async function readSession(
  jwt: string,
  binding: TokenBinding,
): Promise<{ user: User; session: Session } | null> {
  if (!LOOKS_LIKE_JWT.test(jwt)) return null // most often the host's own; jose's error would cost more than a signature
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

/** Whether it was a session token once, and nothing but its time is over. */
export async function isExpiredSession(jwt: string, binding: TokenBinding): Promise<boolean> {
  if (!LOOKS_LIKE_JWT.test(jwt)) return false
  return verified(jwt, SESSION, binding).then(
    () => false,
    orServerFailure((cause) => cause instanceof JWTExpired),
  )
}

/** The rights in an elevated token; rejects with `elevation_expired`, or `elevation_required` when it is not one of ours. */
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
  // From a clock that was fast: it would be good for longer than any elevation is.
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

/** Whose challenge it is, what for, and its own id; `null` when it is none, or not good any more. */
export async function readChallenge(
  jwt: string,
  binding: TokenBinding,
): Promise<{ userId: string; for: string; jti: string } | null> {
  if (!LOOKS_LIKE_JWT.test(jwt)) return null
  const payload = await verified(jwt, CHALLENGE, binding).catch(orServerFailure(() => null))
  const { success, data } = ChallengeClaims.safeParse(payload)
  return success ? { userId: data.sub, for: data.for, jti: data.jti } : null
}

/** A store or network that failed says nothing about the token: the caller shall try again, not sign in again. */
const orServerFailure =
  <Result>(otherwise: (cause: unknown) => Result) =>
  (cause: unknown): Result => {
    if (cause instanceof TotpFlowError && cause.code !== 'unauthenticated') throw cause
    return otherwise(cause)
  }
