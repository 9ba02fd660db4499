/** Users spread over plain PostgreSQL databases, as docs/scale.md describes it: each database with servers and keys of its own. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Identity } from '../../src/server/index.ts'
import { createVerifier } from '../../src/server/tokens/verifier.ts'
import { createWorld, ENVIRONMENT, stores, type World } from '../support/world.ts'

const VERIFY = '/users/mfa/auth/totp'
const postgres = stores.find(([name]) => name === 'PostgreSQL')?.[1] ?? expect.unreachable()

/** Where a user's rows are: any function of the id, the same at each shard. */
const shardOf = (userId: string) => (userId.charCodeAt(0) % 2 === 0 ? 'even' : 'odd')

const accounts: Identity = (credential) => {
  const name = /^user:([a-z]+)$/.exec(credential)?.[1]
  return name ? { userId: name, account: `${name}@example.com` } : null
}

/** A shard refuses the users of the others. */
const identityOf =
  (shard: string): Identity =>
  async (credential) => {
    const user = await accounts(credential)
    return user && shardOf(user.userId) === shard ? user : null
  }

let even: World
let odd: World
let keys: Server
let jwksUrl: string

beforeAll(async () => {
  even = createWorld(postgres, { identity: identityOf('even') })
  odd = createWorld(postgres, { identity: identityOf('odd') })
  odd.now = Date.now()
  even.now = Date.now()
  // One address for the keys of all shards, for services that check tokens by themselves.
  keys = createServer(async (_, response) => {
    const sets = await Promise.all(
      [even, odd].map(async ({ server }) => {
        const answer = await server.fetch(new Request('http://shard.local/.well-known/jwks.json'))
        return (await answer.json()).keys
      }),
    )
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: sets.flat() }))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => keys.once('listening', resolve))
  jwksUrl = `http://127.0.0.1:${(keys.address() as AddressInfo).port}/`
})
afterAll(async () => {
  await new Promise((resolve) => keys.close(resolve))
  await even.close()
  await odd.close()
})

const signIn = (world: World, user: string) =>
  world.call('POST', '/externalAuth/signin', { body: { jwt: `user:${user}` } })

it('a shard refuses a user of another shard, by credential and by session token, and keeps no row of that user', async () => {
  const { secret } = await even.enroll('bob')
  expect(await signIn(odd, 'bob')).toMatchObject({ status: 401, body: { code: 'invalid_external_auth' } })
  for (const [method, route, body] of [
    ['GET', '/users/mfa/register/totp', undefined],
    ['POST', VERIFY, { code: even.codeOf(secret) }],
  ] as const)
    expect((await odd.call(method, route, { as: 'bob', body })).status).toBe(401)

  const { minifiedJwt } = (await signIn(even, 'bob')).body
  const headers = { authorization: `Bearer ${minifiedJwt}` }
  expect((await even.call('GET', '/users', { headers })).status).toBe(200)
  expect((await odd.call('GET', '/users', { headers })).status).toBe(401)
  expect(await even.dump()).toContain('"bob"')
  expect(await odd.dump()).not.toContain('bob')
})

it('an elevation of one shard passes no guard of another shard', async () => {
  const { secret } = await odd.enroll('eve')
  const body = { code: odd.codeOf(secret), requestedScopes: ['wallet:export'] }
  const { elevatedAccessToken } = (await odd.call('POST', VERIFY, { as: 'eve', body })).body
  const request = (user: string) =>
    new Request('http://shard.local/act', {
      headers: { authorization: `Bearer user:${user}`, 'x-dyn-elevated-access-token': elevatedAccessToken },
    })
  for (const user of ['eve', 'bob'])
    expect(await even.server.checkElevation(request(user), 'wallet:export')).toMatchObject({ status: 401 })
  expect(await odd.server.checkElevation(request('eve'), 'wallet:export')).toMatchObject({ userId: 'eve' })
})

it('a service that has the keys of all shards checks the tokens of each', async () => {
  const verifier = createVerifier({ jwksUrl, issuer: 'Test', environmentId: ENVIRONMENT })
  for (const [world, user] of [
    [even, 'dan'],
    [odd, 'ann'],
  ] as const) {
    const { minifiedJwt } = (await signIn(world, user)).body
    expect((await verifier.session(minifiedJwt)).user.userId).toBe(user)
  }
})
