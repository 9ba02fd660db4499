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

/** Which JWTs to accept. */
export interface JwksIdentityOptions {
  /** Where your identity provider publishes its keys: `https:`, or `http:` on this machine. Redirects are not followed. */
  jwksUrl: string
  /** The expected `iss`. */
  issuer: string
  /** The expected `aud`, or the expected value of `audienceClaim`. */
  audience: string
  /**
   * The claim that holds the audience: `client_id` for access tokens of Amazon Cognito. With a claim other than `aud`, a token
   * that also has an `aud` is rejected. @default 'aud'
   */
  audienceClaim?: string
  /**
   * The claim that identifies the session at the provider: `session_id` at Supabase, `origin_jti` at Cognito. It must
   * stay the same when the token is renewed.
   * @default 'sid'
   */
  sessionClaim?: string
  /** The claim that authenticator apps show as the account. @default 'email', else the subject */
  accountClaim?: string
  /**
   * The accepted `typ` header values, such as `['at+jwt']` for access tokens (RFC 9068). A token without `typ` is then
   * rejected.
   * @default `JWT` or none, as ID tokens have it, and no claim that names another kind (`typ` at Keycloak, `token_use` at Cognito)
   */
  types?: readonly string[]
  /** Claims that a token must have in addition to `sub` and `exp`. @default none */
  requiredClaims?: readonly string[]
  /** Claims that must have exactly this value, such as `{ token_use: 'access' }`, or `{ typ: 'Bearer' }` for access tokens of Keycloak. @default none */
  requiredValues?: Readonly<Record<string, string | boolean>>
  /**
   * The accepted values of `azp`, if a token names the client that it was issued to. A token for several audiences must
   * have an `azp` (OpenID Connect Core §3.1.3.7).
   * @default the audience
   */
  authorizedParties?: readonly string[]
  /** How far the provider's clock may be off, 0 to 300 seconds. @default 5 */
  clockToleranceSeconds?: number
  /** Rejects tokens issued longer ago, or without `iat`: 1 to 31,536,000 seconds. @default as long as they are valid */
  maxTokenAgeSeconds?: number
  /** Returns epoch milliseconds. @default Date.now */
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
 * Identifies users by the JWTs of your identity provider: `sub` is the user id. By default it accepts the id tokens of
 * any OpenID provider that signs with an asymmetric key. Amazon Cognito and Supabase need options (docs/providers/own-factor.md). The sign-in time is
 * `auth_time`, or else the earliest time in `amr` (Supabase), or else `iat`.
 *
 * Throws a `TypeError` that names an option if it is missing, unknown or invalid. The returned function resolves to
 * `null` for a JWT that it does not accept, and rejects (503) if the provider's keys cannot be fetched, so an outage
 * signs nobody out.
 *
 * @example
 * ```ts
 * import { jwksIdentity } from 'totp-flow/server/node'
 *
 * const identity = jwksIdentity({
 *   jwksUrl: 'https://login.example.com/.well-known/jwks.json',
 *   issuer: 'https://login.example.com',
 *   audience: 'my-app',
 * })
 * ```
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

  const named = Object.entries(types === undefined && isInAud ? ID_TOKEN : {}).filter(
    ([name]) => !(name in requiredValues),
  )

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
        named.every(([name, value]) => payload[name] === undefined || payload[name] === value) &&
        isForBearer(payload) &&
        isForUs(payload, authorizedParties) &&
        isOfThePast(payload, now / 1000 + clockToleranceSeconds)
      return isMeant ? userOf(payload, accountClaim, payload[sessionClaim]) : null
    } catch (cause) {
      const isUnreached = cause instanceof JWKSTimeout || cause instanceof JWKSInvalid
      // jose throws its base class when the provider answers no JWKS, and its subclasses for what is wrong with a token.
      if (cause instanceof JOSEError && cause.constructor !== JOSEError && !isUnreached) return null
      throw new ProviderUnavailable(jwksUrl, cause) // an outage signs nobody out
    }
  }
}

/** The provider's keys cannot be fetched for now: an outage (503), not the caller's fault. */
class ProviderUnavailable extends TotpFlowError {
  constructor(url: string, cause: unknown) {
    const said = new Error(`The keys of the identity provider could not be read from ${url}`, { cause })
    super('server', { cause: Object.assign(said, { code: 'JWKS_UNREACHABLE' }) })
  }

  override get status(): number {
    return 503
  }
}

/** RFC 7515 §4.1.9: case does not matter, and `application/` may be omitted. */
const mediaType = (typ: string) => typ.toLowerCase().replace(/^application\//, '')

/** Keycloak and Cognito put `JWT`, or nothing, into the header of every kind of token, and name the kind in a claim. */
const ID_TOKEN = { typ: 'ID', token_use: 'id' }

/**
 * A logout or security event token reports an event (RFC 8417 §2.2). A bound token requires a proof that this server
 * does not see.
 */
const isForBearer = ({ events, cnf }: JWTPayload) => events === undefined && cnf === undefined

function isForUs({ aud, azp }: JWTPayload, parties: readonly string[]): boolean {
  if (azp === undefined) return !Array.isArray(aud) || aud.length === 1
  return typeof azp === 'string' && parties.includes(azp)
}

/** Rejects a sign-in or issue time in the future. */
const isOfThePast = ({ iat, auth_time, amr }: JWTPayload, latest: number) =>
  [iat, auth_time, ...timesOf(amr)].every(
    (at) => at === undefined || (typeof at === 'number' && Number.isFinite(at) && at >= 0 && at <= latest),
  )

/** Supabase dates each method by which a session was authenticated; in OpenID Connect, methods are names alone. */
const timesOf = (amr: unknown): unknown[] =>
  Array.isArray(amr) ? amr.map((method) => Object(method).timestamp).filter((at) => at !== undefined) : []

/** Entering a code later, or renewing the token, does not make a session younger. */
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
