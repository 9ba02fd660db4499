import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import canonicalize from 'canonicalize'
import express from 'express'
import fc from 'fast-check'
import { Hono } from 'hono'
import { decodeJwt } from 'jose'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type AuthorizationDetails, memoryStore } from '../../../src/server/index.ts'
import { requireElevation as expressGuard } from '../../../src/server/integrations/express.ts'
import { requireElevation as honoGuard } from '../../../src/server/integrations/hono.ts'
import { createVerifier } from '../../../src/server/tokens/verifier.ts'
import { createWorld, type World } from '../../support/world.ts'

let world: World
let secret: string
beforeEach(async () => {
  world = createWorld(() => memoryStore(), {
    scopes: { 'funds:send': { singleUse: true }, 'funds:see': { singleUse: false } },
  })
  ;({ secret } = await world.enroll('ann'))
})
afterEach(() => world.close())

interface Payment {
  amount: string
  payee: string
}
const detailsOf = ({ amount, payee }: Payment): AuthorizationDetails => [{ type: 'payment', amount, payee }]
const toBob = { amount: '100.00', payee: 'Bob' }
const scope = 'funds:send'

/** Verifies a code for these details. */
async function approve(more: Record<string, unknown>) {
  const body = { code: world.codeOf(secret), requestedScopes: [scope], ...more }
  const answer = await world.call('POST', '/users/mfa/auth/totp', { as: 'ann', body })
  world.tick()
  return answer
}
const tokenFor = async (details?: AuthorizationDetails): Promise<string> =>
  (await approve({ authorizationDetails: details })).body.elevatedAccessToken

const requestWith = (token: string, payment: Payment) => ({
  method: 'POST',
  headers: {
    authorization: 'Bearer user:ann',
    'content-type': 'application/json',
    'x-dyn-elevated-access-token': token,
  },
  body: JSON.stringify(payment),
})

/** The same payment in each framework, as a fetch function. */
const frameworks: [string, () => Promise<(token: string, payment: Payment) => Promise<Response>>][] = [
  [
    'a fetch handler',
    async () => {
      const pay = world.server.requireElevation(scope, {
        authorizationDetails: async (request) => detailsOf(await request.json()),
      })(async (request) => Response.json(await request.json()))
      return (token, payment) => pay(new Request('http://test.local/pay', requestWith(token, payment)))
    },
  ],
  [
    'Hono',
    async () => {
      const app = new Hono()
      const guard = honoGuard(world.server, scope, {
        authorizationDetails: async (c) => detailsOf(await c.req.json()),
      })
      app.post('/pay', guard, async (c) => c.json(await c.req.json()))
      return async (token, payment) => app.request('/pay', requestWith(token, payment))
    },
  ],
  [
    'Express',
    async () => {
      const app = express()
      const guard = expressGuard(world.server, scope, {
        authorizationDetails: ({ body }) => detailsOf(body as Payment),
      })
      app.post('/pay', express.json(), guard, (request, response) => {
        response.json(request.body)
      })
      const listener = createServer(app).listen(0, '127.0.0.1')
      onTestFinished(() => void listener.close())
      await new Promise((resolve) => listener.once('listening', resolve))
      const { port } = listener.address() as AddressInfo
      return (token, payment) => fetch(`http://127.0.0.1:${port}/pay`, requestWith(token, payment))
    },
  ],
]

describe.each(frameworks)('in %s', (_, mount) => {
  it('a payment requires a code entered for this very payment, and consumes it', async () => {
    const pay = await mount()
    const token = await tokenFor(detailsOf(toBob))
    const changed = [
      { ...toBob, amount: '1000.00' },
      { ...toBob, amount: '100.0' },
      { ...toBob, payee: 'bob' },
      { ...toBob, payee: 'Mallory' },
      { ...toBob, payee: 'Bob\u200B' },
    ]
    for (const payment of changed) {
      const refused = await pay(token, payment)
      expect(refused.status).toBe(401)
      expect(refused.headers.get('www-authenticate')).toContain('insufficient_user_authentication')
    }
    const paid = await pay(token, toBob)
    expect([paid.status, await paid.json()]).toEqual([200, toBob])
    expect((await pay(token, toBob)).status).toBe(401)
  })

  it('a payment rejects an elevation that is bound to nothing', async () => {
    const pay = await mount()
    const refused = await pay(await tokenFor(), toBob)
    expect(refused.status).toBe(401)
    expect(await refused.text()).toContain('authorizationDetails')
  })
})

