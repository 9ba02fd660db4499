/** A node in its own process: the server over HTTP, and a host's guarded route. Its clock is set from outside. */
import { Client } from 'pg'
import { createTotpServer } from '../../src/server/index.ts'
import { jwksIdentity, listen } from '../../src/server/node/index.ts'
import { postgresStore } from '../../src/server/store/postgres.ts'
import { GUARDED_PATH, HOST, SCOPE } from './load.ts'

const { DATABASE_URL = '', MASTER_KEY = '', JWKS_URL = '' } = process.env

let ahead = 0
const clock = () => Date.now() + ahead
let roundTrips = 0
const { query } = Client.prototype
Client.prototype.query = function (this: Client, ...given: unknown[]) {
  roundTrips += 1
  return Reflect.apply(query, this, given)
}

const server = createTotpServer({
  store: postgresStore({ url: DATABASE_URL }),
  issuer: 'Bench',
  masterKey: MASTER_KEY,
  identity: jwksIdentity({ jwksUrl: JWKS_URL, ...HOST, clock }),
  clock,
})
await server.ready()
const guarded = server.requireElevation(SCOPE)(() => new Response('done'))
const { url } = await listen({
  fetch: (request) =>
    new URL(request.url).pathname === GUARDED_PATH ? guarded(request) : server.fetch(request),
  port: 0,
})
process.on('message', (message: { ahead: number }) => {
  ahead = message.ahead
  process.send?.({ roundTrips })
})
process.on('disconnect', () => process.exit())
process.send?.({ url: url.replace('localhost', '127.0.0.1') })
