import { type AuthorizationDetails, detailsOption } from '../contract/approval.ts'
import type { TotpBackend } from '../contract/backend.ts'
import { acrOption } from '../contract/challenge.ts'
import { TotpFlowError } from '../contract/errors.ts'
import type { Gate } from '../contract/gate.ts'
import { assertOptions, type OptionRules, text } from '../contract/options.ts'
import type { Scope } from '../contract/scopes.ts'
import { authenticate, gateOf } from './api/authenticate.ts'
import { backendFor } from './api/backend-for.ts'
import type { Caller, Service } from './api/service.ts'
import { atMostSoMany, createAudit } from './audit/audit.ts'
import { createReport, logError } from './audit/report.ts'
import { moveFactors } from './crypto/move-factors.ts'
import { type ResealProgress, reseal } from './crypto/reseal.ts'
import { createSecrets, hashToken, isGuessable, sealingKeyIn } from './crypto/secrets.ts'
import { addressOf, createAddressCounter, DEFAULT_ADDRESS_LIMIT } from './http/address-limit.ts'
import { answer } from './http/http.ts'
import {
  checkElevation,
  checkRecentMfa,
  type ElevatedHandler,
  type ElevationOptions,
  type GuardOptions,
  type RecentMfaOptions,
  requireElevation,
  requireRecentMfa,
} from './http/require-elevation.ts'
import { assertStorable, usableUser } from './identity/identify.ts'
import type { IdentifiedUser, User } from './identity/identity.ts'
import { assertUsable, type TotpServerOptions } from './options.ts'
import { rulesFrom } from './tokens/scope-policy.ts'
import { createSigningKeys, type RotateOptions } from './tokens/signing-keys.ts'
import { createTokens, LONGEST_SESSION_TOKEN_MS, longestTokenMs } from './tokens/tokens.ts'
import { type ExportedUser, type ExportOptions, exportUsers } from './transfer/export-users.ts'
import { type ImportOptions, type ImportSummary, importUsers } from './transfer/import-users.ts'
import type { UserToImport } from './transfer/read-user.ts'

