import { createTotpServer } from 'totp-flow/server'
import { postgresStore } from 'totp-flow/server/postgres'
import { identity } from './identity.ts'

interface Env {
  /** Keeps the connections, which a worker cannot. In wrangler.toml: `compatibility_flags = ["nodejs_compat"]`. */
  HYPERDRIVE: { connectionString: string }
  TOTP_FLOW_MASTER_KEY: string
}

/** A worker may not use for one request what it opened for another, so each has a store of its own. */
export default {
  async fetch(request: Request, env: Env, context: { waitUntil(promise: Promise<unknown>): void }) {
    const server = createTotpServer({
      store: postgresStore({ url: env.HYPERDRIVE.connectionString, maxConnections: 1 }),
      issuer: 'My App',
      masterKey: env.TOTP_FLOW_MASTER_KEY,
      identity,
    })
    try {
      return await server.fetch(request)
    } finally {
      context.waitUntil(server.close())
    }
  },
}
