/** `totp-flow/server`: the service behind the flow, as a fetch handler. Runs wherever Web Crypto and `fetch` types do. */
import type { TotpBackend } from '../contract/backend.ts'
import type { Scope } from '../contract/schemas.ts'
import { backendFor } from './backend-for.ts'
import type { AuditEvent, Identity, Service } from './handlers.ts'
import { answer } from './http.ts'
import { type ElevatedHandler, requireElevation } from './require-elevation.ts'
import { createSecrets } from './secrets.ts'
import type { Store } from './store/store.ts'
import { createTokens, DEFAULT_SCOPES, type ScopePolicy, type User } from './tokens.ts'

export { memoryStore } from './store/memory.ts'
export type { AuditEvent, ElevatedHandler, Identity, ScopePolicy, Store, User }

export interface TotpServerOptions {
  store: Store
  /** The name that authenticator apps show, and the `iss` of tokens. */
  issuer: string
  /** 32 bytes as base64: encrypts what is stored. */
  masterKey: string
  identity: Identity
  /** @default 'default' */
  environmentId?: string
  /** What stands before `/sdk/{environmentId}`. @default '/api/v0' */
  basePath?: string
  /** Which scopes may be asked for. @default Dynamic's own */
  scopes?: ScopePolicy
  /** Epoch milliseconds. @default Date.now */
  clock?: () => number
  /** Audit events, without secrets. */
  onEvent?: (event: AuditEvent) => void
}

export interface TotpServer {
  /** Prepares the store and the keys, and rejects in words if either cannot work. `fetch` does it by itself otherwise. */
  ready(): Promise<void>
  fetch(request: Request): Promise<Response>
  /** Guards a fetch handler of the host: `server.requireElevation('wallet:export')((request, user) => …)`. */
  requireElevation(scope: Scope): (handler: ElevatedHandler) => (request: Request) => Promise<Response>
  /** The port for one user, in process, with no HTTP in between. */
  backendFor(user: User): TotpBackend
  close(): Promise<void>
}

export function createTotpServer(options: TotpServerOptions): TotpServer {
  const {
    store,
    issuer,
    identity,
    environmentId = 'default',
    basePath = '/api/v0',
    clock = Date.now,
  } = options
  const secrets = createSecrets(options.masterKey)
  const scopes = options.scopes ?? DEFAULT_SCOPES
  const tokens = createTokens({ store, secrets, issuer, environmentId, scopes, now: clock })
  let preparing: Promise<void> | undefined
  const ready = () => {
    preparing ??= store
      .prepare()
      .then(() => tokens.prepare())
      .catch((error: unknown) => {
        preparing = undefined // so that the next request tries again
        throw error
      })
    return preparing
  }
  const onEvent = options.onEvent ?? (() => {})
  const service: Service = {
    ready,
    store,
    secrets,
    tokens,
    issuer,
    environmentId,
    identity,
    now: clock,
    onEvent,
  }

  return {
    ready,
    fetch: (request) => answer(service, basePath, request),
    requireElevation: (scope) => requireElevation(service, scope),
    backendFor: (user) => backendFor(service, user),
    close: () => store.close(),
  }
}
