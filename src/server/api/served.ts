import { passkeyRoutes } from '../../contract/wire/passkey-routes.ts'
import { routes } from '../../contract/wire/routes.ts'

/** All that a server answers; those about passkeys where it takes them. */
export const served = { ...routes, ...passkeyRoutes }
export type ServedName = keyof typeof served
export const servedNames = Object.keys(served) as ServedName[]

export const isOfPasskeys = (name: ServedName): boolean => name in passkeyRoutes
