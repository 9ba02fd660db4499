/**
 * What a Node process needs around the server: a store by URL, a master key, users by JWT, and a port. `totp-flow
 * serve` is built from these: docs/operating.md, docs/keys.md.
 *
 * @module totp-flow/server/node
 */
export { type JwksIdentityOptions, jwksIdentity } from '../identity/jwks-identity.ts'
export { backUp, damageOf, isHeld, putInPlace, workingCopy } from '../store/sqlite-file.ts'
export type { ConnectionLimits } from './connection-limits.ts'
export { developmentOnly, developmentProblem, isOwnMachine } from './development-only.ts'
export { filePath } from './file-path.ts'
export { type Listening, listen, toNodeHandler } from './listen.ts'
export { addMasterKey, type LoadedMasterKey, loadMasterKey } from './master-key-file.ts'
export { isSealed, openStore, sqlitePathOf } from './open-store.ts'
export { reasonOf, StartError } from './start-error.ts'
