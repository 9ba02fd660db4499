import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { memoryStore, type User } from '../../../src/server/index.ts'
import { createWorld, type World } from '../../support/world.ts'

let world: World
let user: unknown
beforeEach(() => {
  world = createWorld(() => memoryStore(), {
    issuer: 'I'.repeat(400),
    identity: () => user as User, // whatever a host in JavaScript returns
  })
})
afterEach(() => world.close())

const signIn = () => world.call('POST', '/externalAuth/signin', { body: { jwt: 'x' } })
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

const carried: [string, unknown, string][] = [
  ['no account', { userId: 'ann' }, 'ann'],
  ['an account of undefined', { userId: 'ann', account: undefined }, 'ann'],
  ['an account of null', { userId: 'ann', account: null }, 'ann'],
  ['an empty account', { userId: 'ann', account: '' }, 'ann'],
  ['a blank account', { userId: 'ann', account: ' \u00a0' }, 'ann'],
  ['the longest account', { userId: 'ann', account: '"'.repeat(1024) }, '"'.repeat(1024)],
  ['the longest account in three bytes each', { userId: 'ann', account: '漢'.repeat(341) }, '漢'.repeat(341)],
  ['the longest of all ids', { userId: '\u0001'.repeat(255), account: '"'.repeat(1024) }, '"'.repeat(1024)],
  ['an account of spaces, accents and pictures', { userId: 'ann', account: 'Zoë 👩‍🚀' }, 'Zoë 👩‍🚀'],
]

it.each(carried)('a user with %s can sign in and gets a valid session', async (_, given, account) => {
  user = given
  const { status, body } = await signIn()
  expect([status, body.user.email]).toEqual([200, account])
  expect(body.minifiedJwt.length).toBeLessThan(8192)
  user = null // from here on the session alone tells
  const me = await world.call('GET', '/users', bearer(body.minifiedJwt))
  expect([me.status, me.body.email]).toEqual([200, account])
  const refreshed = await world.call('POST', '/refresh', bearer(body.minifiedJwt))
  expect(refreshed.status).toBe(200)
})

const refused: [string, unknown, string][] = [
  ['an account of 6,000 characters', { userId: 'ann', account: 'a'.repeat(6000) }, 'account'],
  ['an account of 1,025 bytes', { userId: 'ann', account: `${'漢'.repeat(341)}aa` }, 'account'],
  ['a line break in the account', { userId: 'ann', account: 'ann\r\nx: y' }, 'account'],
  ['a NUL in the account', { userId: 'ann', account: 'ann\0' }, 'account'],
  ['a line separator in the account', { userId: 'ann', account: 'ann\u2028' }, 'account'],
  ['half a character in the account', { userId: 'ann', account: 'a\ud800' }, 'account'],
  ['a number for an account', { userId: 'ann', account: 5 }, 'account'],
  ['an object for an account', { userId: 'ann', account: { toString: () => 'ann' } }, 'account'],
  ['a number for an id', { userId: 5, account: 'ann' }, 'user id'],
  ['no id', { account: 'ann' }, 'user id'],
  ['an empty id', { userId: '', account: 'ann' }, 'user id'],
  ['a list for an id', { userId: ['ann'], account: 'ann' }, 'user id'],
  ['text for a user', 'ann', '{ userId, account }'],
  ['true for a user', true, '{ userId, account }'],
  ['a number for a user', 0, '{ userId, account }'],
]

describe.each(refused)('an invalid user: %s', (_, given, words) => {
  const refusal = expect.objectContaining({ code: 'bad_request', message: expect.stringContaining(words) })
  const answer = { status: 400, body: { code: 'bad_request', error: expect.stringContaining(words) } }

  it('an invalid user is refused with a message at sign-in, and with the host’s own credential', async () => {
    user = given
    expect(await signIn()).toMatchObject(answer)
    expect(await world.call('GET', '/users', bearer('x'))).toMatchObject(answer)
    expect(await world.call('GET', '/users/mfa/register/totp', bearer('x'))).toMatchObject(answer)
  })

  it('an invalid user is refused with a message in process', async () => {
    expect(() => world.server.backendFor(given as User)).toThrow(refusal)
    await expect(world.server.mintElevation(given as User, ['wallet:sign'])).rejects.toEqual(refusal)
  })
})

it.each([null, undefined, false])('%s identifies nobody', async (nobody) => {
  user = nobody
  expect(await signIn()).toMatchObject({ status: 401, body: { code: 'invalid_external_auth' } })
  expect(await world.call('GET', '/users', bearer('x'))).toMatchObject({ status: 401 })
})

it('an in-process user without an account is named by the id', async () => {
  const backend = world.server.backendFor({ userId: 'ann' } as User)
  expect(new URL((await backend.registerTotpMfaDevice()).uri).pathname).toContain(':ann')
})

it.each([
  [
    'throws',
    () => {
      throw new Error('gone')
    },
  ],
  ['rejects', () => Promise.reject(new Error('gone'))],
])('an identity that %s is the server’s failure, and signs nobody out', async (_, identity) => {
  const failing = createWorld(() => memoryStore(), { identity })
  expect(await failing.call('POST', '/externalAuth/signin', { body: { jwt: 'x' } })).toMatchObject({
    status: 500,
    body: { code: 'server' },
  })
  expect((await failing.call('GET', '/users', bearer('x'))).status).toBe(500)
  await failing.close()
})