/** The service. Mount its `fetch`, or call its methods in process. Any number of servers can share one store. */
export interface TotpServer {
  /** Prepares the store and the keys. Rejects with a readable reason if either fails. Otherwise the first `fetch` does this. */
  ready(): Promise<void>
  /**
   * Answers requests below `basePath`, and `/.well-known/jwks.json`, `/healthz` and `/readyz` both there and at the root.
   * docs/openapi.json describes the routes. Every failure is a JSON error with a `code`.
   */
  fetch(request: Request): Promise<Response>
  /**
   * Identifies the caller by our session token, your own credential or your session cookie. `gate` is what the caller
   * still owes before using the app, or `null` without `mfaRequired`. Rejects with `unauthenticated`, or with
   * `rate_limited` (see `retryAt`) after too many refused calls from one address; with `csrf_rejected` for a cookie
   * that another site could have sent; with `bad_request` if `identity` returns an invalid user, and with the error of
   * an `identity` that throws.
   *
   * @example
   * ```ts
   * import type { TotpServer } from 'totp-flow/server'
   *
   * declare const totp: TotpServer, request: Request
   * const { user, gate } = await totp.authenticate(request)
   * const mayUseApp = gate === null || gate.state === 'open'
   * ```
   */
  authenticate(request: Request): Promise<Caller & { gate: Gate | null }>
  /**
   * Guards a fetch handler of the host: requires the user's elevation for this scope, and consumes it if it is
   * single-use. If the elevation is missing, expired or bound to something else, the guard answers 401 with an RFC 9470
   * challenge and the code `elevation_required` or `elevation_expired`, and does not call the handler. It refuses a
   * caller who is not signed in as `authenticate` does. Throws a `TypeError` for an invalid option and for a scope that
   * the server's `scopes` do not allow.
   *
   * @example
   * ```ts
   * import type { TotpServer } from 'totp-flow/server'
   *
   * declare const totp: TotpServer
   * const exportKey = totp.requireElevation('wallet:export', { maxAge: 60 })((_request, user) =>
   *   Response.json({ keyOf: user.userId }),
   * )
   * ```
   */
  requireElevation(
    scope: Scope,
    options?: GuardOptions,
  ): (handler: ElevatedHandler) => (request: Request) => Promise<Response>
  /** Like `requireElevation`, without a handler: returns the user, or the response that refuses the request. */
  checkElevation(request: Request, scope: Scope, options?: ElevationOptions): Promise<User | Response>
  /**
   * Guards a fetch handler of the host by the age of the last verification in the session. Answers 401 with a `max_age`
   * challenge (RFC 9470 §3) if that is older, or if there was none. Accepts only session tokens of this server.
   */
  requireRecentMfa(
    options: RecentMfaOptions,
  ): (handler: ElevatedHandler) => (request: Request) => Promise<Response>
  /** Like `requireRecentMfa`, without a handler: returns the user, or the response that refuses the request. */
  checkRecentMfa(request: Request, options: RecentMfaOptions): Promise<User | Response>
  /**
   * Returns a backend for one user, in process and without HTTP. The host vouches for the user with every call. Throws
   * `bad_request` for an invalid `userId`.
   */
  backendFor(user: IdentifiedUser): TotpBackend
  /**
   * Mints an elevated token on the host's word alone, for example after a passkey. With `stepUp: { register: 'required'
   * }`, a first device requires one. The token is bound to `authorizationDetails`, and valid in the given session or,
   * without one, in every session of the user. Rejects with `scope_not_allowed` if `scopes` is empty or holds one that
   * the policy does not allow.
   */
  mintElevation(
    user: User,
    scopes: readonly Scope[],
    options?: {
      sessionId?: string
      authorizationDetails?: AuthorizationDetails
      /** The authentication context (`acr`), for guards with `acrValues`. */
      acr?: string
      /** A unique id of the proof. Each proof obtains one elevation; a second attempt rejects with `code_reused`. */
      proofId?: string
    },
  ): Promise<string>
  /**
   * Removes a user's authenticator and passkeys without proof, and ends all of the user's sessions. Resolves to `false`
   * if the user had neither. Verify the user's identity by other means and end the host's own sessions first.
   */
  resetUser(userId: string): Promise<boolean>
  /**
   * Moves a user's authenticator, recovery codes and passkeys to the user's new id, and ends all sessions of both ids.
   * Resolves to `false`, and changes nothing, if the user had neither authenticator nor passkey. Rejects with
   * `device_limit` if the new id has either. Rename the user at the host first.
   */
  renameUser(from: string, to: string): Promise<boolean>
  /**
   * Imports authenticators from another system (docs/moving.md), so that users need not scan again. A string is one line of
   * JSON. Each user is imported whole or refused. An existing authenticator is left as it is. With `dryRun`, only checks.
   *
   * @example
   * const onRefused = ({ line, reason }: RefusedUser) => console.error(`line ${line} ${reason}`)
   * const { refused } = await server.importUsers(users, { dryRun: true, onRefused })
   * if (refused === 0) await server.importUsers(users)
   */
  importUsers(
    users: AsyncIterable<UserToImport | string> | Iterable<UserToImport | string>,
    options?: ImportOptions,
  ): Promise<ImportSummary>
  /** Yields all users with their secrets in plain text, in the form `importUsers` takes. Anyone who has them can make codes. */
  exportUsers(options?: ExportOptions): AsyncGenerator<ExportedUser, void, undefined>
  /** Ends the waits and the lock after a user's wrong codes. Resolves to `false` if the user has no authenticator. */
  unlockUser(userId: string): Promise<boolean>
  /** Ends one session, by the id that `authenticate` returns and the token holds as `sid`. */
  endSession(sessionId: string): Promise<void>
  /** Ends all current sessions of a user, and the elevations obtained in them. */
  endSessions(userId: string): Promise<void>
  /** Ends every user's sessions that began before a past time (epoch milliseconds), for example after a leak. */
  endAllSessions(options: { before: number }): Promise<void>
  /** Adds a signing key; see docs/keys.md. */
  rotateSigningKey(options?: RotateOptions): Promise<{ kid: string; signsFrom: number; dropped: string[] }>
  /**
   * Reseals everything under the first master key while servers run. Returns how many values it resealed, and how many
   * it could not open.
   */
  reseal(onProgress?: (progress: ResealProgress) => void): Promise<ResealProgress>
  /**
   * Makes `/readyz` answer 503 from now on, so that a load balancer sends no new requests. Requests that still arrive
   * are answered.
   */
  drain(): void
  /** Closes the store without waiting for anything. Stop accepting requests first. */
  close(): Promise<void>
}

