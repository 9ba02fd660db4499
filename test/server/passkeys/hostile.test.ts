/** Responses that no honest browser sends. More of them: `TOTP_FLOW_RUNS=50000`. */
import { isoBase64URL, isoCBOR } from '@simplewebauthn/server/helpers'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { memoryStore } from '../../../src/server/index.ts'
import { browserWith, passkeysOfTests, personWith } from '../../support/passkeys.ts'
import { createWorld, type World } from '../../support/world.ts'

const runs = { seed: 25, numRuns: Number(process.env.TOTP_FLOW_RUNS ?? 300) }

let world: World
let ada: ReturnType<typeof personWith>
let eve: ReturnType<typeof personWith>
beforeAll(async () => {
  world = createWorld(() => memoryStore(), { passkeys: passkeysOfTests() })
  ada = personWith(world, 'ada', browserWith({ signCounterIncrement: 1 }))
  eve = personWith(world, 'eve')
  await ada.register({ alias: 'Mine' })
  await eve.register()
})
afterAll(() => world.close())

interface Response {
  id: string
  rawId: string
  type: string
  response: Record<string, unknown>
}
type Bend = (given: Response) => Response

const inResponse =
  (field: string, change: (value: string) => unknown): Bend =>
  (given) => ({
    ...given,
    response: { ...given.response, [field]: change(String(given.response[field])) },
  })

const bytesOf = (base64url: string) => Buffer.from(base64url, 'base64url')
const flipped = (at: number, bit: number) => (value: string) => {
  const bytes = bytesOf(value)
  bytes[at] = (bytes[at] ?? 0) ^ (1 << bit)
  return bytes.toString('base64url')
}
const cut = (at: number) => (value: string) =>
  bytesOf(value)
    .subarray(0, at % bytesOf(value).length)
    .toString('base64url')
const longer = (more: Uint8Array) => (value: string) =>
  Buffer.concat([bytesOf(value), more]).toString('base64url')

/** Client data that says something else (WebAuthn §5.8.1). */
const clientDataWith = (given: object) =>
  inResponse('clientDataJSON', (value) =>
    Buffer.from(JSON.stringify({ ...JSON.parse(bytesOf(value).toString()), ...given })).toString('base64url'),
  )

const anything = fc.oneof(
  fc.jsonValue(),
  fc.string(),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
)

const bends = (fields: string[]): fc.Arbitrary<Bend> => {
  const field = fc.constantFrom(...fields)
  const signed = field.filter((name) => name !== 'signature') // what follows a signature says nothing
  return fc.oneof(
    fc
      .tuple(field, fc.integer({ min: 10, max: 30 }), fc.nat(7))
      .map(([name, at, bit]) => inResponse(name, flipped(at, bit))),
    fc.tuple(field, fc.nat()).map(([name, at]) => inResponse(name, cut(at))),
    fc
      .tuple(signed, fc.uint8Array({ minLength: 1, maxLength: 40 }))
      .map(([name, more]) => inResponse(name, longer(more))),
    fc.tuple(field, anything).map(([name, value]) => inResponse(name, () => value)),
    fc
      .record(
        {
          type: fc.oneof(fc.constantFrom('webauthn.get', 'webauthn.create', 'payment.get'), fc.string()),
          origin: fc.oneof(
            fc.constantFrom('https://example.com', 'https://app.example.com.evil.org', 'null'),
            fc.string(),
          ),
          challenge: anything,
          crossOrigin: fc.boolean(),
          topOrigin: fc.webUrl(),
          tokenBinding: anything,
        },
        { requiredKeys: [] },
      )
      .map(clientDataWith),
    fc.tuple(fc.constantFrom('id', 'rawId', 'type'), anything).map(
      ([name, value]): Bend =>
        (given) => ({ ...given, [name]: value }),
    ),
  )
}

const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)
/** What decodes to the same bytes says the same: a last digit with spare bits. */
const saysTheSame = (one: Response, other: Response) =>
  isSame([one.id, one.rawId, one.type], [other.id, other.rawId, other.type]) &&
  SIGNED.every((name) => {
    const [said, bent] = [one.response[name], other.response[name]]
    return typeof bent === 'string' ? bytesOf(bent).equals(bytesOf(String(said))) : said === bent
  })
