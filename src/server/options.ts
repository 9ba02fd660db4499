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

/** What a server stands on: a store, a key, and who users are. The rest has a default. */
export interface TotpServerOptions {
  /** `memoryStore`, `sqliteStore` of `totp-flow/server/sqlite`, `postgresStore` of `totp-flow/server/postgres`, or your own. */
  store: Store
  /** The name that authenticator apps show. */
  issuer: string
  /** The `iss` of tokens. Keep it when the product gets another name, or every session ends. @default the issuer */
  tokenIssuer?: string
  /** 32 bytes as base64: encrypts what is stored. During a rotation, the new one and then the old one. */
  masterKey: MasterKeys
  /**
   * Resolves a credential to a user: at sign-in, and for every credential that is not one of our session tokens. `null` is
   * answered with `invalid_external_auth` at sign-in, otherwise with `unauthenticated`; a rejection with `server`. Required
   * without `cookieIdentity`.
   */
  identity?: Identity
  /**
   * Signs users in by your own session cookie: asked for each request without `Authorization: Bearer`, provided that it comes
   * with the header `x-totp-flow` and from the server's own origin or one of `corsOrigins`. Anything else is answered with
   * `csrf_rejected` (docs/security.md#cookies).
   */
  cookieIdentity?: CookieIdentity
  /** The `aud` of tokens, and part of every path. @default 'default' */
  environmentId?: string
  /** What stands before `/sdk/{environmentId}`. @default '/api/v0' */
  basePath?: string
  /** The host's, in addition to Dynamic's: `{ 'invoice:pay': { singleUse: true } }`. */
  scopes?: ScopePolicy
  /** What registering and removing take. */
  stepUp?: Partial<StepUpPolicy>
  /**
   * Whether a session owes a second factor (`requiresAdditionalAuth` in its scope) until a code was verified in it. With
   * `graceUntil`, a date and time such as `2027-01-31T00:00:00Z`, users who have no app are let in until then. @default false
   */
  mfaRequired?: boolean | { graceUntil: string }
  /**
   * What tokens name the context of authentication of a verified code (`acr`, RFC 9470 §6.2), for guards here and elsewhere that
   * take `acrValues`: such as `https://refeds.org/profile/mfa`. @default none
   */
  acr?: string
  /** Takes passkeys beside the authenticator app: `passkeys` of `totp-flow/server/passkeys`. @default none */
  passkeys?: Passkeys
  /** How long a verification counts in its session, seconds; then a session owes a factor again. @default 86_400 (NIST SP 800-63B-4 §2.2.3) */
  mfaMaxAge?: number
  /**
   * How long a session may go without a new token (a refresh, a verification) before it owes a factor again, seconds.
   * @default none shorter than the 12 hours that a token lasts
   */
  mfaIdleTimeout?: number
  /** Whether removing a device ends all other sessions of the user. Without, they lose their verification alone. @default false */
  endSessionsOnRemoval?: boolean
  /** What new signing keys are of. @default 'EdDSA' */
  algorithm?: SigningAlgorithm
  /**
   * The origins whose pages may call, with your session cookie if there is a `cookieIdentity`; the actions behind
   * `requireElevation` too: those behind the guards for Express and Hono
   * go by the framework's own CORS, which must let `x-dyn-elevated-access-token` (and `x-totp-flow`) in. @default none: those of the same origin
   */
  corsOrigins?: readonly string[]
  /** For refused calls. @default 120 in 60 seconds */
  addressLimit?: AddressLimit
  /** Where a request came from. @default what the listener noted as `request.ip`; without it there is no limit by address */
  clientAddress?: (request: Request) => string | undefined
  /** Epoch milliseconds. @default Date.now */
  clock?: () => number
  /** Audit events, without secrets. */
  onEvent?: (event: AuditEvent) => void
  /**
   * Receives what failed on your side, with its cause: an `identity` that throws, a store that cannot be reached, an `onEvent`
   * that throws. Tokens, codes and cookies of the request are hidden in it. @default console.error
   */
  onError?: (error: Error, context: ErrorContext) => void
}

/** RFC 3339: without an offset, each machine would take it for another moment. */
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/
export const isMoment = (text: unknown): text is string =>
  typeof text === 'string' && MOMENT.test(text) && !Number.isNaN(Date.parse(text))

/** It is part of every path. */
const ENVIRONMENT_ID = /^[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,63}$/
export const isEnvironmentId = (text: string) => ENVIRONMENT_ID.test(text)

/** Scheme, host and port, as a browser says them: with no path, and no star. Apps (Capacitor, Tauri) have schemes of their own. */
export const isOrigin = (text: string) =>
  URL.canParse(text) &&
  !text.includes('*') &&
  (new URL(text).origin === text || /^(?!https?:)[a-z][a-z0-9+.-]*:\/\/[^/?#\s*]+$/.test(text))

/** As a URI has it, where it stands twice. */
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

/** Every verb that this server's own stores have. */
const store: OptionRule = {
  takes: 'memoryStore(), sqliteStore(…), postgresStore(…), or an object with all verbs of a Store',
  fits: (value) => {
    if (typeof value !== 'object' || value === null) return false
    return Object.keys(memoryStore()).every((verb) => verb in value)
  },
}

const DAY_SECONDS = 86_400
const LONGEST_SESSION_SECONDS = 30 * DAY_SECONDS

/** What `createTotpServer` takes. The master keys and the scopes are checked where they are read. */
const serverRules: OptionRules = {
  store: required(store),
  issuer: required({
    takes:
      'the name that authenticator apps are to show, without control characters and short enough for a QR code',
    fits: isIssuer,
  }),
  tokenIssuer: { takes: 'a name or a URL, without control characters', fits: isIssuer },
  masterKey: required({
    takes: '32 random bytes as base64, or a function that tells them',
    fits: (value) => typeof value === 'string' || typeof value === 'function',
  }),
  identity: functionThat('tells the user of a credential'),
  cookieIdentity: functionThat('tells the user of a request with your session cookie'),
  environmentId: {
    takes: 'letters, digits, and -._~ (no dot at the start), 64 at most',
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
    takes: "true, false, or { graceUntil: '2027-01-31T00:00:00Z' }: a date, a time, and Z or an offset",
    fits: (value) =>
      typeof value === 'boolean' ||
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
  clientAddress: functionThat('tells where a request came from'),
  clock: clockOption,
  onEvent: functionThat('hears of events'),
  onError: functionThat('receives errors'),
}

/** Throws at options that would fail later, where nobody sees why. */
export function assertUsable(options: TotpServerOptions): void {
  assertOptions(options, serverRules)
  if (!options.identity && !options.cookieIdentity)
    throw new TypeError(
      'identity takes a function that tells the user of a credential. Give it, cookieIdentity, or both.',
    )
}
