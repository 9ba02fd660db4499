/** Another service, with the JWKS alone. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { generateKeyPair } from 'jose'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { memoryStore } from '../../../src/server/index.ts'
import { createVerifier } from '../../../src/server/tokens/verifier.ts'
import { createWorld, ENVIRONMENT, foreignJwt, type World } from '../../support/world.ts'

let world: World
const closing: (() => void)[] = []
beforeEach(() => {
  world = createWorld(() => memoryStore())
})
afterEach(async () => {
  vi.restoreAllMocks()
  for (const close of closing.splice(0)) close()
  await world.close()
})

async function elevation(scope: string): Promise<string> {
  const { secret } = await world.enroll('ann')
  const body = { code: world.codeOf(secret), requestedScopes: [scope] }
  const answer = await world.call('POST', '/users/mfa/auth/totp', { as: 'ann', body })
  return answer.body.elevatedAccessToken
}

const verifier = async (
  more: { issuer?: string; environmentId?: string; consumeToken?: () => Promise<boolean> } = {},
) => {
  const listener = createServer(async (_, response) => {
    const jwks = await world.server.fetch(new Request('http://test.local/.well-known/jwks.json'))
    response.end(await jwks.text())
  }).listen(0, '127.0.0.1')
  closing.push(() => listener.close())
  await new Promise((resolve) => listener.once('listening', resolve))
  const { port } = listener.address() as AddressInfo
  return createVerifier({
    jwksUrl: `http://127.0.0.1:${port}/jwks.json`,
    issuer: 'Test',
    environmentId: ENVIRONMENT,
    clock: () => world.now,
    ...more,
  })
}
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'accepted',
    ({ code }) => code,
  )

it('another service verifies sessions and elevations by the JWKS alone, bound to user, scope, issuer, environment and kind', async () => {
  const token = await elevation('wallet:sign')
  const session = (await world.call('POST', '/externalAuth/signin', { body: { jwt: 'user:ann' } })).body
    .minifiedJwt
  const { session: sessionOf, elevation: elevationOf } = await verifier()
  expect(await sessionOf(session)).toMatchObject({ user: { userId: 'ann' }, session: { mfaOwed: false } })
  expect(await elevationOf(token, { userId: 'ann', scope: 'wallet:sign' })).toMatchObject({
    singleUse: false,
  })
  expect(await codeOf(elevationOf(token, { userId: 'bob', scope: 'wallet:sign' }))).toBe('elevation_required')
  expect(await codeOf(elevationOf(token, { userId: 'ann', scope: 'wallet:export' }))).toBe(
    'elevation_required',
  )
  expect(await codeOf(sessionOf(token))).toBe('unauthenticated')
  expect(await codeOf(elevationOf(session, { userId: 'ann', scope: 'wallet:sign' }))).toBe(
    'elevation_required',
  )
  const { sessionId } = await elevationOf(token, { userId: 'ann', scope: 'wallet:sign' })
  const inSession = (id: string) =>
    codeOf(elevationOf(token, { userId: 'ann', scope: 'wallet:sign', sessionId: id }))
  expect(await inSession(sessionId ?? '')).toBe('accepted')
  expect(await inSession('another')).toBe('elevation_required')
  const foreign = await verifier({ environmentId: 'live' })
  expect(await codeOf(foreign.session(session))).toBe('unauthenticated')
  expect(await codeOf((await verifier({ issuer: 'Other' })).session(session))).toBe('unauthenticated')
  world.now += 601_000
  expect(await codeOf(elevationOf(token, { userId: 'ann', scope: 'wallet:sign' }))).toBe('elevation_expired')
})

it('another service checks the signature of a token once, and rejects it when its key is no longer published', async () => {
  const { body } = await world.call('POST', '/externalAuth/signin', { body: { jwt: 'user:ann' } })
  const { session: sessionOf } = await verifier()
  const checks = vi.spyOn(crypto.subtle, 'verify')
  const first = await sessionOf(body.minifiedJwt)
  expect(await sessionOf(body.minifiedJwt)).toEqual(first)
  expect(checks).toHaveBeenCalledTimes(1)
  await world.server.rotateSigningKey({ revokeOld: true })
  vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 300_000) // so long a verifier keeps the keys
  expect(await codeOf(sessionOf(body.minifiedJwt))).toBe('unauthenticated')
})

it('another service accepts a single-use elevation only if it can consume it', async () => {
  const token = await elevation('wallet:export')
  const expected = { userId: 'ann', scope: 'wallet:export' }
  expect(await codeOf((await verifier()).elevation(token, expected))).toBe('elevation_required')
  let spent = 0
  const consuming = await verifier({ consumeToken: async () => spent++ === 0 })
  expect(await codeOf(consuming.elevation(token, expected))).toBe('accepted')
  expect(await codeOf(consuming.elevation(token, expected))).toBe('elevation_required')
})

it('another service can require a recent elevation, and an authentication context', async () => {
  const REFEDS = 'https://refeds.org/profile/mfa'
  await world.close()
  world = createWorld(() => memoryStore(), { acr: REFEDS })
  const token = await elevation('wallet:sign')
  const { elevation: elevationOf } = await verifier()
  const asked = (more: { maxAge?: number; acrValues?: string[] }) =>
    codeOf(elevationOf(token, { userId: 'ann', scope: 'wallet:sign', ...more }))
  world.now += 60_000
  expect(await asked({ maxAge: 60, acrValues: ['urn:better', REFEDS] })).toBe('accepted')
  expect(await asked({ maxAge: 59 })).toBe('elevation_expired')
  expect(await asked({ acrValues: ['urn:better'] })).toBe('elevation_required')
  expect(await asked({ acrValues: [] })).toBe('elevation_required')
})

it('another service rejects a token that names no key, and does not report unreachable keys for it', async () => {
  await world.server.rotateSigningKey()
  const { session: sessionOf, elevation: elevationOf } = await verifier()
  const { privateKey } = await generateKeyPair('EdDSA')
  const forged = (typ: string) => foreignJwt({ sub: 'ann' }, privateKey, { alg: 'EdDSA', typ })
  expect(await codeOf(sessionOf(await forged('session+jwt')))).toBe('unauthenticated')
  const elevated = elevationOf(await forged('elevated+jwt'), { userId: 'ann', scope: 'wallet:sign' })
  expect(await codeOf(elevated)).toBe('elevation_required')
})

it('another service reports that it could not reach the keys, not that the token is invalid', async () => {
  const session = (await world.call('POST', '/externalAuth/signin', { body: { jwt: 'user:ann' } })).body
    .minifiedJwt
  const alone = createVerifier({
    jwksUrl: 'http://127.0.0.1:1/',
    issuer: 'Test',
    environmentId: ENVIRONMENT,
  })
  expect(await codeOf(alone.session(session))).toBe('network')
})

it('another service reports that the keys took too long to arrive', async () => {
  const { body } = await world.call('POST', '/externalAuth/signin', { body: { jwt: 'user:ann' } })
  const silent = createServer(() => {}).listen(0, '127.0.0.1')
  closing.push(() => {
    silent.closeAllConnections()
    silent.close()
  })
  await new Promise((resolve) => silent.once('listening', resolve))
  const { timeout } = AbortSignal
  vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => timeout.call(AbortSignal, 20))
  const waiting = createVerifier({
    jwksUrl: `http://127.0.0.1:${(silent.address() as AddressInfo).port}/`,
    issuer: 'Test',
    environmentId: ENVIRONMENT,
  })
  expect(await codeOf(waiting.session(body.minifiedJwt))).toBe('timeout')
})

it('another service finds a new signing key five seconds after its last look, though it caches the keys for longer', async () => {
  const { session: sessionOf } = await verifier()
  const signIn = async () =>
    (await world.call('POST', '/externalAuth/signin', { body: { jwt: 'user:ann' } })).body.minifiedJwt
  await sessionOf(await signIn())
  await world.server.rotateSigningKey({ atOnce: true })
  const token = await signIn()
  const now = Date.now()
  vi.spyOn(Date, 'now').mockReturnValue(now + 4000)
  expect(await codeOf(sessionOf(token))).toBe('unauthenticated')
  vi.spyOn(Date, 'now').mockReturnValue(now + 10_000)
  expect(await codeOf(sessionOf(token))).toBe('accepted')
})
