import { acrOption } from '../contract/challenge.ts'
import {
  assertOptions,
  clockOption,
  functionThat,
  isPlain,
  type OptionRule,
  type OptionRules,
  objectOf,
  oneOf,
  required,
  trueOrFalse,
  wholeNumber,
} from '../contract/options.ts'
import type { StepUpPolicy } from './api/service.ts'
import type { AuditEvent } from './audit/audit.ts'
import type { ErrorContext } from './audit/report.ts'
import type { MasterKeys } from './crypto/secrets.ts'
import type { AddressLimit } from './http/address-limit.ts'
import type { CookieIdentity, Identity } from './identity/identity.ts'
import type { Passkeys } from './passkeys/passkeys.ts'
import { memoryStore } from './store/memory.ts'
import type { Store } from './store/store.ts'
import type { ScopePolicy } from './tokens/scope-policy.ts'
import type { SigningAlgorithm } from './tokens/signing-keys.ts'

/** Options of {@link createTotpServer}. Required: a store, an issuer, a master key, and `identity` or `cookieIdentity`. */
export interface TotpServerOptions {
  /**
   * `memoryStore`, `sqliteStore` of `totp-flow/server/sqlite`, `postgresStore` of `totp-flow/server/postgres`, or your
   * own store.
   */
  store: Store
  /** The name that authenticator apps show: no control characters, at most 400 characters when URL-encoded. */
  issuer: string
  /** The `iss` of tokens. If the product is renamed, keep the old value: changing it ends every session. @default the issuer */
  tokenIssuer?: string
  /** Encrypts the stored secrets: 32 random bytes as base64. During a rotation, the new key followed by the old one. */
  masterKey: MasterKeys
  /**
   * Resolves a credential to a user, at sign-in and for every bearer token that is not one of our session tokens.
   * `null` becomes `invalid_external_auth` at sign-in and `unauthenticated` elsewhere; a rejection becomes `server`.
   * Required without `cookieIdentity`.
   */
  identity?: Identity
  /**
   * Signs users in by your own session cookie. Called for each request without `Authorization: Bearer` that has the
   * header `x-totp-flow` and comes from the server's own origin or one of `corsOrigins`. Other requests with a cookie
   * are rejected with `csrf_rejected` (docs/security.md#cookies).
   */
  cookieIdentity?: CookieIdentity
  /** The `aud` of tokens, and part of every path: 1 to 64 of letters, digits and `-._~`, no dot first. @default 'default' */
  environmentId?: string
  /** The path before `/sdk/{environmentId}`, without a trailing slash. @default '/api/v0' */
  basePath?: string
  /** Your scopes, in addition to Dynamic's: `{ 'invoice:pay': { singleUse: true } }`. */
  scopes?: ScopePolicy
  /** The proof that registering and removing require. */
  stepUp?: Partial<StepUpPolicy>
  /**
   * Whether a session owes a second factor (`requiresAdditionalAuth` in its scope) until a code is verified in it. With `'enrolled'`,
   * only the sessions of users who have a factor do. With `graceUntil`, an RFC 3339 date and time such as `2027-01-31T00:00:00Z`,
   * users without a factor owe none until then.
   * @default false
   */
  mfaRequired?: boolean | 'enrolled' | { graceUntil: string }
  /**
   * The authentication context (`acr`, RFC 9470 §6.1) that tokens name after a verified code, such as
   * `https://refeds.org/profile/mfa`. Guards with `acrValues` check it. @default none
   */
  acr?: string
  /** Accepts passkeys as well as authenticator apps: `passkeys` of `totp-flow/server/passkeys`. @default none */
  passkeys?: Passkeys
  /** How long a verification counts in its session, 1 to 2,592,000 seconds. @default 86_400 (NIST SP 800-63B-4 §2.2.3) */
  mfaMaxAge?: number
  /**
   * How long a session may go without a new token (a refresh, a verification) before it owes a factor again, 1 to
   * 2,592,000 seconds.
   * @default none: a token lasts 12 hours anyway
   */
  mfaIdleTimeout?: number
  /**
   * Whether removing a device ends all other sessions of the user. If not, they only lose their verification.
   * @default false
   */
  endSessionsOnRemoval?: boolean
  /** The algorithm of new signing keys. @default 'EdDSA' */
  algorithm?: SigningAlgorithm
  /**
   * The origins whose pages may call the server, with your session cookie if there is a `cookieIdentity`. They may also
   * call handlers behind `requireElevation`. Handlers behind the guards for Express and Hono use the framework's own
   * CORS, which must allow the headers `x-dyn-elevated-access-token` and, with cookies, `x-totp-flow`.
   * @default none: only pages of the same origin
   */
  corsOrigins?: readonly string[]
  /** The limit of refused calls for each client address. @default 120 in 60 seconds */
  addressLimit?: AddressLimit
  /**
   * Returns the client address of a request.
   * @default `request.ip`, set by the listener; without it, addresses are not limited
   */
  clientAddress?: (request: Request) => string | undefined
  /** Returns epoch milliseconds. @default Date.now */
  clock?: () => number
  /** Receives audit events. They hold no secrets. */
  onEvent?: (event: AuditEvent) => void
  /**
   * Receives failures on the server's side, with their cause: an `identity` that throws, an unreachable store, an
   * `onEvent` that throws. Tokens, codes and cookies of the request are hidden in them.
   * @default console.error
   */
  onError?: (error: Error, context: ErrorContext) => void
}

