import { decodeProtectedHeader, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createSecrets, newMasterKey, signingKeyAad } from '../../../src/server/crypto/secrets.ts'
import { memoryStore, type Store, type StoredSigningKey } from '../../../src/server/index.ts'
import { openAll } from '../../../src/server/tokens/signing-keys.ts'
import { createWorld, ENVIRONMENT, MASTER_KEY, stores, type World } from '../../support/world.ts'

const secrets = createSecrets(MASTER_KEY)
const MINUTE = 60_000
const inMemory = stores[0]?.[1] ?? memoryStore

/** A row as an attacker makes it who can write to the table but has no master key. */
async function foreignRow(
  given: Partial<StoredSigningKey> = {},
  algorithm = 'EdDSA',
  by = createSecrets(newMasterKey()),
) {
  const pair = await generateKeyPair(algorithm, { extractable: true })
  const kid = given.kid ?? crypto.randomUUID()
  const publicJwk = JSON.stringify({ ...(await exportJWK(pair.publicKey)), kid, alg: algorithm, use: 'sig' })
  const sealedPrivateJwk = await by.seal(JSON.stringify(await exportJWK(pair.privateKey)), signingKeyAad(kid))
  const row: StoredSigningKey = { generation: 2, kid, signsFrom: 0, publicJwk, sealedPrivateJwk, ...given }
  return { row, privateKey: pair.privateKey }
}

const sessionOf = (world: World, key: CryptoKey, kid: string, alg = 'EdDSA') => {
  const seconds = Math.floor(world.now / 1000)
  const claims = {
    account: 'ann@example.com',
    sid: 's1',
    auth_time: seconds,
    environment_id: ENVIRONMENT,
    sub: 'ann',
    iss: 'Test',
    aud: ENVIRONMENT,
    iat: seconds,
    exp: seconds + 600,
  }
  return new SignJWT(claims).setProtectedHeader({ alg, typ: 'session+jwt', kid }).sign(key)
}

const statusOf = async (world: World, token: string) =>
  (await world.call('GET', '/users', { headers: { authorization: `Bearer ${token}` } })).status

async function signIn(world: World): Promise<string> {
  const { status, body } = await world.call('POST', '/externalAuth/signin', { body: { jwt: 'user:ann' } })
  if (status !== 200) throw new Error(`could not sign in: ${JSON.stringify(body)}`)
  return body.minifiedJwt
}

async function published(world: World): Promise<JWK[]> {
  const response = await world.server.fetch(new Request('http://test.local/.well-known/jwks.json'))
  return response.status === 200 ? (await response.json()).keys : expect.unreachable()
}

const unreadable = (world: World) =>
  world.events.flatMap((event) => (event.type === 'signing_key_unreadable' ? event.kid : []))

let world: World
let store: Store
let genuine: StoredSigningKey

async function begin(makeStore: (path: string) => Store, options = {}) {
  let memory: Store | undefined
  world = createWorld((path) => {
    if (makeStore === inMemory) memory ??= makeStore(path) // it outlives its server
    store = memory ?? makeStore(path)
    return store
  }, options)
  await world.server.ready()
  const [first] = await store.signingKeys()
  genuine = first ?? expect.unreachable()
}
const put = async (row: StoredSigningKey) => {
  await store.dropSigningKey(row.kid)
  await store.addSigningKey(row)
  world.now += MINUTE // until the node looks again
}
afterEach(() => world.close())