const mintRules: OptionRules = {
  sessionId: text('the id of a session'),
  authorizationDetails: detailsOption,
  acr: acrOption,
  proofId: text('a unique name for what proved it'),
}
const SWEEP_EVERY_MS = 60_000
/** Longer than any provider's authentication counts as recent. */
const PROOF_IS_REMEMBERED_MS = 2 * 24 * 3600_000
const DEFAULT_MFA_MAX_AGE_SECONDS = 24 * 3600
const mfaRequirement = (required: TotpServerOptions['mfaRequired'] = false) => {
  if (required === 'enrolled') return { required: true, graceUntil: Number.POSITIVE_INFINITY }
  if (typeof required === 'boolean') return { required, graceUntil: 0 }
  return { required: true, graceUntil: Date.parse(required.graceUntil) }
}

/**
 * Creates the service as a fetch handler, for any runtime. Throws a `TypeError` that names the option if one is
 * missing, unknown or invalid, for example a malformed key. Opens nothing: call `ready()` to find out at startup
 * whether the store works.
 *
 * @example
 * ```ts
 * import { createTotpServer, memoryStore } from 'totp-flow/server'
 * import { jwksIdentity } from 'totp-flow/server/node'
 *
 * declare const masterKey: string // 32 random bytes as base64
 * const totp = createTotpServer({
 *   store: memoryStore(), // for tests: sqliteStore or postgresStore in production
 *   issuer: 'Example',
 *   masterKey,
 *   identity: jwksIdentity({
 *     jwksUrl: 'https://login.example.com/.well-known/jwks.json',
 *     issuer: 'https://login.example.com',
 *     audience: 'my-app',
 *   }),
 * })
 * const answer = await totp.fetch(new Request('https://id.example.com/healthz'))
 * ```
 */