it('an elevation is refused for other details, whatever differs, and accepted for the same in another order', async () => {
  const value = fc.jsonValue({ maxDepth: 2 })
  const detail = fc
    .tuple(
      fc.string({ minLength: 1, unit: 'grapheme' }),
      fc.dictionary(fc.string({ unit: 'grapheme' }), value),
    )
    .map(([type, fields]) => ({ ...fields, type }))
  const details = fc
    .array(detail, { minLength: 1, maxLength: 3 })
    .filter((some) => JSON.stringify(some).length < 4000)
  const user = { userId: 'ann', account: 'ann@example.com' }
  const isAccepted = async (token: string, authorizationDetails: AuthorizationDetails) => {
    const headers = { authorization: 'Bearer user:ann', 'x-dyn-elevated-access-token': token }
    const request = new Request('http://test.local/', { headers })
    const options = { authorizationDetails, consume: false }
    return !((await world.server.checkElevation(request, scope, options)) instanceof Response)
  }
  await fc.assert(
    fc.asyncProperty(details, details, async (one, other) => {
      const token = await world.server.mintElevation(user, [scope], { authorizationDetails: one })
      const turned = one.map((fields) => ({
        ...Object.fromEntries(Object.entries(fields).reverse()),
        ...{ type: fields.type },
      }))
      expect(await isAccepted(token, JSON.parse(JSON.stringify(turned)))).toBe(true)
      expect(await isAccepted(token, other)).toBe(canonicalize(one) === canonicalize(other))
    }),
    { numRuns: 100 },
  )
})

it('a guard reads the details of a request only if its user holds an elevation for the scope', async () => {
  const asked = vi.fn(() => detailsOf(toBob))
  const pay = world.server.requireElevation(scope, { authorizationDetails: asked })(() => Response.json({}))
  const url = 'http://test.local/pay'
  const { headers } = requestWith(await tokenFor(detailsOf(toBob)), toBob)
  const { authorization, ...anonymous } = headers
  const elsewhere = await world.server.mintElevation({ userId: 'ann', account: 'ann' }, ['funds:see'])
  for (const refused of [
    anonymous,
    { authorization },
    { ...headers, authorization: 'Bearer user:bob' },
    { ...headers, 'x-dyn-elevated-access-token': 'x' },
    { ...headers, 'x-dyn-elevated-access-token': elsewhere },
  ])
    expect((await pay(new Request(url, { method: 'POST', headers: refused }))).status).toBe(401)
  expect(asked).not.toHaveBeenCalled()
  expect((await pay(new Request(url, { method: 'POST', headers }))).status).toBe(200)
  expect(asked).toHaveBeenCalledOnce()
})

it.each([undefined, null, [], 'payment', [{}]])(
  'a guard whose function returns the details %j accepts no elevation, and tells the developer',
  async (details) => {
    const seen: unknown[] = []
    const own = createWorld(() => memoryStore(), {
      scopes: { 'funds:send': { singleUse: true } },
      onError: (error) => seen.push(error),
    })
    onTestFinished(() => own.close())
    const handler = vi.fn(() => Response.json({}))
    const pay = own.server.requireElevation(scope, { authorizationDetails: () => details as never })(handler)
    const token = await own.server.mintElevation({ userId: 'ann', account: 'ann' }, [scope])
    const answer = await pay(new Request('http://test.local/pay', requestWith(token, toBob)))
    expect(answer.status).toBe(500)
    expect(handler).not.toHaveBeenCalled()
    expect(String(seen)).toContain('authorizationDetails takes details of RFC 9396')
  },
)

it('a bound elevation is single-use and short-lived, whatever its scope allows', async () => {
  const body = { requestedScopes: ['funds:see'], authorizationDetails: detailsOf(toBob) }
  const claims = decodeJwt((await approve(body)).body.elevatedAccessToken)
  expect(claims).toMatchObject({ singleUse: true, scope: 'funds:see' })
  expect(Number(claims.exp) - Number(claims.iat)).toBe(300)
})

