import type { Audit, AuditNote } from '../audit/audit.ts'
import type { Report } from '../audit/report.ts'
import type { Secrets } from '../crypto/secrets.ts'
import type { CookieIdentity, Identity, User } from '../identity/identity.ts'
import type { Passkeys } from '../passkeys/passkeys.ts'
import type { SessionAge, SessionRules, Store, StoredDevice } from '../store/store.ts'
import type { Session } from '../tokens/claims.ts'
import type { SigningKeys } from '../tokens/signing-keys.ts'
import type { Tokens } from '../tokens/tokens.ts'

/** The proof required to register or remove a device. */
export interface StepUpPolicy {
  /**
   * What a first factor (an app or a passkey) requires. `none`: only a session. `recent-sign-in`: a sign-in at most
   * five minutes ago. `required`: an elevation with `credential:link`, which the host mints. A further factor always
   * requires such an elevation.
   * @default 'none'
   */
  register: 'none' | 'recent-sign-in' | 'required'
  /**
   * What the code that completes an enrollment may grant: the requested scopes, as Dynamic's clients expect, or nothing else.
   * @default 'requested-scopes'
   */
  enrollment: 'requested-scopes' | 'nothing'
  /**
   * What removal requires: an elevation with `credential:unlink`, or either that or the deprecated MFA token.
   * @default 'elevation-or-mfa-token'
   */
  delete: 'elevation' | 'elevation-or-mfa-token'
}

export interface Service {
  /** Resolves when the store and the keys work. Every request waits for it. */
  ready: () => Promise<void>
  store: Store
  secrets: Secrets
  keys: SigningKeys
  tokens: Tokens
  issuer: string
  environmentId: string
  identity: Identity
  /** Set if the host's own cookie signs users in. */
  cookieIdentity: CookieIdentity | undefined
  /** The origins whose pages may call the server. */
  origins: readonly string[]
  stepUp: StepUpPolicy
  /** Set if the server accepts passkeys. */
  passkeys: Passkeys | undefined
  mfa: MfaPolicy
  /** The authentication context of a verified code, as tokens name it. */
  acr: string | undefined
  /** Whether a removal ends the user's other sessions. */
  removalEndsOthers: boolean
  /** The client address of a request, if known. */
  addressOf: (request: Request) => string | undefined
  /** Counts a refused call of an address. Rejects with `rate_limited` once there were too many. */
  countRefused: (request: Request) => Promise<void>
  /** Resolves if the keys are loaded and the store accepts writes, as of at most a second ago. */
  reach: () => Promise<void>
  /** Whether this node is about to stop. */
  isDraining: () => boolean
  now: () => number
  audit: Audit
  /** The same for refusals that strangers cause, limited per minute. */
  auditRefusal: Audit
  /** Reports a failure on the host's side to the host. */
  report: Report
}

/** When a session owes a second factor. */
export interface MfaPolicy {
  required: boolean
  /** Until then, users without a factor owe none, epoch milliseconds. `Infinity` if they never have to enroll. */
  graceUntil: number
  /** How long a verification counts, milliseconds. */
  maxAge: number
  /** How long a session may go without a new token before it owes a factor again, milliseconds. */
  idleTimeout: number
}

/** The caller. `session` is `null` if the host's own credential stands in for a session of this server. */
export interface Caller {
  user: User
  session: Session | null
}

/** The caller, and what the store knew of them at the time of the call. */
export interface KnownCaller extends Caller {
  device: StoredDevice | null
  /** The ids of the user's passkeys; empty if the server accepts none. */
  passkeyIds: readonly string[]
  rules: SessionRules
  /** Whether this session has had a wrong code, so that further ones count against its reserve. */
  hasFailed: boolean
  /** How the session rules compare the session, or the host's credential. */
  age: SessionAge
  /** When the user signed in, epoch milliseconds; `null` if the host does not say. */
  authenticatedAt: number | null
  /** Reports an event to the host, with the call's origin. */
  audit: (note: AuditNote) => void
}

/** A request after routing and parsing. `body` and the caller are set if the route has them. */
export interface Call<Body = unknown> extends KnownCaller {
  service: Service
  body: Body
  deviceId: string
  headers: Headers
  query: URLSearchParams
}
