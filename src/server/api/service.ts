import type { Audit, AuditNote } from '../audit/audit.ts'
import type { Report } from '../audit/report.ts'
import type { Secrets } from '../crypto/secrets.ts'
import type { CookieIdentity, Identity, User } from '../identity/identity.ts'
import type { Passkeys } from '../passkeys/passkeys.ts'
import type { SessionAge, SessionRules, Store, StoredDevice } from '../store/store.ts'
import type { Session } from '../tokens/claims.ts'
import type { SigningKeys } from '../tokens/signing-keys.ts'
import type { Tokens } from '../tokens/tokens.ts'

/** What has to be proven before a device is registered or removed. */
export interface StepUpPolicy {
  /**
   * What a first factor takes, an app or a passkey: nothing more than a session; a sign-in at most five minutes ago; or an elevation
   * with `credential:link`, which the host mints. Beside another factor it takes such an elevation always. @default 'none'
   */
  register: 'none' | 'recent-sign-in' | 'required'
  /**
   * What the code that ends an enrollment may win: the scopes that are asked for, as Dynamic's clients expect, or nothing
   * but the enrollment. @default 'requested-scopes'
   */
  enrollment: 'requested-scopes' | 'nothing'
  /** What removal takes: an elevation with `credential:unlink` alone, or the deprecated MFA token too. @default 'elevation-or-mfa-token' */
  delete: 'elevation' | 'elevation-or-mfa-token'
}

export interface Service {
  /** Resolves when store and keys work; every request waits for it. */
  ready: () => Promise<void>
  store: Store
  secrets: Secrets
  keys: SigningKeys
  tokens: Tokens
  issuer: string
  environmentId: string
  identity: Identity
  /** Set where the host's own cookie signs users in. */
  cookieIdentity: CookieIdentity | undefined
  /** The origins whose pages may call. */
  origins: readonly string[]
  stepUp: StepUpPolicy
  /** Set where passkeys are taken. */
  passkeys: Passkeys | undefined
  mfa: MfaPolicy
  /** The context of authentication of a verified code, as tokens name it. */
  acr: string | undefined
  /** Whether a removal ends the user's other sessions. */
  removalEndsOthers: boolean
  /** Where a request came from, if that is known. */
  addressOf: (request: Request) => string | undefined
  /** Counts a refused call of an address; rejects with `rate_limited` once there were too many. */
  countRefused: (request: Request) => Promise<void>
  /** Resolves when the keys are there and the store takes writes, as of a second ago at most. */
  reach: () => Promise<void>
  /** Whether this node is about to stop. */
  isDraining: () => boolean
  now: () => number
  audit: Audit
  /** The same for what strangers bring about. */
  auditRefusal: Audit
  /** Hands the host what failed on its side. */
  report: Report
}

/** When a session owes a second factor. */
export interface MfaPolicy {
  required: boolean
  /** Until then, who has no app owes none, epoch milliseconds. */
  graceUntil: number
  /** How long a verification counts, milliseconds. */
  maxAge: number
  /** How long a session may go without a new token before it owes a factor again, milliseconds. */
  idleTimeout: number
}

/** Who asks. `session` is `null` where the host's own credential stands in for a session of this server. */
export interface Caller {
  user: User
  session: Session | null
}

/** Who asks, and all that the store knew of them when they did. */
export interface KnownCaller extends Caller {
  device: StoredDevice | null
  /** The ids of the user's passkeys; none where the server takes none. */
  passkeyIds: readonly string[]
  rules: SessionRules
  /** Whether wrong codes of the session count against its reserve. */
  hasFailed: boolean
  /** How the rules judge the session, or the host's credential. */
  age: SessionAge
  /** When the user signed in, epoch milliseconds; `null` where the host does not tell. */
  authenticatedAt: number | null
  /** Tells the host, with where the call came from. */
  audit: (note: AuditNote) => void
}

/** A request after routing and parsing: `body` and who asks are there where the route has them. */
export interface Call<Body = unknown> extends KnownCaller {
  service: Service
  body: Body
  deviceId: string
  headers: Headers
  query: URLSearchParams
}
