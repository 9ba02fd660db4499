/** A worker whose Durable Objects are stores, each by the name in the path: what a test calls of one arrives as JSON. */
import { TotpFlowError } from '../../src/contract/errors.ts'
import { durableObjectStore, type SqlStorage } from '../../src/server/store/durable-object.ts'
import type { Store } from '../../src/server/store/store.ts'

export class Stored {
  readonly #store: Store

  constructor({ storage }: { storage: SqlStorage }) {
    this.#store = durableObjectStore(storage)
  }

  async fetch(request: Request): Promise<Response> {
    const { verb, given }: { verb: keyof Store; given: unknown[] } = await request.json()
    try {
      const answer = await Reflect.apply(this.#store[verb], this.#store, given)
      return Response.json({ answer })
    } catch (error) {
      const { code, message, retryAt } = TotpFlowError.from(error)
      return Response.json({
        error: { code, message, retryAt, cause: error instanceof Error ? String(error.cause) : '' },
      })
    }
  }
}

interface Env {
  STORED: {
    idFromName(name: string): object
    get(id: object): { fetch(request: Request): Promise<Response> }
  }
}

export default {
  fetch: (request: Request, { STORED }: Env) =>
    STORED.get(STORED.idFromName(new URL(request.url).pathname)).fetch(request),
}
