import {
  assertOptions,
  clockOption,
  functionThat,
  type OptionRule,
  type OptionRules,
  objectOf,
  oneOf,
  required,
  trueOrFalse,
  wholeNumber,
} from '../contract/options.ts'
import { memoryStore } from './store/memory.ts'

/** It is part of every path. */
const ENVIRONMENT_ID = /^[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,63}$/
export const isEnvironmentId = (text: string) => ENVIRONMENT_ID.test(text)

/** Scheme, host and port, as a browser says them: with no path, and no star. Apps (Capacitor, Tauri) have schemes of their own. */
export const isOrigin = (text: string) =>
  URL.canParse(text) &&
  (new URL(text).origin === text || /^(?!https?:)[a-z][a-z0-9+.-]*:\/\/[^/?#\s*]+$/.test(text))

/** As a URI has it, where it stands twice. */
const LONGEST_ISSUER = 400

export const isIssuer = (text: unknown) =>
  typeof text === 'string' &&
  text.trim() !== '' &&
  text.isWellFormed() &&
  !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text) &&
  encodeURIComponent(text).length <= LONGEST_ISSUER

const isBasePath = (text: unknown) =>
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
  masterKey: required({
    takes: '32 random bytes as base64, or a function that tells them',
    fits: (value) => typeof value === 'string' || typeof value === 'function',
  }),
  identity: required(functionThat('tells the user of a credential')),
  environmentId: {
    takes: 'letters, digits, and -._~ (no dot at the start), 64 at most',
    fits: (value) => typeof value === 'string' && isEnvironmentId(value),
  },
  basePath: { takes: 'a path such as /api/v0, with no slash at the end', fits: isBasePath },
  scopes: {
    takes: "an object of rules, such as { 'invoice:pay': { singleUse: true } }",
    fits: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  },
  stepUp: objectOf({
    register: oneOf('none', 'recent-sign-in', 'required'),
    delete: oneOf('elevation', 'elevation-or-mfa-token'),
    enrollment: oneOf('requested-scopes', 'nothing'),
  }),
  mfaRequired: trueOrFalse,
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
}

/** Throws at options that would fail later, where nobody sees why. */
export const assertUsable = (options: unknown): void => assertOptions(options, serverRules)
