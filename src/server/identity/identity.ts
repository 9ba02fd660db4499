/** A signed-in user. */
export interface User {
  /** 1 to 255 characters of well-formed Unicode, without NUL. Anything else is rejected with `bad_request`. */
  userId: string
  /** The name that the authenticator app shows, such as an email address. At most 1024 bytes. @default the userId */
  account: string
}

/** What a host knows about the user of a credential. */
export interface IdentifiedUser extends User {
  /**
   * When this user last signed in at the host, epoch milliseconds (`auth_time` of an ID token, else its `iat`). With it, a
   * credential from before a reset is rejected, and one from before a removal cannot register a device.
   */
  authenticatedAt?: number
  /**
   * The host's own session id, 1 to 200 characters. With it, the session that removed a device may register another at
   * once. Audit events name it.
   */
  sessionId?: string
}

/** A user identified by the host's own session cookie. */
export interface CookieUser extends IdentifiedUser {
  /** Ties elevations to the host's session. It may be the cookie's value: the store and audit events hold only its SHA-256. */
  sessionId: string
}

/**
 * Resolves a request with the host's own session cookie to its user, or to `null` if nobody is signed in. Read only the
 * headers: the server reads the body.
 */
export type CookieIdentity = (request: Request) => CookieUser | null | Promise<CookieUser | null>

/** Resolves the host's own session token or JWT to its user, or to `null` if it is invalid or expired. */
export type Identity = (credential: string) => IdentifiedUser | null | Promise<IdentifiedUser | null>
