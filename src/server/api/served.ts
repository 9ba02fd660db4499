import { passkeyRoutes } from '../../contract/wire/passkey-routes.ts'
import { routes } from '../../contract/wire/routes.ts'

/** All routes of the server. The passkey routes answer only if the server accepts passkeys. */
export const served = { ...routes, ...passkeyRoutes }
export type ServedName = keyof typeof served
export const servedNames = Object.keys(served) as ServedName[]

export const isOfPasskeys = (name: ServedName): boolean => name in passkeyRoutes
