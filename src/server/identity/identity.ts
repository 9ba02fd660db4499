/** Who is signed in. */
export interface User {
  /** 1 to 255 characters of well-formed Unicode, none of them NUL; anything else is nobody. */
  userId: string
  /** The name that the authenticator app shows, such as an e-mail address. */
  account: string
}

/** What a host knows of the one whose credential it was given. */
export interface IdentifiedUser extends User {
  /**
   * When this user last signed in at the host, epoch milliseconds (`auth_time` of an ID token, else its `iat`). With it, a
   * credential from before a reset is refused, and one from before a removal registers no device.
   */
  authenticatedAt?: number
  /**
   * The host's own session, 1 to 200 characters. With it, the session that removed a device may register another at once.
   * Audit events name it.
   */
  sessionId?: string
}

/** A user whom the host's own session cookie tells. */
export interface CookieUser extends IdentifiedUser {
  /** Ties what a code wins to the session. It may be what the cookie holds: stored, and in audit events, is its SHA-256. */
  sessionId: string
}

/**
 * Turns a request with the host's own session cookie into its user; `null` when nobody is signed in (any more). Read the
 * headers alone: the body is the server's.
 */
export type CookieIdentity = (request: Request) => CookieUser | null | Promise<CookieUser | null>

/** Turns the host's own session token or JWT into its user; `null` when it is not valid (any more). */
export type Identity = (credential: string) => IdentifiedUser | null | Promise<IdentifiedUser | null>
