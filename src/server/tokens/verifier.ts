/**
 * Verifies tokens in other services, which know only the URL of the server's public keys: docs/keys.md#tokens-elsewhere.
 *
 * @module totp-flow/server/verify
 */
import { createRemoteJWKSet } from 'jose'
import { JWKSMultipleMatchingKeys, JWKSNoMatchingKey, JWKSTimeout } from 'jose/errors'
import type { AuthorizationDetails } from '../../contract/approval.ts'
import { TotpFlowError } from '../../contract/errors.ts'
import {
  assertOptions,
  clockOption,
  functionThat,
  jwksUrlOption,
  type OptionRules,
  required,
  text,
} from '../../contract/options.ts'
import type { User } from '../identity/identity.ts'
import { assertBoundTo } from './authorization-details.ts'
import { type ElevatedToken, readElevated, readSession, type Session, type TokenBinding } from './claims.ts'
import { isOfContext, isRecent } from './recency.ts'
import { JWKS_MAX_AGE_SECONDS } from './signing-keys.ts'
import { createVerifiedTokens } from './verified-tokens.ts'

export type { ElevatedToken, Session, User }

/** Which tokens to accept. */
export interface VerifierOptions {
  /**
   * The URL of the server's public keys, such as `https://id.example.com/.well-known/jwks.json`. `http:` is accepted only for
   * this machine. The keys are cached for five minutes.
   */
  jwksUrl: string
  /** The server's `tokenIssuer` (by default its `issuer`), the `iss` of tokens. */
  issuer: string
  /** The server's `environmentId`, which is part of `aud`. */
  environmentId: string
  /**
   * Consumes a single-use elevation: resolves to `true` for exactly one caller per `jti` across all nodes of the
   * service, for example by an `insert` into a table with a unique `jti`. Keep rows until `expiresAt` (epoch
   * milliseconds). Without this function, single-use elevations are rejected.
   */
  consumeToken?: (token: { jti: string; expiresAt: number }) => Promise<boolean>
  /** Returns epoch milliseconds. @default Date.now */
  clock?: () => number
}

const rules: OptionRules = {
  jwksUrl: required(jwksUrlOption),
  issuer: required(text("the server's tokenIssuer, else its issuer")),
  environmentId: required(text("the server's environmentId")),
  consumeToken: functionThat('consumes a single-use elevation'),
  clock: clockOption,
}

/** Verifies the server's tokens with its published keys alone, without calling the server for each token. */
export interface Verifier {
  /**
   * Verifies a session token and returns its user and session. Rejects with `unauthenticated`, or with `network` or
   * `timeout` if the keys cannot be fetched. Check `session.mfaOwed` and the age of `session.verifiedAt` before you
   * allow anything sensitive. A key cannot show that a session ended or that its device was removed: a token stays
   * valid until its `expiresAt`, at most 12 hours.
   */
  session(token: string): Promise<{ user: User; session: Session }>
  /**
   * Verifies that an elevated token belongs to `userId` and covers `scope`, consumes it if it is single-use, and
   * returns its claims. Rejects with `elevation_required` or `elevation_expired`, or with `network` or `timeout` if the
   * keys cannot be fetched. Pass the `id` of the caller's session if it is one of the server's: the token is valid only
   * in the session that obtained it.
   */
  elevation(
    token: string,
    expected: {
      userId: string
      scope: string
      sessionId?: string
      /** The action about to be done, to which the token must be bound. Without it, a bound token is rejected. */
      authorizationDetails?: AuthorizationDetails
      /** The maximum age of the elevation, seconds. @default its lifetime */
      maxAge?: number
      /** The accepted authentication contexts: the token's `acr` must be one of them. @default any */
      acrValues?: readonly string[]
    },
  ): Promise<ElevatedToken>
}

/**
 * Verifies tokens in a service other than their issuer. Contacts the issuer only for its public keys, and not before the
 * first token. Throws a `TypeError` that names an option if it is missing, unknown or invalid.
 *
 * @example
 * ```ts
 * import { createVerifier } from 'totp-flow/server/verify'
 *
 * const verifier = createVerifier({
 *   jwksUrl: 'https://id.example.com/.well-known/jwks.json',
 *   issuer: 'Example',
 *   environmentId: 'default',
 * })
 *
 * async function signedIn(token: string) {
 *   const { user, session } = await verifier.session(token)
 *   return session.mfaOwed ? null : user
 * }
 * ```
 */
export function createVerifier(options: VerifierOptions): Verifier {
  assertOptions(options, rules)
  const { jwksUrl, issuer, environmentId, consumeToken, clock = Date.now } = options
  const remote = createRemoteJWKSet(new URL(jwksUrl), {
    cacheMaxAge: JWKS_MAX_AGE_SECONDS * 1000,
    cooldownDuration: 5_000,
  })
  const binding: TokenBinding = {
    issuer,
    environmentId,
    now: clock,
    known: createVerifiedTokens(),
    keyFor: async (header) => {
      try {
        return await remote(header)
      } catch (cause) {
        const isOfNoKey = cause instanceof JWKSNoMatchingKey || cause instanceof JWKSMultipleMatchingKeys
        if (isOfNoKey) throw cause
        throw new TotpFlowError(cause instanceof JWKSTimeout ? 'timeout' : 'network', { cause })
      }
    },
  }
  return {
    async session(token) {
      const found = await readSession(token, binding)
      if (!found) throw new TotpFlowError('unauthenticated')
      return found
    },
    async elevation(token, { userId, scope, sessionId, authorizationDetails, maxAge = Infinity, acrValues }) {
      const elevated = await readElevated(token, binding)
      const fits =
        elevated.userId === userId && elevated.scopes.includes(scope) && isOfContext(elevated.acr, acrValues)
      const isElsewhere = ![null, sessionId].includes(elevated.sessionId)
      if (!fits || (sessionId !== undefined && isElsewhere)) throw new TotpFlowError('elevation_required')
      if (!isRecent(elevated.issuedAt, maxAge * 1000, clock())) throw new TotpFlowError('elevation_expired')
      await assertBoundTo(elevated, authorizationDetails)
      const { singleUse, jti, expiresAt } = elevated
      if (singleUse && !(await consumeToken?.({ jti, expiresAt })))
        throw new TotpFlowError('elevation_required')
      return elevated
    },
  }
}
