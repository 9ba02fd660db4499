import { type JWTVerifyGetKey, jwtVerify } from 'jose'
import { JWTExpired } from 'jose/errors'
import { TotpFlowError } from '../contract/errors.ts'

export const SESSION = 'session+jwt'
export const ELEVATED = 'elevated+jwt'

/** In a session's scope while a second factor is still owed, in the words of Dynamic's SDK. */
export const MFA_OWED = 'requiresAdditionalAuth'

/** Who is signed in. `account` is the name that the authenticator app shows, such as an e-mail address. */
export interface User {
  userId: string
  account: string
}

/** A session of ours. Times in epoch milliseconds. */
export interface Session {
  id: string
  signedInAt: number
  /** When a code was last verified in this session; `null` while none was. */
  verifiedAt: number | null
  /** Whether the session still owes a second factor. */
  mfaOwed: boolean
  expiresAt: number
}

export interface Elevated {
  userId: string
  scopes: string[]
  /** The device whose code won it; `null` when the host vouched for the user. */
  deviceId: string | null
  singleUse: boolean
  jti: string
  /** Epoch milliseconds. */
  expiresAt: number
}

/** What ours hold beside the registered claims of RFC 7519. `auth_time` and `mfa_time` in epoch seconds. */
interface Claims {
  account?: unknown
  scope?: unknown
  singleUse?: unknown
  device_id?: unknown
  sid?: unknown
  auth_time?: unknown
  mfa_time?: unknown
}

/** How a token of ours is recognized, here and in other services. */
export interface TokenBinding {
  issuer: string
  environmentId: string
  keyFor: JWTVerifyGetKey
  now: () => number
}

async function verified(jwt: string, typ: string, { issuer, environmentId, keyFor, now }: TokenBinding) {
  const { payload } = await jwtVerify<Claims>(jwt, keyFor, {
    algorithms: ['EdDSA', 'ES256'],
    typ,
    issuer,
    audience: environmentId,
    currentDate: new Date(now()),
    requiredClaims: ['sub', 'exp', 'iat'],
  })
  return payload
}

/** The user and session of a session token; `null` when it is none, or not valid (any more). Rejects when the keys cannot be had. */
export async function readSession(
  jwt: string,
  binding: TokenBinding,
): Promise<{ user: User; session: Session } | null> {
  const claims = await verified(jwt, SESSION, binding).catch(orServerFailure(() => null))
  if (!claims || typeof claims.account !== 'string' || typeof claims.sid !== 'string') return null
  const { sub = '', exp = 0, iat = 0, account, sid, auth_time, mfa_time, scope } = claims
  return {
    user: { userId: sub, account },
    session: {
      id: sid,
      signedInAt: (typeof auth_time === 'number' ? auth_time : iat) * 1000,
      verifiedAt: typeof mfa_time === 'number' ? mfa_time * 1000 : null,
      mfaOwed: String(scope ?? '')
        .split(' ')
        .includes(MFA_OWED),
      expiresAt: exp * 1000,
    },
  }
}

/** The rights in an elevated token; rejects with `elevation_expired`, or `elevation_required` when it is none of ours. */
export async function readElevated(jwt: string, binding: TokenBinding): Promise<Elevated> {
  const claims = await verified(jwt, ELEVATED, binding).catch(
    orServerFailure((cause) => {
      throw new TotpFlowError(cause instanceof JWTExpired ? 'elevation_expired' : 'elevation_required', {
        cause,
      })
    }),
  )
  const { sub = '', exp = 0, jti, scope, singleUse, device_id } = claims
  return {
    userId: sub,
    scopes: String(scope).split(' '),
    deviceId: typeof device_id === 'string' ? device_id : null,
    singleUse: singleUse === true,
    jti: String(jti),
    expiresAt: exp * 1000,
  }
}

/** A store or network that failed says nothing about the token: the caller shall try again, not sign in again. */
const orServerFailure =
  <Result>(otherwise: (cause: unknown) => Result) =>
  (cause: unknown): Result => {
    if (cause instanceof TotpFlowError && cause.code !== 'unauthenticated') throw cause
    return otherwise(cause)
  }
