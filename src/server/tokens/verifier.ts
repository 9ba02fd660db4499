/**
 * For other services, which know nothing of the server but where its public keys are: docs/keys.md#tokens-elsewhere.
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

/** Whose tokens to take. `environmentId` is the server's, which stands in `aud`. */
export interface VerifierOptions {
  /** Such as `https://id.example.com/.well-known/jwks.json`, or `http:` on this machine. Its answer is kept for five minutes. */
  jwksUrl: string
  /** The server's `issuer`. */
  issuer: string
  environmentId: string
  /**
   * Consumes a single-use elevation: resolves to `true` for exactly one caller per `jti`, on all of the service's nodes (one
   * `insert` into a table of its own). Without it, a single-use elevation is refused.
   */
  consumeToken?: (token: { jti: string; expiresAt: number }) => Promise<boolean>
  /** Epoch milliseconds. @default Date.now */
  clock?: () => number
}

const rules: OptionRules = {
  jwksUrl: required(jwksUrlOption),
  issuer: required(text("the server's issuer")),
  environmentId: required(text("the server's environmentId")),
  consumeToken: functionThat('consumes a single-use elevation'),
  clock: clockOption,
}

/** Reads the service's tokens elsewhere, by its published keys alone. */
export interface Verifier {
  /**
   * The user and session of a session token; rejects with `unauthenticated`. Look at `session.mfaOwed`, and at the age of
   * `session.verifiedAt`, before trusting it with much. That a session was ended, or its device removed, no key can tell: a
   * token is good until its `expiresAt`, 12 hours at most.
   */
  session(token: string): Promise<{ user: User; session: Session }>
  /**
   * The rights in an elevated token of `userId` for `scope`; rejects with `elevation_required` or `elevation_expired`. Give the
   * `id` of the session that brings it, if that is one of the server's: the token is good in the session that won it alone.
   */
  elevation(
    token: string,
    expected: {
      userId: string
      scope: string
      sessionId?: string
      /** What is about to be done, which the token must be bound to. Without, one that is bound is refused. */
      authorizationDetails?: AuthorizationDetails
      /** How long ago it may have been won, seconds. @default as long as it lasts */
      maxAge?: number
      /** The contexts of authentication that do: its `acr` must be one of them. @default any */
      acrValues?: readonly string[]
    },
  ): Promise<ElevatedToken>
}

/** For services other than the issuer of the tokens: checks them without asking it for more than its keys. */
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
