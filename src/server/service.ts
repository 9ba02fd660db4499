import type { AuditNote } from './audit.ts'
import type { Session, User } from './claims.ts'
import type { Secrets } from './secrets.ts'
import type { SigningKeys } from './signing-keys.ts'
import type { Store } from './store/store.ts'
import type { Tokens } from './tokens.ts'

/** Turns the host's own session token or JWT into its user; `null` when it is not valid (any more). */
export type Identity = (credential: string) => User | null | Promise<User | null>

/** What has to be proven before a device is registered or removed. */
export interface StepUpPolicy {
  /** Whether registering takes an elevation with `credential:link`. @default 'none': who has no factor yet can prove none */
  register: 'none' | 'required'
  /** What removal takes: an elevation with `credential:unlink` alone, or the deprecated MFA token too. @default 'elevation-or-mfa-token' */
  delete: 'elevation' | 'elevation-or-mfa-token'
}

/** How many refused calls (forged sign-ins, credentials that are none, no credential) one address may make. */
export interface AddressLimit {
  /** In one window, on all nodes together. What is over it is refused with `rate_limited` until the window ends. */
  calls: number
  /** How long a window is. */
  windowSeconds: number
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
  stepUp: StepUpPolicy
  mfaRequired: boolean
  /** Counts a refused call of an address; rejects with `rate_limited` once there were too many. */
  countRefused: (request: Request) => Promise<void>
  /** Resolves when the keys are there and the store answers, as of a second ago at most. */
  reach: () => Promise<void>
  now: () => number
  audit: (note: AuditNote) => void
}

/** Who asks. `session` is `null` where the host's own credential stands in for one of ours. */
export interface Caller {
  user: User
  session: Session | null
}

/** A request after routing and parsing: `body` and `user` are there where the route asks for them. */
export interface Call<Body = unknown> extends Caller {
  service: Service
  body: Body
  deviceId: string
  headers: Headers
}
