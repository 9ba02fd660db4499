import { TotpFlowError } from '../../contract/errors.ts'
import type { CookieIdentity, CookieUser, IdentifiedUser, Identity } from './identity.ts'

const LONGEST_ID = 255
/** Leaves room for the prefix that tells it from the server's own sessions. */
const LONGEST_SESSION_ID = 200
/**
 * In UTF-8. With the longest of everything else, a session token stays well below the 8192 characters that a header may
 * have.
 */
const LONGEST_ACCOUNT_BYTES = 1024
const CONTROL_CHARACTER = /[\p{Cc}\p{Zl}\p{Zp}]/u

/** Resolves a credential to the host's user. Rejects with `bad_request` for a user that no token or store can hold. */
export async function identify(identity: Identity, credential: string): Promise<IdentifiedUser | null> {
  const user: unknown = await ofHost(() => identity(credential))
  // A host's `condition && user` returns one of these for nobody.
  return user === null || user === undefined || user === false ? null : usableUser(user as IdentifiedUser)
}

/**
 * Resolves a request with the host's cookie to its user. Rejects with `bad_request` for an invalid user or one without
 * a session.
 */
export async function identifyByCookie(
  identity: CookieIdentity,
  request: Request,
): Promise<CookieUser | null> {
  const user: unknown = await ofHost(() => identity(request), request.signal)
  if (user === null || user === undefined || user === false) return null
  const usable = usableUser(user as CookieUser)
  if (usable.sessionId === undefined) throw unusable('cookieIdentity must return a sessionId.')
  return usable
}

/** Calls the host's function. A timeout or an abort inside it is not the caller's fault. */
async function ofHost<Answer>(ask: () => Answer, caller?: AbortSignal): Promise<Awaited<Answer>> {
  try {
    return await ask()
  } catch (cause) {
    const { code } = TotpFlowError.from(cause)
    const isOwn = !(cause instanceof TotpFlowError) && (code === 'aborted' || code === 'timeout')
    throw isOwn && !caller?.aborted ? new TotpFlowError('server', { cause }) : cause
  }
}

/**
 * Returns the user as the host gave it, with the user id in place of a missing account. Throws `bad_request` for a user
 * that a token or store could not return unchanged: a database that truncates or repairs two names to the same text
 * would merge two users.
 */
export function usableUser<Given extends IdentifiedUser>(user: Given): Given {
  if (typeof user !== 'object' || user === null)
    throw unusable('A user must be an object { userId, account }.')
  const { userId, account: given, authenticatedAt, sessionId } = user
  assertStorable(userId)
  if (authenticatedAt !== undefined && !Number.isFinite(authenticatedAt)) {
    throw unusable('authenticatedAt must be a number of epoch milliseconds.')
  }
  if (sessionId !== undefined && !isSessionId(sessionId)) {
    throw unusable(`A session id must be 1 to ${LONGEST_SESSION_ID} characters, without NUL.`)
  }
  const account: unknown = given
  const isMissing =
    account === undefined || account === null || (typeof account === 'string' && account.trim() === '')
  if (!isMissing && !isShowable(account)) {
    throw unusable(
      `An account must be at most ${LONGEST_ACCOUNT_BYTES} bytes of well-formed Unicode, without control characters.`,
    )
  }
  return isMissing ? { ...user, account: userId } : user
}

/** Checks a user id alone. */
export function assertStorable(userId: string): void {
  if (isStorable(userId)) return
  throw unusable(`A user id must be 1 to ${LONGEST_ID} characters of well-formed Unicode, without NUL.`)
}

/** Whether the host recognized the credential but returned an invalid user. */
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