describe.each(stores)('on %s', (_, makeStore) => {
  beforeEach(() => begin(makeStore))

  it('a row that an attacker wrote signs nobody in, is published nowhere, and stops neither start nor rotation', async () => {
    const { row, privateKey } = await foreignRow({ generation: 2_147_483_647 })
    await put(row)
    const token = await signIn(world)
    expect(decodeProtectedHeader(token).kid).toBe(genuine.kid)
    expect(await statusOf(world, token)).toBe(200)
    expect(await statusOf(world, await sessionOf(world, privateKey, row.kid))).toBe(401)
    expect((await published(world)).map(({ kid }) => kid)).toEqual([genuine.kid])

    await world.restart()
    await world.server.ready()
    const { kid } = await world.server.rotateSigningKey({ atOnce: true })
    expect(decodeProtectedHeader(await signIn(world)).kid).toBe(kid)
    expect((await published(world)).map((key) => key.kid)).toEqual([kid, genuine.kid])
    expect(await statusOf(world, token)).toBe(200)
    const revoked = await world.server.rotateSigningKey({ revokeOld: true })
    expect(revoked.dropped).toEqual(expect.arrayContaining([row.kid, kid, genuine.kid]))
    expect((await store.signingKeys()).map((key) => key.kid)).toEqual([revoked.kid])
  })

  it('a row that occupies the next generation does not block rotation, and is not dropped by it', async () => {
    const { row } = await foreignRow({ generation: genuine.generation + 1 })
    await put(row)
    const { kid, dropped } = await world.server.rotateSigningKey()
    expect(dropped).toEqual([])
    expect((await store.signingKeys()).map((key) => key.kid).sort()).toEqual(
      [kid, row.kid, genuine.kid].sort(),
    )
    expect((await published(world)).map((key) => key.kid)).toEqual([kid, genuine.kid])
  })

  it('an unreadable row is named in the log once, and without its content', async () => {
    const { row } = await foreignRow()
    await put(row)
    for (let minutes = 0; minutes < 3; minutes++) {
      await signIn(world)
      world.now += MINUTE
    }
    expect(unreadable(world)).toEqual([row.kid])
    const log = JSON.stringify(world.events)
    expect(log).not.toContain(row.sealedPrivateJwk.slice(-20))
    expect(log).not.toContain(JSON.parse(row.publicJwk).x)
  })

  it('earlier tokens stay valid while keys are resealed under another master key', async () => {
    const token = await signIn(world)
    const other = newMasterKey()
    const resealed = await createSecrets(other).seal(
      await secrets.open(genuine.sealedPrivateJwk, signingKeyAad(genuine.kid)),
      signingKeyAad(genuine.kid),
    )
    const { path } = world
    const next = createWorld(() => (makeStore === inMemory ? store : makeStore(path)), {
      masterKey: `${other},${MASTER_KEY}`,
    })
    await next.server.ready()
    await store.reseal(
      { kind: 'signing key', userId: '', id: genuine.kid, sealed: genuine.sealedPrivateJwk },
      resealed,
    )
    next.now += MINUTE
    expect(await statusOf(next, token)).toBe(200)
    expect(decodeProtectedHeader(await signIn(next)).kid).toBe(genuine.kid)
    expect(unreadable(next)).toEqual([])
    await next.close()
  })
})

const at = (jwk: string, change: object) => JSON.stringify({ ...JSON.parse(jwk), ...change })
const seal = (jwk: object, kid: string) => secrets.seal(JSON.stringify(jwk), signingKeyAad(kid))

