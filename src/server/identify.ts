import { TotpFlowError } from '../contract/errors.ts'
import type { User } from './claims.ts'
import type { Identity } from './service.ts'

const LONGEST_ID = 255

/**
 * The host's user of a credential, if it has a name that every store keeps as it is: two users whose names a database
 * shortens or mends to the same would be one.
 */
export async function identify(identity: Identity, credential: string): Promise<User | null> {
  const user = await identity(credential)
  return user && isStorable(user.userId) ? user : null
}

/** The same of an id that the host itself hands in. */
export function assertStorable(userId: string): void {
  if (isStorable(userId)) return
  const message = `A user id is 1 to ${LONGEST_ID} characters of well-formed Unicode, and none is NUL.`
  throw new TotpFlowError('bad_request', { message })
}

const isStorable = (id: string) =>
  id.length > 0 && id.length <= LONGEST_ID && !id.includes('\0') && id.isWellFormed()