it('an elevation carries only the hash of the approved details', async () => {
  const token = await tokenFor(detailsOf(toBob))
  // printf '[{"amount":"100.00","payee":"Bob","type":"payment"}]' | openssl dgst -sha256 -binary | basenc --base64url
  expect(decodeJwt(token).authorization_details_hash).toBe('k6hny-JmVtjEz9pcklSmoSJts4rtjwwdfFCp-8704Q0')
  expect(JSON.stringify(decodeJwt(token))).not.toContain('Bob')
})

it('a bound elevation is rejected by a guard without details', async () => {
  const token = await tokenFor(detailsOf(toBob))
  const headers = { authorization: 'Bearer user:ann', 'x-dyn-elevated-access-token': token }
  const answer = await world.server.checkElevation(new Request('http://test.local/', { headers }), scope)
  expect(answer).toBeInstanceOf(Response)

  const unlink = { requestedScopes: ['credential:unlink'], authorizationDetails: detailsOf(toBob) }
  const bound = (await approve(unlink)).body.elevatedAccessToken
  const { body: list } = await world.call('GET', '/users/mfa', { as: 'ann' })
  const removal = await world.call('DELETE', `/users/mfa/${list.devices[0].id}`, {
    as: 'ann',
    headers: { 'x-dyn-elevated-access-token': bound },
  })
  expect(removal.status).toBe(403)
  const check = await world.call('POST', '/stepUp/check', {
    as: 'ann',
    body: { scope: 'credential:unlink' },
    headers: { 'x-dyn-elevated-access-token': bound },
  })
  expect(check.body.isRequired).toBe(true)
})

it('another service checks the details of an elevation with only the public keys', async () => {
  const listener = createServer(async (_, response) => {
    const jwks = await world.server.fetch(new Request('http://test.local/.well-known/jwks.json'))
    response.setHeader('content-type', 'application/json').end(await jwks.text())
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void listener.close())
  await new Promise((resolve) => listener.once('listening', resolve))
  const { port } = listener.address() as AddressInfo
  const verifier = createVerifier({
    jwksUrl: `http://127.0.0.1:${port}/`,
    issuer: 'Test',
    environmentId: 'test',
    clock: () => world.now,
    consumeToken: async () => true,
  })
  const token = await tokenFor(detailsOf(toBob))
  const wanted = { userId: 'ann', scope }
  const other = detailsOf({ ...toBob, payee: 'Mallory' })
  await expect(verifier.elevation(token, wanted)).rejects.toMatchObject({ code: 'elevation_required' })
  await expect(verifier.elevation(token, { ...wanted, authorizationDetails: other })).rejects.toMatchObject({
    code: 'elevation_required',
  })
  const found = await verifier.elevation(token, { ...wanted, authorizationDetails: detailsOf(toBob) })
  expect(found.singleUse).toBe(true)
})

it.each<[string, unknown, Record<string, unknown>?]>([
  ['no list', { type: 'payment' }],
  ['none', []],
  ['one without a type', [{ amount: '1' }]],
  ['one whose type is empty', [{ type: '' }]],
  ['one whose type is no text', [{ type: 7 }]],
  ['one that is no object', ['payment']],
  ['too many', Array.from({ length: 21 }, () => ({ type: 'a' }))],
  ['too long', [{ type: 'a', note: 'x'.repeat(4096) }]],
  ['half a character', [{ type: 'a', note: '\ud800' }]],
  ['half a character in a name', [{ type: 'a', '\udc00': 1 }]],
  ['deep nesting', [{ type: 'a', deep: JSON.parse('['.repeat(2000) + ']'.repeat(2000)) }]],
  ['no scope that they are for', detailsOf(toBob), { requestedScopes: undefined }],
])(
  'authorization details of %s are accepted, or rejected with a message before a code is consumed',
  async (what, details, more) => {
    const { status, body } = await approve({ authorizationDetails: details, ...more })
    if (what === 'too deep') expect([200, 400]).toContain(status)
    else expect([status, body.code]).toEqual([400, 'bad_request'])
    expect(JSON.stringify(body)).not.toContain('xxx')
    expect((await approve({})).status).toBe(200)
  },
)

it('a guard rejects unusable options when it is made', () => {
  const guard = (options: object) => () => world.server.requireElevation(scope, options)
  expect(guard({ authorizationDetails: detailsOf(toBob) })).toThrow(/authorizationDetails takes a function/)
  expect(guard({ autorizationDetails: () => [] })).toThrow(/There is no option autorizationDetails/)
})
