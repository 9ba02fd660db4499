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
import { createSecrets, hashToken } from './crypto/secrets.ts'
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

/** The service, mounted by its `fetch` or asked directly. Any number of them may share one store. */
export interface TotpServer {
  /** Prepares the store and the keys, and rejects in words if either cannot work. `fetch` does it by itself otherwise. */
  ready(): Promise<void>
  /**
   * Answers what is below `basePath`, and there or at the root `/.well-known/jwks.json`, `/healthz` and `/readyz`; every failure
   * is a JSON error with a `code`. The calls are those of docs/openapi.json.
   */
  fetch(request: Request): Promise<Response>
  /**
   * Who asks, by our session token or the host's own credential, and what they owe before they may go on (`null` without
   * `mfaRequired`); rejects with `unauthenticated`.
   */
  authenticate(request: Request): Promise<Caller & { gate: Gate | null }>
  /** Guards a fetch handler of the host: `server.requireElevation('wallet:export')((request, user) => …)`. */
  requireElevation(
    scope: Scope,
    options?: GuardOptions,
  ): (handler: ElevatedHandler) => (request: Request) => Promise<Response>
  /** The same as a question: the user, or the answer that refuses. */
  checkElevation(request: Request, scope: Scope, options?: ElevationOptions): Promise<User | Response>
  /**
   * Guards a fetch handler of the host by the age of the last verification in the session: `401` with a `max_age` challenge
   * (RFC 9470) where that is older, or there was none. Takes session tokens of this server.
   */
  requireRecentMfa(
    options: RecentMfaOptions,
  ): (handler: ElevatedHandler) => (request: Request) => Promise<Response>
  /** The same as a question: the user, or the answer that refuses. */
  checkRecentMfa(request: Request, options: RecentMfaOptions): Promise<User | Response>
  /**
   * The port for one user, in process, with no HTTP in between: the host vouches for the user with every call. Throws
   * `bad_request` at a `userId` that cannot be one.
   */
  backendFor(user: IdentifiedUser): TotpBackend
  /**
   * An elevated token on the host's own word, such as after a passkey; `stepUp: { register: 'required' }` needs it for a first
   * device. Bound to the details named, if any. Good in the session named, else in any of the user. Rejects with `scope_not_allowed` without scopes, or with one
   * that the policy has not.
   */
  mintElevation(
    user: User,
    scopes: readonly Scope[],
    options?: {
      sessionId?: string
      authorizationDetails?: AuthorizationDetails
      /** The context of authentication, for guards with `acrValues`. */
      acr?: string
      /** What proved it, by a name of its own: it wins one elevation, and the next try rejects with `code_reused`. */
      proofId?: string
    },
  ): Promise<string>
  /**
   * Frees a user of authenticator and passkeys without a proof, when the host has made sure by other means who it is, and ends all
   * of the user's sessions; `false` when there was neither. End the host's own sessions before.
   */
  resetUser(userId: string): Promise<boolean>
  /**
   * Gives a user's authenticator with its recovery codes, and passkeys, to the id that the user has from now on, and ends all
   * sessions of both ids; `false` when there was neither, and then nothing changed. Rejects with `device_limit` if the new id
   * has either. Rename at the host first.
   */
  renameUser(from: string, to: string): Promise<boolean>
  /**
   * Takes over authenticators from another system (docs/moving.md), so that users need not scan again. A text is one line of
   * JSON. Each user is imported whole or refused; an authenticator that is there is left as it is. With `dryRun` it only checks.
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
  /** All users with their secrets in the clear, as `importUsers` of another instance takes them: anybody who has them can make codes. */
  exportUsers(options?: ExportOptions): AsyncGenerator<ExportedUser, void, undefined>
  /** Ends the waits and the lock after a user's wrong codes; `false` when there is no authenticator. */
  unlockUser(userId: string): Promise<boolean>
  /** Ends one session, by the id that `authenticate` and the token's `sid` tell. */
  endSession(sessionId: string): Promise<void>
  /** Ends all sessions of a user that there are, and what was won in them. */
  endSessions(userId: string): Promise<void>
  /** Ends the sessions of all users that began before a past moment (epoch milliseconds), for example after a leak. */
  endAllSessions(options: { before: number }): Promise<void>
  /** Adds a signing key; see docs/keys.md. */
  rotateSigningKey(options?: RotateOptions): Promise<{ kid: string; signsFrom: number; dropped: string[] }>
  /** Reseals everything under the first master key while servers run; answers how many values, and how many do not open. */
  reseal(onProgress?: (progress: ResealProgress) => void): Promise<ResealProgress>
  /** From now on `/readyz` answers 503, so that a load balancer sends nothing new here; what comes all the same is answered. */
  drain(): void
  /** Closes the store, and waits for nothing: stop taking requests before. */
  close(): Promise<void>
}

const mintRules: OptionRules = {
  sessionId: text('the id of a session'),
  authorizationDetails: detailsOption,
  acr: acrOption,
  proofId: text('the name of what proved it'),
}
const SWEEP_EVERY_MS = 60_000
/** Longer than an authentication at a provider counts as recent. */
const PROOF_IS_REMEMBERED_MS = 2 * 24 * 3600_000
const DEFAULT_MFA_MAX_AGE_SECONDS = 24 * 3600
const mfaRequirement = (required: TotpServerOptions['mfaRequired'] = false) =>
  typeof required === 'boolean'
    ? { required, graceUntil: 0 }
    : { required: true, graceUntil: Date.parse(required.graceUntil) }

/**
 * The service as a fetch handler, for any runtime. Throws where the options cannot work, such as a key that
 * is none.
 */
export function createTotpServer(options: TotpServerOptions): TotpServer {
  assertUsable(options)
  const { store, issuer, environmentId = 'default', basePath = '/api/v0', clock: now = Date.now } = options
  const { algorithm = 'EdDSA', tokenIssuer = issuer } = options
  const scopes = rulesFrom(options.scopes ?? {})
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
    store.sweep(sweptAt).catch((error: unknown) => report(error)) // the next one does what this one could not
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
        throw new TotpFlowError('bad_request', { message: 'That is no session id.' })
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
        const message = 'Give a moment that is past, in epoch milliseconds.'
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

/** Strangers may ask as often as they like; what is asked for them stays the same. */
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
