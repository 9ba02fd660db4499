import { TotpFlowError } from '../../contract/errors.ts'
import type { CookieIdentity, CookieUser, IdentifiedUser, Identity } from './identity.ts'

const LONGEST_ID = 255
/** Room is left for what tells it from the server's own. */
const LONGEST_SESSION_ID = 200
/** In UTF-8. With it and the longest of everything else, a session token stays well below the 8192 characters that a header may have. */
const LONGEST_ACCOUNT_BYTES = 1024
const CONTROL_CHARACTER = /[\p{Cc}\p{Zl}\p{Zp}]/u

/** The host's user of a credential; rejects with `bad_request` at one that no token or store can carry. */
export async function identify(identity: Identity, credential: string): Promise<IdentifiedUser | null> {
  const user: unknown = await identity(credential)
  // What a host's `condition && user` answers for nobody.
  return user === null || user === undefined || user === false ? null : usableUser(user as IdentifiedUser)
}

/** The host's user of a request with its cookie; rejects with `bad_request` at one that cannot be one, or has no session. */
export async function identifyByCookie(
  identity: CookieIdentity,
  request: Request,
): Promise<CookieUser | null> {
  const user: unknown = await identity(request)
  if (user === null || user === undefined || user === false) return null
  const usable = usableUser(user as CookieUser)
  if (usable.sessionId === undefined) throw unusable('cookieIdentity has to return a sessionId.')
  return usable
}

/**
 * The user as the host gives it, in its own code too, with the user id for a missing account. Throws `bad_request` where it
 * could not come back from a token or a store as it is: two users whose names a database shortens or mends to the same would
 * be one.
 */
export function usableUser<Given extends IdentifiedUser>(user: Given): Given {
  if (typeof user !== 'object' || user === null) throw unusable('A user is an object { userId, account }.')
  const { userId, account: given, authenticatedAt, sessionId } = user
  assertStorable(userId)
  if (authenticatedAt !== undefined && !Number.isFinite(authenticatedAt)) {
    throw unusable('authenticatedAt is a number of epoch milliseconds.')
  }
  if (sessionId !== undefined && !isSessionId(sessionId)) {
    throw unusable(`A session id is text of 1 to ${LONGEST_SESSION_ID} characters, and none is NUL.`)
  }
  const account: unknown = given
  const isMissing = account === undefined || account === null || account === ''
  if (!isMissing && !isShowable(account)) {
    throw unusable(
      `An account is text of at most ${LONGEST_ACCOUNT_BYTES} bytes of well-formed Unicode, without control characters.`,
    )
  }
  return isMissing ? { ...user, account: userId } : user
}

/** The same of an id alone. */
export function assertStorable(userId: string): void {
  if (isStorable(userId)) return
  throw unusable(
    `A user id is text of 1 to ${LONGEST_ID} characters of well-formed Unicode, and none is NUL.`,
  )
}

/** Whether the host knows the credential, but tells a user that cannot be one. */
export const isUnusable = (error: unknown): boolean =>
  error instanceof TotpFlowError && error.code === 'bad_request'

const unusable = (message: string) => new TotpFlowError('bad_request', { message })

const isStorable = (id: unknown) =>
  typeof id === 'string' &&
  id.length > 0 &&
  id.length <= LONGEST_ID &&
  !id.includes('\0') &&
  id.isWellFormed()

const isSessionId = (id: unknown) => isStorable(id) && String(id).length <= LONGEST_SESSION_ID

const isShowable = (account: unknown) =>
  typeof account === 'string' &&
  account.length <= LONGEST_ACCOUNT_BYTES &&
  new TextEncoder().encode(account).length <= LONGEST_ACCOUNT_BYTES &&
  account.isWellFormed() &&
  !CONTROL_CHARACTER.test(account)
