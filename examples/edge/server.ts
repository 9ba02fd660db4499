import { createTotpServer } from 'totp-flow/server'
import { sqliteStore } from 'totp-flow/server/sqlite'
import { identity } from './identity.ts'

/** By Bun, `bun server.ts`, and by Deno, `deno serve --allow-all server.ts`. */
const server = createTotpServer({
  store: sqliteStore({ path: './data/totp-flow.db' }),
  issuer: 'My App',
  masterKey: process.env.TOTP_FLOW_MASTER_KEY ?? '',
  identity,
})

export default { fetch: server.fetch }
