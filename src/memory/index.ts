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

/** Options of {@link memoryBackend}; each has a default. */
export interface MemoryBackendOptions {
  /** The name that authenticator apps show. @default 'totp-flow' */
  issuer?: string
  /** The account that authenticator apps show. @default 'demo@example.com' */
  account?: string
  /** Returns epoch milliseconds. @default Date.now */
  clock?: () => number
  /** Accepts passkeys from a simulated authenticator. `{}` confirms every prompt at once. @default no passkeys */
  passkeys?: SimulatedPasskeys
}

/** Creates a service with one user, which is gone when the page closes. Codes come from any authenticator app. */
export function memoryBackend(options: MemoryBackendOptions = {}): TotpBackend {
  const { issuer = 'totp-flow', account = 'demo@example.com', clock, passkeys } = options
  const user = { userId: 'memory', account }
  const server = createTotpServer({
    store: memoryStore(),
    issuer,
    masterKey: newMasterKey(),
    algorithm: 'ES256', // not every recent browser supports Ed25519
    identity: () => user, // there is no HTTP, so nobody else can sign in
    ...(clock && { clock }),
  })
  const backend = server.backendFor(user)
  return passkeys ? withPasskeys(backend, { server, user, now: clock ?? Date.now, ...passkeys }) : backend
}
