import type { KnownCaller, Service } from './service.ts'

/** The factors of a user. */
export type Factors = Pick<KnownCaller, 'device' | 'passkeyIds'>

export const hasFactor = ({ device, passkeyIds }: Factors): boolean =>
  (device !== null && device.verifiedAt !== null) || passkeyIds.length > 0

/** Whether one of the user's verified factors has this id. */
export const isFactor = ({ device, passkeyIds }: Factors, id: string | null): boolean =>
  id !== null && ((device?.id === id && device.verifiedAt !== null) || passkeyIds.includes(id))

/** The user's standing in the store. Ignores passkeys if this server does not accept them, since nobody could use one. */
export async function standingIn(
  { store, passkeys }: Pick<Service, 'store' | 'passkeys'>,
  userId: string,
  sessionId: string | null,
) {
  const standing = await store.standing(userId, sessionId)
  return passkeys ? standing : { ...standing, passkeyIds: [] }
}
