import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose'
import { JOSEError, JWKSInvalid, JWKSTimeout } from 'jose/errors'
import { TotpFlowError } from '../../contract/errors.ts'
import {
  assertOptions,
  clockOption,
  isPlain,
  jwksUrlOption,
  listOfText,
  type OptionRules,
  required,
  text,
  wholeNumber,
} from '../../contract/options.ts'
import type { Identity } from './identity.ts'

/** Whose JWTs to accept: `issuer` and `audience` as they stand in `iss` and `aud`. */
export interface JwksIdentityOptions {
  /** Where the host's identity provider publishes its keys: `https:`, or `http:` on this machine. Redirects are not followed. */
  jwksUrl: string
  issuer: string
  audience: string
  /**
   * The claim that holds the audience: `client_id` for the access tokens of Amazon Cognito. With another claim than `aud`, a
   * token that has an `aud` as well is refused. @default 'aud'
   */
  audienceClaim?: string
  /**
   * The claim that names the session at the provider: `session_id` at Supabase, `origin_jti` at Cognito. It must stay the same
   * when the token is renewed. @default 'sid'
   */
  sessionClaim?: string
  /** The claim that authenticator apps show as the account. @default 'email', else the subject */
  accountClaim?: string
  /**
   * The header's `typ` of the tokens to take, such as `['at+jwt']` for access tokens (RFC 9068); a token without one is then
   * refused. @default `JWT` or none, as ID tokens have it
   */
  types?: readonly string[]
  /** Claims that a token must have besides `sub` and `exp`. @default none */
  requiredClaims?: readonly string[]
  /** Claims that must have exactly this value, such as `{ token_use: 'access' }`. @default none */
  requiredValues?: Readonly<Record<string, string | boolean>>
  /**
   * Who may stand in `azp`, where a token names the client that it was issued to; a token for several audiences must name
   * one (OpenID Connect Core §3.1.3.7). @default the audience
   */
  authorizedParties?: readonly string[]
  /** How far the provider's clock may be off. @default 5 */
  clockToleranceSeconds?: number
  /** Refuses tokens that were issued longer ago, or do not say when. @default as long as they are valid */
  maxTokenAgeSeconds?: number
  /** Epoch milliseconds. @default Date.now */
  clock?: () => number
}

const rules: OptionRules = {
  jwksUrl: required(jwksUrlOption),
  issuer: required(text('the iss of the tokens')),
  audience: required(text('the aud of the tokens')),
  audienceClaim: text('the name of a claim'),
  sessionClaim: text('the name of a claim'),
  accountClaim: text('the name of a claim'),
  types: listOfText('values of the header typ', 1),
  requiredClaims: listOfText('names of claims'),
  requiredValues: {
    takes: "an object of claims and their values, such as { token_use: 'access' }",
    fits: (value) =>
      isPlain(value) &&
      Object.values(Object(value)).every((one) => ['string', 'boolean'].includes(typeof one)),
  },
  authorizedParties: listOfText('values of the claim azp'),
  clockToleranceSeconds: wholeNumber(0, 300),
  maxTokenAgeSeconds: wholeNumber(1, 31_536_000),
  clock: clockOption,
}

const ALGORITHMS = [
  ...['EdDSA', 'Ed25519', 'ES256', 'ES384', 'ES512'],
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
]

/**
 * Identifies users by the JWTs of your identity provider: `sub` is the user. By default it accepts the ID tokens of any OpenID
 * provider; those of Amazon Cognito and Supabase take options (docs/providers/own-factor.md). The user signed in at `auth_time`, else
 * at the first time in `amr` (Supabase), else at `iat`.
 */