/** RFC 3339 with an offset: without one, each machine would read a different time. */
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/
export const isMoment = (text: unknown): text is string =>
  typeof text === 'string' && MOMENT.test(text) && !Number.isNaN(Date.parse(text))

/** It is part of every path. */
const ENVIRONMENT_ID = /^[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,63}$/
export const isEnvironmentId = (text: string) => ENVIRONMENT_ID.test(text)

/** Scheme, host and port as browsers send them, without a path or wildcard. Apps (Capacitor, Tauri) have their own schemes. */
export const isOrigin = (text: string) =>
  URL.canParse(text) &&
  !text.includes('*') &&
  (new URL(text).origin === text || /^(?!https?:)[a-z][a-z0-9+.-]*:\/\/[^/?#\s*]+$/.test(text))

/** URL-encoded: the `otpauth:` URI holds the issuer twice, and must fit into a QR code. */
const LONGEST_ISSUER = 400

export const isIssuer = (text: unknown) =>
  typeof text === 'string' &&
  text.trim() !== '' &&
  text.isWellFormed() &&
  !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text) &&
  encodeURIComponent(text).length <= LONGEST_ISSUER

export const isBasePath = (text: unknown) =>
  typeof text === 'string' &&
  /^(\/[^/?#]+)*$/.test(text) &&
  new URL(`http://host${text}`).pathname === (text || '/')

/** A store with every method that this server's own stores have. */
const store: OptionRule = {
  takes: 'memoryStore(), sqliteStore(…), postgresStore(…), or an object with all methods of a Store',
  fits: (value) => {
    if (typeof value !== 'object' || value === null) return false
    return Object.keys(memoryStore()).every((verb) => verb in value)
  },
}

const DAY_SECONDS = 86_400
const LONGEST_SESSION_SECONDS = 30 * DAY_SECONDS

/** Options of `createTotpServer`. The master keys and the scopes are checked where they are read. */
const serverRules: OptionRules = {
  store: required(store),
  issuer: required({
    takes:
      'the name for authenticator apps to show, without control characters and short enough for a QR code',
    fits: isIssuer,
  }),
  tokenIssuer: { takes: 'a name or a URL, without control characters', fits: isIssuer },
  masterKey: required({
    takes: '32 random bytes as base64, or a function that returns them',
    fits: (value) => typeof value === 'string' || typeof value === 'function',
  }),
  identity: functionThat('resolves a credential to a user'),
  cookieIdentity: functionThat('resolves a request with your session cookie to a user'),
  environmentId: {
    takes: 'letters, digits, and -._~ (no dot at the start), at most 64',
    fits: (value) => typeof value === 'string' && isEnvironmentId(value),
  },
  basePath: { takes: 'a path such as /api/v0, with no slash at the end', fits: isBasePath },
  scopes: {
    takes: "an object of rules, such as { 'invoice:pay': { singleUse: true } }",
    fits: isPlain,
  },
  stepUp: objectOf({
    register: oneOf('none', 'recent-sign-in', 'required'),
    delete: oneOf('elevation', 'elevation-or-mfa-token'),
    enrollment: oneOf('requested-scopes', 'nothing'),
  }),
  mfaRequired: {
    takes:
      "true, false, 'enrolled', or { graceUntil: '2027-01-31T00:00:00Z' }: a date, a time, and Z or an offset",
    fits: (value) =>
      typeof value === 'boolean' ||
      value === 'enrolled' ||
      (isPlain(value) &&
        Object.keys(Object(value)).join() === 'graceUntil' &&
        isMoment(Object(value).graceUntil)),
  },
  acr: acrOption,
  passkeys: {
    takes: "what passkeys({ rpId, origins }) of 'totp-flow/server/passkeys' returns",
    fits: (value) => isPlain(value) && typeof Object(value).verifyAssertion === 'function',
  },
  mfaMaxAge: wholeNumber(1, LONGEST_SESSION_SECONDS),
  mfaIdleTimeout: wholeNumber(1, LONGEST_SESSION_SECONDS),
  endSessionsOnRemoval: trueOrFalse,
  algorithm: oneOf('EdDSA', 'ES256'),
  corsOrigins: {
    takes: 'a list of origins such as https://app.example.com, with no path',
    fits: (value) =>
      Array.isArray(value) && value.every((origin) => typeof origin === 'string' && isOrigin(origin)),
  },
  addressLimit: objectOf({
    calls: required(wholeNumber(1, 1_000_000)),
    windowSeconds: required(wholeNumber(1, DAY_SECONDS)),
  }),
  clientAddress: functionThat('returns the client address of a request'),
  clock: clockOption,
  onEvent: functionThat('receives events'),
  onError: functionThat('receives errors'),
}

/** Throws at once for options that would otherwise fail later, far from their cause. */
export function assertUsable(options: TotpServerOptions): void {
  assertOptions(options, serverRules)
  if (!options.identity && !options.cookieIdentity)
    throw new TypeError(
      'identity takes a function that resolves a credential to a user. Pass it, cookieIdentity, or both.',
    )
}