export function createTotpServer(options: TotpServerOptions): TotpServer {
  assertUsable(options)
  const { store, issuer, environmentId = 'default', basePath = '/api/v0', clock: now = Date.now } = options
  const { algorithm = 'EdDSA', tokenIssuer = issuer } = options
  const scopes = rulesFrom(options.scopes ?? {})
  if (typeof options.masterKey === 'string' && isGuessable(options.masterKey)) {
    console.warn(
      isGuessable(sealingKeyIn(options.masterKey))
        ? 'totp-flow: masterKey is text or a pattern, which others can guess. Put a random one in front of it: openssl rand -base64 32'
        : 'totp-flow: a key after the first in masterKey is text or a pattern, which others can guess. Call reseal(), then remove that key.',
    )
  }
  const secrets = createSecrets(options.masterKey)
  const report = createReport(options.onError ?? logError)
  const audit = createAudit(options.onEvent ?? (() => {}), now, report)
  const keys = createSigningKeys({
    store,
    secrets,
    algorithm,
    longestTokenMs: longestTokenMs(scopes),
    now,
    audit,
  })
  const { clientAddress = addressOf } = options

  let isDraining = false
  let preparing: Promise<void> | undefined
  let sweptAt = now()
  const ready = async () => {
    preparing ??= store
      .prepare()
      .then(() => keys.prepare())
      .catch((error: unknown) => {
        preparing = undefined // so that the next request tries again
        throw error
      })
    await preparing
    if (Math.abs(now() - sweptAt) < SWEEP_EVERY_MS) return
    sweptAt = now()
    store.sweep(sweptAt).catch((error: unknown) => report(error)) // the next sweep covers what this one missed
  }

  const countRefused = createAddressCounter({
    store,
    limit: options.addressLimit ?? DEFAULT_ADDRESS_LIMIT,
    clientAddress: options.clientAddress ?? addressOf,
    now,
    audit,
  })
  const service: Service = {
    ready,
    store,
    secrets,
    keys,
    tokens: createTokens({ keys, issuer: tokenIssuer, environmentId, scopes, now }),
    issuer,
    environmentId,
    identity: options.identity ?? (() => null),
    cookieIdentity: options.cookieIdentity,
    origins: options.corsOrigins ?? [],
    stepUp: {
      register: 'none',
      delete: 'elevation-or-mfa-token',
      enrollment: 'requested-scopes',
      ...options.stepUp,
    },
    mfa: {
      ...mfaRequirement(options.mfaRequired),
      maxAge: (options.mfaMaxAge ?? DEFAULT_MFA_MAX_AGE_SECONDS) * 1000,
      idleTimeout: (options.mfaIdleTimeout ?? Number.POSITIVE_INFINITY) * 1000,
    },
    passkeys: options.passkeys,
    acr: options.acr,
    removalEndsOthers: options.endSessionsOnRemoval ?? false,
    addressOf: clientAddress,
    countRefused,
    reach: atMostEverySecond(async () => {
      await ready()
      await store.ping('write')
    }),
    isDraining: () => isDraining,
    now,
    audit,
    auditRefusal: atMostSoMany(audit, now),
    report,
  }

  const consumeProof = async (userId: string, proofId: string) =>
    store.consumeToken({
      jti: await hashToken(JSON.stringify(['proof', userId, proofId])),
      expiresAt: now() + PROOF_IS_REMEMBERED_MS,
    })

  return {
    ready,
    fetch: (request) => answer(service, basePath, request),
    async authenticate(request) {
      await ready()
      const caller = await authenticate(service, request)
      return { user: caller.user, session: caller.session, gate: gateOf(service, caller) }
    },
    requireElevation: (scope, given) => requireElevation(service, scope, given),
    checkElevation: (request, scope, given) => checkElevation(service, scope, request, given),
    requireRecentMfa: (given) => requireRecentMfa(service, given),
    checkRecentMfa: (request, given) => checkRecentMfa(service, request, given),
    backendFor: (user) => backendFor(service, user),
    async mintElevation(given, wanted, { proofId, ...options } = {}) {
      const user = usableUser(given)
      assertOptions({ ...options, ...(proofId !== undefined && { proofId }) }, mintRules)
      await ready()
      if (wanted.length === 0) throw new TotpFlowError('scope_not_allowed')
      service.tokens.checkScopes(wanted)
      const { rules } = await store.standing(user.userId, null)
      if (proofId !== undefined && !(await consumeProof(user.userId, proofId)))
        throw new TotpFlowError('code_reused')
      return service.tokens.mintElevated(user, wanted, { ...options, generation: rules.generation })
    },
    async resetUser(userId) {
      assertStorable(userId)
      await ready()
      const isReset = await store.resetUser({ userId, now: now() })
      audit({ type: 'sessions_ended', userId })
      if (isReset) audit({ type: 'reset', userId })
      return isReset
    },
    async renameUser(from, to) {
      assertStorable(from)
      assertStorable(to)
      if (from === to) throw new TotpFlowError('bad_request', { message: 'Both ids are the same.' })
      await ready()
      const isMoved = await moveFactors({ store, secrets }, { from, to, now: now() })
      if (!isMoved) return false
      for (const userId of [from, to]) audit({ type: 'sessions_ended', userId })
      audit({ type: 'renamed', userId: to, from })
      return true
    },
    async importUsers(users, options) {
      await ready()
      return importUsers({ store, secrets, now, audit }, users, options)
    },
    async *exportUsers(options) {
      await ready()
      let count = 0
      try {
        for await (const user of exportUsers({ store, secrets }, options)) {
          count += 1
          yield user
        }
      } finally {
        audit({ type: 'exported', count })
      }
    },
    async unlockUser(userId) {
      assertStorable(userId)
      await ready()
      const isUnlocked = await store.unlock(userId)
      if (isUnlocked) audit({ type: 'unlocked', userId })
      return isUnlocked
    },
    async endSession(sessionId) {
      if (!/^[\w-]{1,64}$/.test(sessionId))
        throw new TotpFlowError('bad_request', { message: 'That is not a session id.' })
      await ready()
      const expiresAt = now() + LONGEST_SESSION_TOKEN_MS
      if (await store.consumeToken({ jti: sessionId, expiresAt }))
        audit({ type: 'sessions_ended' }, { sessionId })
    },
    async endSessions(userId) {
      assertStorable(userId)
      await ready()
      await store.endSessions({ userId, now: now() })
      audit({ type: 'sessions_ended', userId })
    },
    async endAllSessions({ before }) {
      if (!Number.isFinite(before) || before > now()) {
        const message = 'before must be a past time in epoch milliseconds.'
        throw new TotpFlowError('bad_request', { message })
      }
      await ready()
      await store.endSessionsBefore(Math.floor(before))
      audit({ type: 'sessions_ended', before })
    },
    async rotateSigningKey(given) {
      await ready()
      const rotated = await keys.rotate(given)
      audit({ type: 'signing_key_rotated', ...rotated })
      return rotated
    },
    async reseal(onProgress) {
      await ready()
      const resealed = await reseal({ store, secrets }, onProgress)
      audit({ type: 'secrets_resealed', count: resealed.done })
      return resealed
    },
    drain() {
      isDraining = true
    },
    async close() {
      countRefused.close()
      await store.close()
    },
  }
}

/** Anyone can call the health check, so it queries the store at most once a second. */
function atMostEverySecond(ask: () => Promise<void>): () => Promise<void> {
  let askedAt = Number.NEGATIVE_INFINITY
  let answer = Promise.resolve()
  return () => {
    if (performance.now() - askedAt >= 1000) {
      askedAt = performance.now()
      answer = ask()
    }
    return answer
  }
}