export function jwksIdentity(options: JwksIdentityOptions): Identity {
  assertOptions(options, rules)
  const { jwksUrl, issuer, audience, accountClaim = 'email', types, requiredClaims = [] } = options
  const { audienceClaim = 'aud', sessionClaim = 'sid', requiredValues = {} } = options
  const { authorizedParties = [audience], clockToleranceSeconds = 5, maxTokenAgeSeconds } = options
  const { clock = Date.now } = options
  const isInAud = audienceClaim === 'aud'
  const values = Object.entries(isInAud ? requiredValues : { ...requiredValues, [audienceClaim]: audience })
  const taken = types?.map(mediaType)
  const keys = createRemoteJWKSet(new URL(jwksUrl), { cooldownDuration: 5_000 })
  const isTaken = (typ: string | undefined) =>
    taken
      ? typ !== undefined && taken.includes(mediaType(typ))
      : typ === undefined || mediaType(typ) === 'jwt'

  return async (credential) => {
    try {
      const now = clock()
      const { payload, protectedHeader } = await jwtVerify(credential, keys, {
        issuer,
        ...(isInAud && { audience }),
        algorithms: ALGORITHMS,
        requiredClaims: ['sub', 'exp', ...requiredClaims],
        clockTolerance: clockToleranceSeconds,
        ...(maxTokenAgeSeconds !== undefined && { maxTokenAge: maxTokenAgeSeconds }),
        currentDate: new Date(now),
      })
      const isMeant =
        isTaken(protectedHeader.typ) &&
        (isInAud || payload.aud === undefined) &&
        values.every(([name, value]) => payload[name] === value) &&
        isForBearer(payload) &&
        isForUs(payload, authorizedParties) &&
        isOfThePast(payload, now / 1000 + clockToleranceSeconds)
      return isMeant ? userOf(payload, accountClaim, payload[sessionClaim]) : null
    } catch (cause) {
      const isUnreached = cause instanceof JWKSTimeout || cause instanceof JWKSInvalid
      // jose throws its base class when the provider answers no JWKS, and its subclasses for what is wrong with a token.
      if (cause instanceof JOSEError && cause.constructor !== JOSEError && !isUnreached) return null
      throw new ProviderUnavailable(jwksUrl, cause) // nobody is signed out by that
    }
  }
}

/** The provider's keys cannot be had for now: an outage (503), and no fault of the call. */
class ProviderUnavailable extends TotpFlowError {
  constructor(url: string, cause: unknown) {
    const said = new Error(`The keys of the identity provider could not be read from ${url}`, { cause })
    super('server', { cause: Object.assign(said, { code: 'JWKS_UNREACHABLE' }) })
  }

  override get status(): number {
    return 503
  }
}

/** RFC 7515 §4.1.9: without regard to case, and `application/` may be left out. */
const mediaType = (typ: string) => typ.toLowerCase().replace(/^application\//, '')

/** A logout or security event token says what happened (RFC 8417 §2.2); a bound one is good with a proof that we do not see. */
const isForBearer = ({ events, cnf }: JWTPayload) => events === undefined && cnf === undefined

function isForUs({ aud, azp }: JWTPayload, parties: readonly string[]): boolean {
  if (azp === undefined) return !Array.isArray(aud) || aud.length === 1
  return typeof azp === 'string' && parties.includes(azp)
}

/** Nobody signed in, and no token was made, at a time that is still to come. */
const isOfThePast = ({ iat, auth_time, amr }: JWTPayload, latest: number) =>
  [iat, auth_time, ...timesOf(amr)].every(
    (at) => at === undefined || (typeof at === 'number' && Number.isFinite(at) && at >= 0 && at <= latest),
  )

/** Supabase dates each method that a session was authenticated by; in OpenID Connect they are names alone. */
const timesOf = (amr: unknown): unknown[] =>
  Array.isArray(amr) ? amr.map((method) => Object(method).timestamp).filter((at) => at !== undefined) : []

/** A code that was entered later, or a new token, does not make a session younger. */
function signedInAt({ auth_time, amr, iat }: JWTPayload): unknown {
  const times = timesOf(amr).map(Number)
  return auth_time ?? (times.length > 0 ? Math.min(...times) : iat)
}

function userOf(payload: JWTPayload, accountClaim: string, sessionId: unknown) {
  const { sub = '' } = payload
  const account = payload[accountClaim]
  const at = signedInAt(payload)
  if (sub === '') return null
  return {
    userId: sub,
    account: typeof account === 'string' ? account : sub,
    ...(typeof at === 'number' && { authenticatedAt: at * 1000 }),
    ...(typeof sessionId === 'string' && sessionId !== '' && sessionId.length <= 200 && { sessionId }),
  }
}
