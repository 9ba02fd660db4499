import { generateKeyPair, SignJWT } from 'jose'
import { afterEach, beforeEach, expect, it, type MockInstance, vi } from 'vitest'
import { TotpFlowError } from '../../../src/contract/errors.ts'
import {
  ELEVATED,
  readElevated,
  readSession,
  SESSION,
  type TokenBinding,
} from '../../../src/server/tokens/claims.ts'
import { createVerifiedTokens } from '../../../src/server/tokens/verified-tokens.ts'

const FROM = 1_800_000_000
const claims = {
  iss: 'Test',
  aud: 'live',
  environment_id: 'live',
  sub: 'ann',
  account: 'ann@example.com',
  sid: 's1',
  auth_time: FROM,
  iat: FROM,
  exp: FROM + 60,
}
const rights = { ...claims, scope: 'wallet:sign', singleUse: false, jti: 'j1' }

let now: number
let pair: Awaited<ReturnType<typeof generateKeyPair>>
let binding: TokenBinding
let checks: MockInstance<typeof crypto.subtle.verify>

const makeKeys = () => generateKeyPair('EdDSA')
const sign = (typ: string, payload: object, key = pair.privateKey) =>
  new SignJWT({ ...payload }).setProtectedHeader({ alg: 'EdDSA', kid: 'k1', typ }).sign(key)
const sessionToken = () => sign(SESSION, claims)

beforeEach(async () => {
  now = FROM * 1000
  pair = await makeKeys()
  binding = {
    issuer: 'Test',
    environmentId: 'live',
    keyFor: vi.fn(async () => pair.publicKey),
    now: () => now,
    known: createVerifiedTokens(),
  }
  checks = vi.spyOn(crypto.subtle, 'verify')
})
afterEach(() => {
  vi.restoreAllMocks()
})

it('a verified token is read again without another signature check, with the same result', async () => {
  const jwt = await sessionToken()
  const first = await readSession(jwt, binding)
  expect(first).toMatchObject({ user: { userId: 'ann' }, session: { id: 's1' } })
  expect(await readSession(jwt, binding)).toEqual(first)
  expect(checks).toHaveBeenCalledTimes(1)
  const elevated = await sign(ELEVATED, rights)
  expect(await readElevated(elevated, binding)).toEqual(await readElevated(elevated, binding))
  expect(checks).toHaveBeenCalledTimes(2)
})

it('a verified token expires on time, to the second, and is valid again if a clock is set back', async () => {
  const jwt = await sessionToken()
  const elevated = await sign(ELEVATED, rights)
  await readSession(jwt, binding)
  await readElevated(elevated, binding)
  now += 59_999
  expect(await readSession(jwt, binding)).not.toBeNull()
  now += 1
  expect(await readSession(jwt, binding)).toBeNull()
  await expect(readElevated(elevated, binding)).rejects.toMatchObject({ code: 'elevation_expired' })
  now -= 1
  expect(await readSession(jwt, binding)).not.toBeNull()
  expect(checks).toHaveBeenCalledTimes(4) // twice more, when they were over
})

it('a verified token is refused before its nbf', async () => {
  const jwt = await sign(SESSION, { ...claims, nbf: FROM })
  await readSession(jwt, binding)
  now -= 1000
  expect(await readSession(jwt, binding)).toBeNull()
})

it('a verified token is refused once its key is gone, or another key has its id', async () => {
  const jwt = await sessionToken()
  await readSession(jwt, binding)
  vi.mocked(binding.keyFor).mockRejectedValueOnce(new TotpFlowError('unauthenticated'))
  expect(await readSession(jwt, binding)).toBeNull()
  const { publicKey } = await makeKeys()
  vi.mocked(binding.keyFor).mockResolvedValue(publicKey)
  expect(await readSession(jwt, binding)).toBeNull()
})

it('a verified token is neither accepted nor refused while the keys are unavailable', async () => {
  const jwt = await sessionToken()
  await readSession(jwt, binding)
  vi.mocked(binding.keyFor).mockRejectedValueOnce(new TotpFlowError('server'))
  await expect(readSession(jwt, binding)).rejects.toMatchObject({ code: 'server', retryable: true })
  expect(await readSession(jwt, binding)).not.toBeNull()
})

it('a verified token is not accepted as a token of the other kind', async () => {
  const session = await sign(SESSION, rights) // with every claim that either needs
  const elevated = await sign(ELEVATED, rights)
  await readSession(session, binding)
  await readElevated(elevated, binding)
  await expect(readElevated(session, binding)).rejects.toMatchObject({ code: 'elevation_required' })
  expect(await readSession(elevated, binding)).toBeNull()
})

it('a verified token vouches for no other: altered claims, an altered signature, an altered header', async () => {
  const jwt = await sessionToken()
  await readSession(jwt, binding)
  const [header, payload, signature = ''] = jwt.split('.')
  const bob = Buffer.from(JSON.stringify({ ...claims, sub: 'bob' })).toString('base64url')
  const other = Buffer.from(JSON.stringify({ alg: 'EdDSA', kid: 'k2', typ: SESSION })).toString('base64url')
  const flipped = (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1)
  for (const forged of [
    [header, bob, signature],
    [header, payload, flipped],
    [header, payload, ''],
    [other, payload, signature],
  ])
    expect(await readSession(forged.join('.'), binding)).toBeNull()
  expect(await readSession(jwt, binding)).toMatchObject({ user: { userId: 'ann' } })
})

it('a rejected token is not cached', async () => {
  const others = await sign(SESSION, { ...claims, environment_id: 'test' })
  const { privateKey } = await makeKeys()
  const forged = await sign(SESSION, claims, privateKey)
  for (const jwt of [others, others, forged, forged]) expect(await readSession(jwt, binding)).toBeNull()
  expect(checks).toHaveBeenCalledTimes(4)
  expect(binding.known.find(others)).toBeUndefined()
  expect(binding.known.find(forged)).toBeUndefined()
})

it('the newest ten thousand verified tokens are cached', () => {
  const { find, keep } = createVerifiedTokens()
  const token = { header: { alg: 'EdDSA' }, payload: {}, key: pair.publicKey }
  for (let count = 0; count <= 10_000; count++) keep(`token ${count}`, token)
  keep('token 10000', token)
  expect(find('token 0')).toBeUndefined()
  expect(find('token 1')).toBe(token)
  expect(find('token 10000')).toBe(token)
})
