import { createTotpServer, memoryStore } from 'totp-flow/server'

/** Resolves a credential to a user. Reuse your existing session check. */
const yourUser = async (credential: string) =>
  credential === 'ada' ? { userId: 'ada', account: 'ada@example.com' } : null

export const totp = createTotpServer({
  store: memoryStore(), // for a first try; use sqliteStore or postgresStore in production
  issuer: 'Example',
  environmentId: 'default', // the client sends the same
  masterKey: process.env.TOTP_FLOW_MASTER_KEY ?? '', // from `openssl rand -base64 32`; it encrypts what is stored
  identity: yourUser,
  scopes: { 'invoice:pay': { singleUse: true } }, // yours, added to the built-in ones, such as wallet:export
})

/** Requires the user's single-use elevation for this scope, and consumes it. */
const exportKey = totp.requireElevation('wallet:export')((_, { userId }) => Response.json({ keyOf: userId }))

/** A `Request` in, a `Response` out: mount it where you like. */
export const fetch = (request: Request): Promise<Response> | Response =>
  new URL(request.url).pathname === '/export' ? exportKey(request) : totp.fetch(request)
