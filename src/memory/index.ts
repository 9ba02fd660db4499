/**
 * The real service over an in-memory store, in this page or process, for demos, stories and tests: docs/own-screens.md.
 *
 * @module totp-flow/memory
 */
import type { TotpBackend } from '../contract/backend.ts'
import { newMasterKey } from '../server/crypto/secrets.ts'
import { createTotpServer, memoryStore } from '../server/index.ts'
import { type SimulatedPasskeys, withPasskeys } from './passkeys.ts'

export type { SimulatedPasskeys } from './passkeys.ts'

/** Whose the service in this page is; all of it has a default. */
export interface MemoryBackendOptions {
  /** The name that authenticator apps show. @default 'totp-flow' */
  issuer?: string
  /** @default 'demo@example.com' */
  account?: string
  /** Epoch milliseconds. @default Date.now */
  clock?: () => number
  /** Takes passkeys, by a simulated authenticator; `{}` for one that confirms everything at once. @default none are taken */
  passkeys?: SimulatedPasskeys
}

/** One user of a service of its own, gone with the page. Codes come from any authenticator app. */
export function memoryBackend(options: MemoryBackendOptions = {}): TotpBackend {
  const { issuer = 'totp-flow', account = 'demo@example.com', clock, passkeys } = options
  const user = { userId: 'memory', account }
  const server = createTotpServer({
    store: memoryStore(),
    issuer,
    masterKey: newMasterKey(),
    algorithm: 'ES256', // not every browser of the last years has Ed25519
    identity: () => user, // there is no wire, so nobody else signs in over it
    ...(clock && { clock }),
  })
  const backend = server.backendFor(user)
  return passkeys ? withPasskeys(backend, { server, user, now: clock ?? Date.now, ...passkeys }) : backend
}