describe('a row that is no key', () => {
  beforeEach(() => begin(inMemory))

  const tampered: Record<
    string,
    (
      good: StoredSigningKey,
      foreign: StoredSigningKey,
    ) => Partial<StoredSigningKey> | Promise<Partial<StoredSigningKey>>
  > = {
    'whose public key is another one': (_, { publicJwk }) => ({ publicJwk }),
    'whose public key has another use': ({ publicJwk }) => ({ publicJwk: at(publicJwk, { use: 'enc' }) }),
    'whose public key names another algorithm': ({ publicJwk }) => ({
      publicJwk: at(publicJwk, { alg: 'ES256' }),
    }),
    'whose public key names another id': ({ publicJwk }) => ({ publicJwk: at(publicJwk, { kid: 'other' }) }),
    'whose public key says more': ({ publicJwk }) => ({
      publicJwk: at(publicJwk, { x5u: 'https://evil.example' }),
    }),
    'whose public key is no JSON': () => ({ publicJwk: '{' }),
    'whose public key is no object': () => ({ publicJwk: 'null' }),
    'whose private part is another one’s': (_, { sealedPrivateJwk }) => ({ sealedPrivateJwk }),
    'whose private part is cut': ({ sealedPrivateJwk }) => ({
      sealedPrivateJwk: sealedPrivateJwk.slice(0, -8),
    }),
    'without a private part': () => ({ sealedPrivateJwk: '' }),
    'whose private part is no text': () => ({ sealedPrivateJwk: null as never }),
    'that was moved to another id': ({ publicJwk }) => ({
      kid: 'moved',
      publicJwk: at(publicJwk, { kid: 'moved' }),
    }),
    'sealed as what is no JWK': async ({ kid }) => ({ sealedPrivateJwk: await seal(['x'], kid) }),
    'sealed as a key of another curve': async ({ kid }) => {
      const { privateKey, publicKey } = await generateKeyPair('ES384', { extractable: true })
      const publicJwk = JSON.stringify({ ...(await exportJWK(publicKey)), kid, alg: 'ES384', use: 'sig' })
      return { publicJwk, sealedPrivateJwk: await seal(await exportJWK(privateKey), kid) }
    },
    'sealed as a symmetric key': async ({ kid }) => {
      const secret = { kty: 'oct', k: 'AAAA' }
      return { publicJwk: JSON.stringify({ ...secret, kid }), sealedPrivateJwk: await seal(secret, kid) }
    },
    'sealed without its private number': async ({ kid, publicJwk }) => ({
      sealedPrivateJwk: await seal(JSON.parse(publicJwk), kid),
    }),
  }
  it.each(Object.entries(tampered))('a row %s is not used as a key', async (_name, tamper) => {
    const { kid } = await world.server.rotateSigningKey({ atOnce: true })
    const token = await signIn(world)
    expect(decodeProtectedHeader(token).kid).toBe(kid)
    const good = (await store.signingKeys()).find((key) => key.kid === kid) ?? expect.unreachable()
    const { row: foreign } = await foreignRow()
    await store.dropSigningKey(kid)
    const row = { ...good, ...(await tamper(good, foreign)) }
    await put(row)
    expect((await published(world)).map((key) => key.kid)).toEqual([genuine.kid])
    expect(await statusOf(world, token)).toBe(401)
    expect(decodeProtectedHeader(await signIn(world)).kid).toBe(genuine.kid)
    expect(unreadable(world)).toEqual([row.kid])
    // As it was, it is one again: this is what the test changed, and no more.
    await store.dropSigningKey(row.kid)
    await put(good)
    expect(await statusOf(world, token)).toBe(200)
  })

  it('a row is not used as a key even if it verifies its own signatures, by any algorithm and however it was published', async () => {
    for (const algorithm of ['EdDSA', 'ES256']) {
      const { row, privateKey } = await foreignRow({ signsFrom: world.now + 10 ** 12 }, algorithm)
      await put(row)
      expect(await statusOf(world, await sessionOf(world, privateKey, row.kid, algorithm))).toBe(401)
    }
    const { row, privateKey } = await foreignRow({ kid: genuine.kid })
    await put({ ...genuine, publicJwk: row.publicJwk })
    const answer = await world.call('GET', '/users', {
      headers: { authorization: `Bearer ${await sessionOf(world, privateKey, genuine.kid)}` },
    })
    expect(answer.body.code).toBe('server') // none is left, which says nothing about a token
  })
})

it('a server does not start if no stored key opens, and says what to do', async () => {
  await begin(inMemory)
  const other = createWorld(() => store, { masterKey: newMasterKey() })
  await expect(other.server.ready()).rejects.toThrow('another master key')
  await put({ ...genuine, sealedPrivateJwk: `${genuine.sealedPrivateJwk.slice(0, -4)}AAAA` })
  await world.restart()
  await expect(world.server.ready()).rejects.toThrow('Restore the table totp_flow_signing_keys')
  await other.close()
})

it('a server does not start without the master key that sealed users’ secrets, even if its newest signing key opens', async () => {
  await begin(inMemory)
  await world.enroll('ann')
  const newer = newMasterKey()
  const both = createWorld(() => store, { masterKey: `${newer},${MASTER_KEY}` })
  await both.server.rotateSigningKey({ atOnce: true })
  const early = createWorld(() => store, { masterKey: newer })
  await expect(early.server.ready()).rejects.toThrow('another master key')
  await both.server.reseal()
  await early.server.ready()
  await both.close()
  await early.close()
})