const SIGNED = ['clientDataJSON', 'authenticatorData', 'signature', 'attestationObject']

/** No bent response is taken, none is the server's fault, and none changes what the user has. */
async function isRefused(
  honest: Response,
  bent: Response,
  send: (response: Response) => Promise<{ status: number }>,
): Promise<void> {
  if (saysTheSame(honest, bent)) return
  const before = await ada.list()
  const { status } = await send(bent)
  expect([400, 403, 413]).toContain(status)
  expect(await ada.list()).toEqual(before)
  expect(world.errors).toEqual([])
}

it('an assertion that is altered in any way is granted nothing and changes nothing', async () => {
  const bend = bends(['clientDataJSON', 'authenticatorData', 'signature'])
  await fc.assert(
    fc.asyncProperty(bend, async (change) => {
      const honest = ada.browser.get((await ada.call('GET', '/users/passkeys/authenticate')).body)
      await isRefused(honest, change(honest), (response) =>
        ada.call('POST', '/users/mfa/auth/passkey', { ...response, requestedScopes: ['wallet:export'] }),
      )
    }),
    runs,
  )
})

/** What a registration is judged by. */
function essenceOf({ id, rawId, type, response }: Response): unknown {
  try {
    const data = JSON.parse(bytesOf(String(response.clientDataJSON)).toString())
    return [id, rawId, type, data.type, data.challenge, data.origin, data.crossOrigin === true]
  } catch {
    return null
  }
}

it('a registration with wrong client data or ids adds nothing', async () => {
  const bend = bends(['clientDataJSON'])
  await fc.assert(
    fc.asyncProperty(bend, async (change) => {
      const proof = await ada.elevated('credential:link')
      const { body: options } = await ada.call('GET', '/users/passkeys/register')
      const honest = browserWith().create(options)
      const bent = change(honest)
      // Nothing signs it, since no attestation is asked for: what says the same is as good.
      if (isSame(essenceOf(honest), essenceOf(bent))) return
      await isRefused(honest, bent, (response) =>
        ada.call('POST', '/users/passkeys/register', response, proof),
      )
    }),
    { ...runs, numRuns: runs.numRuns / 3 },
  )
})

it('no attestation object makes the server fail, and a passkey that it adds is one that nobody else has', async () => {
  const bend = bends(['attestationObject'])
  await fc.assert(
    fc.asyncProperty(bend, async (change) => {
      const { body: options } = await world.call('GET', '/users/passkeys/register', { as: 'bob' })
      const bent = change(browserWith().create(options))
      const { status } = await world.call('POST', '/users/passkeys/register', { as: 'bob', body: bent })
      expect([200, 400, 403, 413]).toContain(status)
      expect(world.errors).toEqual([])
      const credentials = (
        await Promise.all([ada.list(), eve.list(), personWith(world, 'bob').list()])
      ).flat()
      expect(new Set(credentials.map(({ credentialId }) => credentialId)).size).toBe(credentials.length)
      await world.server.resetUser('bob')
      world.now += 1000
    }),
    { ...runs, numRuns: runs.numRuns / 3 },
  )
})

/** Authenticator data (WebAuthn §6.1) in an attestation object: a byte string of up to 255 or 65535 bytes (RFC 8949 §3). */
function attestedIn({ response }: Response) {
  const attested = bytesOf(String(response.attestationObject))
  const start = attested.indexOf('authData') + 'authData'.length
  return { attested, start, data: attested.subarray(start + (attested[start] === 0x58 ? 2 : 3)) }
}
const FLAGS = 32
const BACKUP_FLAGS = 0x18

it('a passkey that contradicts itself on whether it may be synced is rejected', async () => {
  const dot = personWith(world, 'dot')
  const { body: options } = await dot.call('GET', '/users/passkeys/register')
  const made = dot.browser.create(options)
  const { attested, data } = attestedIn(made)
  data[FLAGS] = (data[FLAGS] ?? 0) & ~BACKUP_FLAGS
  made.response.attestationObject = attested.toString('base64url')
  expect((await dot.call('POST', '/users/passkeys/register', made)).status).toBe(200)
  expect(await dot.list()).toMatchObject([{ backedUp: false }])
  expect((await dot.authenticate()).status).toBe(403)
})

