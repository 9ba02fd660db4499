import { createTotpServer, type TotpServer } from 'totp-flow/server'
import { durableObjectStore, type SqlStorage } from 'totp-flow/server/durable-object'
import { identity } from './identity.ts'

interface Env {
  TOTP: { idFromName(name: string): object; get(id: object): { fetch(request: Request): Promise<Response> } }
  TOTP_FLOW_MASTER_KEY: string
}

/** The server and its data, in one place. In wrangler.toml: `new_sqlite_classes = ["Totp"]`. */
export class Totp {
  readonly #server: TotpServer

  constructor({ storage }: { storage: SqlStorage }, { TOTP_FLOW_MASTER_KEY }: Env) {
    this.#server = createTotpServer({
      store: durableObjectStore(storage),
      issuer: 'My App',
      masterKey: TOTP_FLOW_MASTER_KEY,
      identity,
      clientAddress: (request) => request.headers.get('cf-connecting-ip') ?? undefined,
    })
  }

  fetch(request: Request): Promise<Response> {
    return this.#server.fetch(request)
  }
}

export default {
  fetch: (request: Request, { TOTP }: Env) => TOTP.get(TOTP.idFromName('all users')).fetch(request),
}