it('a running server answers that it failed, and signs nobody out, once no key opens', async () => {
  await begin(inMemory)
  const token = await signIn(world)
  await put({ ...genuine, publicJwk: '{}' })
  expect(await statusOf(world, token)).toBe(500)
  await put(genuine)
  expect(await statusOf(world, token)).toBe(200)
})

it('a server opens each key once, and verifies without opening any', async () => {
  let reads = 0
  await begin(inMemory, {
    masterKey: () => {
      reads++
      return MASTER_KEY
    },
  })
  const imported = vi.spyOn(crypto.subtle, 'importKey')
  const token = await signIn(world)
  const before = reads
  for (let minutes = 0; minutes < 5; minutes++) {
    expect(await statusOf(world, token)).toBe(200)
    world.now += MINUTE
  }
  expect([reads, imported.mock.calls.length]).toEqual([before, 0])
  imported.mockRestore()
})

it('a server tells whether some keys do not open, or all', async () => {
  await begin(inMemory)
  const { row } = await foreignRow()
  await expect(openAll([genuine], secrets)).resolves.toBeUndefined()
  await expect(openAll([row, genuine], secrets)).rejects.toThrow(
    `1 of 2 do not open and are not used: ${row.kid}`,
  )
  await expect(openAll([row], secrets)).rejects.toThrow('another master key')
})

describe('the search for new keys', () => {
  let asked: number
  beforeEach(async () => {
    asked = 0
    await begin(() => {
      const kept = memoryStore()
      return {
        ...kept,
        signingKeys() {
          asked++
          return kept.signingKeys()
        },
      }
    })
    asked = 0
  })

  it('a server looks for keys once a second at most, however many tokens name made-up key ids', async () => {
    const { privateKey } = await foreignRow()
    const flood = () =>
      Promise.all(
        Array.from({ length: 50 }, async (_, index) =>
          statusOf(world, await sessionOf(world, privateKey, `made-up-${index}`)),
        ),
      )
    world.now += 1000
    expect(new Set(await flood())).toEqual(new Set([401]))
    expect(asked).toBe(1)
    world.now += 999
    await flood()
    expect(asked).toBe(1)
    world.now += 1
    await flood()
    expect(asked).toBe(2)
  })

  it.each([-MINUTE, -24 * 3_600_000, MINUTE])(
    'a server finds new keys although a clock is off by %i milliseconds',
    async (step) => {
      const token = await signIn(world)
      const other = createWorld(() => store)
      const { kid } = await other.server.rotateSigningKey({ atOnce: true })
      world.now += step
      await world.call('GET', '/users', { headers: { authorization: `Bearer ${token}` } })
      expect((await published(world)).map((key) => key.kid)).toContain(kid)
      await other.close()
    },
  )
})

it('a replaced key is kept until every token that it signed has expired', async () => {
  await begin(inMemory)
  const token = await signIn(world)
  const rotate = () => world.server.rotateSigningKey({ atOnce: true })
  await rotate()
  world.now += 12 * 60 * MINUTE - 1
  expect((await rotate()).dropped).toEqual([])
  expect(await statusOf(world, token)).toBe(200)
  world.now += 2
  expect((await rotate()).dropped).toEqual([genuine.kid])
})

it('the published keys match the sealed private keys, and hold nothing private', async () => {
  await begin(inMemory, { algorithm: 'ES256' })
  const [jwk] = await published(world)
  expect(Object.keys(jwk ?? {}).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
  const sealed = JSON.parse(await secrets.open(genuine.sealedPrivateJwk, signingKeyAad(genuine.kid)))
  expect(jwk).toMatchObject({ x: sealed.x, y: sealed.y, alg: 'ES256', use: 'sig' })
  expect(await importJWK(jwk ?? {}, 'ES256')).toMatchObject({ type: 'public' })
})

it('a failed read of the stored keys is repeated for the next request, not a minute later', async () => {
  const store = memoryStore()
  const signingKeys = vi.fn(store.signingKeys)
  world = createWorld(() => ({ ...store, signingKeys }))
  await world.server.ready()
  world.now += MINUTE
  signingKeys.mockRejectedValueOnce(new Error('the database is down'))
  const ask = async () =>
    (await world.server.fetch(new Request('http://test.local/.well-known/jwks.json'))).status
  expect([await ask(), await ask()]).toEqual([500, 200])
})