it('an attestation statement is ignored, since its certificates could make the server fetch URLs', async () => {
  const formats = ['packed', 'fido-u2f', 'android-key', 'android-safetynet', 'tpm', 'apple', 'new']
  for (const [at, format] of formats.entries()) {
    const as = `fmt-${at}`
    const { body: options } = await world.call('GET', '/users/passkeys/register', { as })
    const made = browserWith().create(options)
    const { data } = attestedIn(made)
    const statement = new Map<string, number | Uint8Array | Uint8Array[]>([
      ['alg', -7],
      ['sig', new Uint8Array(64)],
      ['x5c', [new Uint8Array(9)]],
    ])
    const attested = new Map<string, string | Uint8Array | typeof statement>([
      ['fmt', format],
      ['attStmt', statement],
      ['authData', new Uint8Array(data)],
    ])
    made.response.attestationObject = isoBase64URL.fromBuffer(isoCBOR.encode(attested))
    const { status } = await world.call('POST', '/users/passkeys/register', { as, body: made })
    expect([format, status]).toEqual([format, 200])
  }
})

it('a credential whose id is longer than 1023 bytes is refused', async () => {
  const made = async (length: number) => {
    const { body: options } = await world.call('GET', '/users/passkeys/register', { as: 'cid' })
    const response = browserWith().create(options)
    const { attested, start, data } = attestedIn(response)
    const old = data.readUInt16BE(53)
    const id = Buffer.alloc(length, 7)
    const sizes = Buffer.alloc(5)
    // The id stands behind 55 bytes (WebAuthn §6.5.1).
    const bent = Buffer.concat([data.subarray(0, 53), Buffer.alloc(2), id, data.subarray(55 + old)])
    bent.writeUInt16BE(length, 53)
    sizes.writeUInt8(0x59, 0)
    sizes.writeUInt16BE(bent.length, 1)
    const attestationObject = Buffer.concat([attested.subarray(0, start), sizes.subarray(0, 3), bent])
    const text = id.toString('base64url')
    return {
      ...response,
      id: text,
      rawId: text,
      response: { ...response.response, attestationObject: attestationObject.toString('base64url') },
    }
  }
  const register = async (body: unknown) =>
    (await world.call('POST', '/users/passkeys/register', { as: 'cid', body })).status
  expect(await register(await made(1024))).toBe(403)
  expect(await register(await made(1023))).toBe(200)
})

it('one user’s signature grants nothing to another, whatever id and challenge are sent with it', async () => {
  const from = fc.constantFrom('ada', 'eve')
  await fc.assert(
    fc.asyncProperty(from, from, fc.boolean(), async (credentialOf, challengeOf, isNamedByOther) => {
      if (credentialOf === 'ada' && challengeOf === 'ada' && !isNamedByOther) return
      const people = { ada, eve }
      const { body: options } = await people[challengeOf].call('GET', '/users/passkeys/authenticate')
      const signer = people[credentialOf]
      const [{ credentialId }] = await signer.list()
      const allowCredentials = [{ id: credentialId, type: 'public-key' }]
      const signed = signer.browser.get({ ...options, allowCredentials })
      const [{ credentialId: other }] = await people[credentialOf === 'ada' ? 'eve' : 'ada'].list()
      const response = isNamedByOther ? { ...signed, id: other, rawId: other } : signed
      await isRefused({ ...signed, id: '' }, response, (body) =>
        ada.call('POST', '/users/mfa/auth/passkey', body),
      )
    }),
    { ...runs, numRuns: 40 },
  )
})

it('the calls about passkeys answer any body and any query with a typed error', async () => {
  const calls = [
    ['POST', '/users/passkeys/register'],
    ['POST', '/users/mfa/auth/passkey'],
    ['PUT', '/users/passkeys'],
    ['DELETE', '/users/passkeys'],
  ] as const
  const query = fc
    .string()
    .map((text) => `/users/passkeys/authenticate?requestedScopes=${encodeURIComponent(text)}`)
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...calls),
      fc.jsonValue(),
      query,
      async ([method, path], body, asked) => {
        const { status } = await world.call(method, path, { as: 'ada', raw: JSON.stringify(body) })
        expect(status).toBe(400)
        expect([200, 400]).toContain((await world.call('GET', asked, { as: 'ada' })).status)
        expect(world.errors).toEqual([])
      },
    ),
    runs,
  )
})
