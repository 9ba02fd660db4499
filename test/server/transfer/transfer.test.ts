/** Authenticators that come from other systems, and go to other instances: nobody is locked in, and nobody scans twice. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type ExportedUser,
  type ImportSummary,
  memoryStore,
  type PasskeyToImport,
  type Store,
  type UserToImport,
} from '../../../src/server/index.ts'
import { browserWith, passkeysOfTests, personWith } from '../../support/passkeys.ts'
import { oathtool } from '../../support/tools.ts'
import { createWorld, stores, type World } from '../../support/world.ts'

/** What Google Authenticator showed by default for years: 80 bits. */
const SHORT = 'JBSWY3DPEHPK3PXP'
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
const CODE = 'abcde-12345-fghjk'

const SECRETS = [SHORT, SECRET, 'GEZDGNBVGY3TQOJQ', 'KRSXG5CTMVRXEZLU']
const nothing: ImportSummary = {
  imported: 0,
  pending: 0,
  alreadyThere: 0,
  refused: 0,
  shortSecrets: 0,
  withRecoveryCodes: 0,
  withoutRecoveryCodes: 0,
  withPasskeys: 0,
}

const worlds: World[] = []
function open(makeStore: (path: string) => Store) {
  const world = createWorld(makeStore, { passkeys: passkeysOfTests() })
  worlds.push(world)
  return world
}
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close()
})
const memory = () => memoryStore()

async function run(world: World, users: readonly (UserToImport | string)[], options = {}) {
  const refused: string[] = []
  const summary = await world.server.importUsers(users, {
    onRefused: ({ line, reason }) => refused.push(`${line} ${reason}`),
    ...options,
  })
  return { summary, refused }
}
const verify = (world: World, as: string, code: string) =>
  world.call('POST', '/users/mfa/auth/totp', { as, body: { code } })
const recover = (world: World, as: string, code: string) =>
  world.call('POST', '/users/mfa/auth/recovery', { as, body: { code } })
async function exported(world: World): Promise<ExportedUser[]> {
  const users: ExportedUser[] = []
  for await (const user of world.server.exportUsers()) users.push(user)
  return users
}

/** No order of recovery codes is kept. */
const inOrder = ({ recoveryCodeHashes, ...user }: ExportedUser) => ({
  ...user,
  recoveryCodeHashes: recoveryCodeHashes?.toSorted(),
})

describe.each(stores)('on %s', (_, makeStore) => {
  let world: World
  beforeEach(() => {
    world = open(makeStore)
  })

  it('imported users verify with the codes of their app, and with their recovery codes', async () => {
    const { summary, refused } = await run(world, [
      { userId: 'ann', secret: 'jbsw y3dp-ehpk 3pxp', recoveryCodes: [CODE, 'ABCDE-FGHJK'] },
      '',
      JSON.stringify({
        userId: 'bob',
        uri: `otpauth://totp/Old:bob?secret=${SECRET}===&issuer=Old&algorithm=SHA1&digits=6&period=30`,
        createdAt: '2024-05-01T12:00:00Z',
        verifiedAt: '2024-05-02T12:00:00+02:00',
        lastStep: null,
      }),
      { userId: 'cid', secret: SECRET, verified: false, recoveryCodes: [CODE] },
    ])
    expect(refused).toEqual([])
    expect(summary).toEqual({
      ...nothing,
      imported: 3,
      pending: 1,
      shortSecrets: 1,
      withRecoveryCodes: 1,
      withoutRecoveryCodes: 1,
    })
    expect((await verify(world, 'ann', world.codeOf(SHORT))).status).toBe(200)
    expect((await recover(world, 'ann', 'Abcde 12345 fghjk')).status).toBe(200)
    expect((await recover(world, 'ann', CODE)).body.code).toBe('mfa_invalid_code')
    expect((await recover(world, 'ann', 'abcdefghjk')).body.recoveryCodesLeft).toBe(0)
    expect((await verify(world, 'bob', world.codeOf(SECRET))).body.recoveryCodes).toBeUndefined()
    const devices = (await world.call('GET', '/users/mfa', { as: 'bob' })).body.devices
    expect(devices).toMatchObject([
      { verified: true, createdAt: '2024-05-01T12:00:00.000Z', verifiedAt: '2024-05-02T10:00:00.000Z' },
    ])
    const enrolled = await verify(world, 'cid', world.codeOf(SECRET))
    expect([enrolled.status, enrolled.body.recoveryCodes]).toEqual([200, expect.any(Array)])
    const left = await world.call('GET', '/users/mfa/recovery', { as: 'bob' })
    expect(left.body).toMatchObject({ count: 0, acknowledged: false })
    expect(world.events.filter(({ type }) => type === 'imported')).toMatchObject([
      { userId: 'ann' },
      { userId: 'bob' },
      { userId: 'cid' },
    ])
  })

  it('another instance can import an export, with used codes still used and recovery codes kept', async () => {
    const { secret, recoveryCodes } = await world.enroll('ann')
    const [code] = recoveryCodes
    await recover(world, 'ann', String(code))
    const pending = (await world.call('GET', '/users/mfa/register/totp', { as: 'bob' })).body.secret
    const users = await exported(world)
    expect(users).toMatchObject([
      { userId: 'ann', secret, verified: true, algorithm: 'SHA1', digits: 6, period: 30 },
      { userId: 'bob', secret: pending, verified: false },
    ])
    expect(users[0]?.recoveryCodeHashes).toHaveLength(9)
    expect(JSON.stringify(users)).not.toContain(String(recoveryCodes[1]))
    expect(world.events.at(-1)).toMatchObject({ type: 'exported', count: 2 })

    for (const [, otherStore] of stores) {
      const other = open(otherStore)
      other.now = world.now
      const { summary, refused } = await run(
        other,
        users.map((user) => JSON.stringify(user)),
      )
      expect(refused).toEqual([])
      expect(summary).toEqual({ ...nothing, imported: 2, pending: 1, withRecoveryCodes: 1 })
      expect((await verify(other, 'ann', other.codeOf(secret, -1))).body.error).toMatch(/already used/)
      expect((await verify(other, 'ann', other.codeOf(secret))).status).toBe(200)
      expect((await recover(other, 'ann', String(code))).body.code).toBe('mfa_invalid_code')
      expect((await recover(other, 'ann', String(recoveryCodes[1]))).body.recoveryCodesLeft).toBe(8)
      expect((await verify(other, 'bob', other.codeOf(pending))).status).toBe(200)
    }
  })

  it('passkeys move to another instance of the domain, with or without an app, and keep their counters', async () => {
    const [ann, bob] = [
      personWith(world, 'ann'),
      personWith(world, 'bob', browserWith({ signCounterIncrement: 1 })),
    ]
    await ann.register({ alias: 'Blue phone' })
    await ann.authenticate()
    const { secret } = await world.enroll('bob')
    world.tick()
    const body = { code: world.codeOf(secret), requestedScopes: ['credential:link'] }
    const { elevatedAccessToken } = (await world.call('POST', '/users/mfa/auth/totp', { as: 'bob', body }))
      .body
    const link = { 'x-dyn-elevated-access-token': elevatedAccessToken }
    expect((await bob.register({}, link)).status).toBe(200)
    await bob.authenticate()
    const users = await exported(world)
    const at = (time: number) => new Date(time).toISOString()
    expect(users).toEqual([
      {
        userId: 'ann',
        passkeys: [
          expect.objectContaining({
            alias: 'Blue phone',
            signCount: expect.any(Number),
            backupEligible: true,
            backedUp: true,
            lastUsedAt: expect.stringMatching(/Z$/),
          }),
        ],
      },
      expect.objectContaining({
        userId: 'bob',
        secret,
        passkeys: [expect.objectContaining({ lastUsedAt: at(world.now) })],
      }),
    ])

    for (const [, otherStore] of stores) {
      const other = open(otherStore)
      other.now = world.now
      const lines = users.map((user) => JSON.stringify(user))
      const { summary, refused } = await run(other, lines)
      expect(refused).toEqual([])
      expect(summary).toEqual({ ...nothing, imported: 2, withRecoveryCodes: 1, withPasskeys: 2 })
      expect((await exported(other)).map(inOrder)).toEqual(users.map(inOrder))
      expect(other.events.filter(({ type }) => type === 'imported')).toMatchObject([
        { userId: 'ann', passkeyIds: [expect.any(String)] },
        { userId: 'bob', deviceId: expect.any(String), passkeyIds: [expect.any(String)] },
      ])
      expect((await run(other, lines)).summary).toEqual({ ...nothing, alreadyThere: 2 })
      expect((await personWith(other, 'ann', ann.browser).authenticate()).status).toBe(200)
      expect((await personWith(other, 'bob', bob.browser).authenticate()).status).toBe(200)
      expect((await verify(other, 'ann', '000000')).body.code).toBe('no_device')
    }
  })

  it('an import changes neither a user who has another factor, nor the passkey of somebody else', async () => {
    const ann = personWith(world, 'ann')
    await ann.register()
    await world.enroll('bob')
    await world.call('GET', '/users/mfa/register/totp', { as: 'cid' })
    const [{ passkeys: [held] = [] } = {}] = await exported(world)
    const free = { ...held, credentialId: 'ZnJlZQ' } as PasskeyToImport
    const stolen = held as PasskeyToImport
    const users: UserToImport[] = [
      { userId: 'ann', passkeys: [free] },
      { userId: 'bob', passkeys: [{ ...free, credentialId: 'Ym9i' }] },
      { userId: 'cid', passkeys: [{ ...free, credentialId: 'Y2lk' }] },
      { userId: 'dan', secret: SECRET, passkeys: [stolen] },
      { userId: 'eve', passkeys: [{ ...free, credentialId: 'Y2lk' }] },
      { userId: 'ann2', secret: SECRET, verified: false, passkeys: [{ ...free, credentialId: 'YW5uMg' }] },
    ]
    const before = await exported(world)
    const dry = await run(world, users, { dryRun: true })
    expect(await exported(world)).toEqual(before)
    expect(await run(world, users)).toEqual(dry)
    expect(dry.refused.toSorted()).toEqual([
      '1 has other factors here: they were left as they are',
      '2 has other factors here: they were left as they are',
      '4 has a passkey that another user has here',
      '5 has the same passkey as line 3',
    ])
    expect(dry.summary).toMatchObject({ imported: 2, pending: 1, withPasskeys: 2 })
    const there = await exported(world)
    expect(
      there.map(({ userId, secret, passkeys = [] }) => [userId, secret !== undefined, passkeys.length]),
    ).toEqual([
      ['ann', false, 1],
      ['ann2', true, 1],
      ['bob', true, 0],
      ['cid', false, 1],
    ])
    expect((await ann.authenticate()).status).toBe(200)
  })

  it('an interrupted import can be run again, and does not change existing users', async () => {
    const users = Array.from({ length: 600 }, (_, index) => ({
      userId: `user-${index}`,
      secret: SECRET,
      recoveryCodes: [CODE],
    }))
    async function* broken() {
      yield* users.slice(0, 400)
      throw new Error('the line went dead')
    }
    await expect(world.server.importUsers(broken())).rejects.toThrow('the line went dead')
    expect((await exported(world)).map(({ userId }) => userId)).toHaveLength(250)
    await world.server.resetUser('user-1')
    await world.enroll('user-1')
    const { summary, refused } = await run(world, users)
    expect(summary).toMatchObject({ imported: 350, alreadyThere: 249, refused: 1 })
    expect(refused).toEqual(['2 has another authenticator here: it was left as it is'])
    expect((await run(world, users)).summary).toMatchObject({ imported: 0, alreadyThere: 599, refused: 1 })
  })

  it('a verified import replaces a pending enrollment; a pending import does not', async () => {
    for (const as of ['ann', 'bob']) await world.call('GET', '/users/mfa/register/totp', { as })
    const users = [
      { userId: 'ann', secret: SECRET },
      { userId: 'bob', secret: SECRET, verified: false },
    ]
    const dry = await run(world, users, { dryRun: true })
    const real = await run(world, users)
    expect(real).toEqual(dry)
    expect(real.summary).toMatchObject({ imported: 1, refused: 1 })
    expect((await verify(world, 'ann', world.codeOf(SECRET))).status).toBe(200)
  })

  it('a dry run reports the same as the import, and writes nothing', async () => {
    const users = [
      { userId: 'ann', secret: SHORT },
      { userId: 'bob', secret: 'A' },
    ]
    const { summary, refused } = await run(world, users, { dryRun: true })
    expect(summary).toMatchObject({ imported: 1, refused: 1, shortSecrets: 1 })
    expect(refused).toHaveLength(1)
    expect(await exported(world)).toEqual([])
    expect(world.events.some(({ type }) => type === 'imported')).toBe(false)
  })
})

it('codes that a real authenticator shows for an exported secret are accepted where it was imported', async () => {
  const [from, to] = [open(memory), open(memory)]
  await run(
    from,
    SECRETS.map((secret, index) => ({ userId: `user-${index}`, secret })),
  )
  const users = await exported(from)
  await run(to, users)
  to.now = Date.now()
  for (const { userId, secret } of users)
    expect((await verify(to, userId, oathtool(String(secret)))).status, userId).toBe(200)
})

const good = { userId: 'ann', secret: SECRET }
const { secret: _, ...bare } = good
const PASSKEY: PasskeyToImport = {
  credentialId: 'Y3JlZGVudGlhbA',
  publicKey: `pQECAyYgASFYI${'A'.repeat(90)}`,
  backupEligible: true,
}
function withPasskey(given: object = {}) {
  return { ...bare, passkeys: [{ ...PASSKEY, ...given }] }
}
const uriWith = (parameter: string) => `otpauth://totp/x?secret=${SECRET}&${parameter}`
it.each<[string, unknown]>([
  ['is not JSON', '{"userId":'],
  ['is a list: write one object on each line', '[{"userId":"ann"}]'],
  ['is not an object', '"ann"'],
  ['is not UTF-8', `{"userId":"\ufffd","secret":"${SECRET}"}`],
  ['has the unknown member secert', { ...good, secert: SECRET }],
  ['has an unknown member', { ...good, [SECRET]: 'ann' }],
  ['has no userId', { secret: SECRET }],
  ['has a userId that is not a string', { ...good, userId: 17 }],
  ['has a userId that is not 1 to 255', { ...good, userId: '' }],
  ['has a userId that is not 1 to 255 characters', { ...good, userId: 'x'.repeat(256) }],
  ['has neither a secret nor a uri', bare],
  ['has both a secret and a uri', { ...good, uri: uriWith('digits=6') }],
  ['has a secret that is not base32', { ...good, secret: 'GEZDGNBVGY3TQOJ1' }],
  ['has a secret that is not a string', { ...good, secret: 17 }],
  ['has a secret that is not hex', { ...good, secretEncoding: 'hex' }],
  ['has a secret that is not hex', { ...good, secret: `${'3132'.repeat(10)}3`, secretEncoding: 'hex' }],
  ['has a secret that is not base64', { ...good, secret: 'a b', secretEncoding: 'base64' }],
  ['has a secret that is not base64', { ...good, secret: 'abcde', secretEncoding: 'base64' }],
  ['has a secretEncoding other than', { ...good, secretEncoding: 'base58' }],
  ['has a secret that is', { ...good, secret: '' }],
  ['has a secret of 72 bits: at least 80 are needed', { ...good, secret: 'JBSWY3DPEHPK3PX' }],
  ['has a secret of 1032 bits: at most 1024 are supported', { ...good, secret: 'A'.repeat(207) }],
  ['has a uri that does not begin with otpauth:', { ...bare, uri: 'https://example.com' }],
  ['has a uri of a type other than totp', { ...bare, uri: `otpauth://hotp/x?secret=${SECRET}&counter=1` }],
  ['has a uri without a secret', { ...bare, uri: 'otpauth://totp/x' }],
  ['takes SHA256: only SHA-1 is supported', { ...bare, uri: uriWith('algorithm=SHA256') }],
  ['has codes of 8 digits', { ...bare, uri: uriWith('digits=8') }],
  ['has codes of 60 seconds', { ...bare, uri: uriWith('period=60') }],
  ['takes HmacSHA512: only SHA-1 is supported', { ...good, algorithm: 'HmacSHA512' }],
  ['takes another algorithm: only SHA-1 is supported', { ...good, algorithm: SECRET }],
  ['has codes of 8 digits: only 6 are supported', { ...good, digits: 8 }],
  ['has codes of other digits', { ...good, digits: SECRET }],
  ['has codes of 60 seconds: only 30 are supported', { ...good, period: '60' }],
  ['has a value for verified that is neither true nor false', { ...good, verified: 'yes' }],
  ['has a createdAt that is not a time such as 2024-05-01T12:00:00Z', { ...good, createdAt: 1_700_000_000 }],
  ['has a createdAt that is not a time', { ...good, createdAt: '2024-05-01' }],
  ['has a verifiedAt in the future', { ...good, verifiedAt: '2999-01-01T00:00:00Z' }],
  [
    'has a verifiedAt, and verified is false',
    { ...good, verified: false, verifiedAt: '2024-01-01T00:00:00Z' },
  ],
  ['has a lastStep that is not a whole number', { ...good, lastStep: 1.5 }],
  ['has a lastStep in the future', { ...good, lastStep: 1_700_000_000 }],
  ['has a value for recoveryCodes that is not a list of strings', { ...good, recoveryCodes: 'abcde-12345' }],
  [
    'has a recovery code (number 2) that cannot be typed here',
    { ...good, recoveryCodes: [CODE, 'abcd-efgh'] },
  ],
  ['has more than 50 recovery codes', { ...good, recoveryCodes: Array.from({ length: 51 }, () => CODE) }],
  ['has neither a secret nor a uri', { ...bare, passkeys: [] }],
  ['has passkeys and verified, but neither', { ...withPasskey(), verified: true }],
  ['has a value for passkeys that is not a list', { ...bare, passkeys: {} }],
  ['has a value in passkeys that is not an object', { ...bare, passkeys: ['abcde'] }],
  ['has more than 100 passkeys', { ...bare, passkeys: Array.from({ length: 101 }, () => PASSKEY) }],
  ['has the same passkey twice', { ...bare, passkeys: [PASSKEY, PASSKEY] }],
  ['has a passkey (number 1) with the unknown member rpId', withPasskey({ rpId: 'example.com' })],
  ['has a passkey (number 1) with an unknown member', withPasskey({ [SECRET]: 1 })],
  [
    'has a passkey (number 1) with a credentialId that is not 1 to 1023 bytes',
    withPasskey({ credentialId: '' }),
  ],
  ['has a passkey (number 1) with a credentialId that', withPasskey({ credentialId: null })],
  ['has a passkey (number 1) with a credentialId that', withPasskey({ credentialId: 'a b' })],
  ['has a passkey (number 1) with a credentialId that', withPasskey({ credentialId: 'A'.repeat(1366) })],
  [
    'has a passkey (number 1) with a publicKey that is not a COSE key',
    withPasskey({ publicKey: 'pQECAyYgASFYIA' }),
  ],
  ['has a passkey (number 1) with a publicKey that', withPasskey({ publicKey: 'A'.repeat(100) })],
  ['has a passkey (number 1) with a publicKey that', withPasskey({ publicKey: 17 })],
  ['has a passkey (number 1) with a signCount that is not a whole', withPasskey({ signCount: -1 })],
  ['has a passkey (number 1) with a signCount that', withPasskey({ signCount: 2 ** 32 })],
  ['has a passkey (number 1) with transports that are no list', withPasskey({ transports: 'internal' })],
  ['has a passkey (number 1) with transports that', withPasskey({ transports: ['internal hybrid'] })],
  ['has a passkey (number 1) with no backupEligible', withPasskey({ backupEligible: null })],
  ['has a passkey (number 1) with a backedUp that', withPasskey({ backupEligible: false, backedUp: true })],
  ['has a passkey (number 1) with an aaguid that is not a UUID', withPasskey({ aaguid: 'x' })],
  ['has a passkey (number 1) with an alias that is not one line', withPasskey({ alias: 'a\nb' })],
  ['has a passkey (number 1) with an alias that', withPasskey({ alias: 'x'.repeat(101) })],
  ['has a passkey (number 1) with a createdAt that is not a time', withPasskey({ createdAt: 'yesterday' })],
  [
    'has a passkey (number 1) with a lastUsedAt in the future',
    withPasskey({ lastUsedAt: '2999-01-01T00:00:00Z' }),
  ],
  ['has a value in recoveryCodeHashes that no export', { ...good, recoveryCodeHashes: [CODE] }],
])('a line that %s is rejected with a reason that holds no secret', async (said, user) => {
  const world = open(memory)
  const given: (UserToImport | string)[] = [user as string, { userId: 'bob', secret: SECRET }]
  const { summary, refused } = await run(world, given)
  expect(refused).toEqual([expect.stringContaining(`1 ${said}`)])
  expect(summary).toMatchObject({ imported: 1, refused: 1 })
  expect(refused.join()).not.toMatch(/GEZDGNBVGY3TQOJ|JBSWY3DP|abcde?-/)
})

it('a passkey is imported from base64 of either alphabet, with only its id, its key and whether it may be synced', async () => {
  const world = open(memory)
  const given = { ...PASSKEY, credentialId: '+/+/+w==', signCount: null, alias: null }
  expect((await run(world, [{ ...bare, passkeys: [given] }])).refused).toEqual([])
  expect(await exported(world)).toEqual([
    {
      userId: 'ann',
      passkeys: [
        {
          ...PASSKEY,
          credentialId: '-_-_-w',
          signCount: 0,
          transports: [],
          backedUp: false,
          aaguid: '00000000-0000-0000-0000-000000000000',
          alias: '',
          createdAt: new Date(world.now).toISOString(),
          lastUsedAt: null,
        },
      ],
    },
  ])
})

it('a user who is twice in the import is rejected the second time', async () => {
  const { summary, refused } = await run(open(memory), ['', { ...good }, { ...good, secret: SHORT }])
  expect(refused).toEqual(['3 has the same userId as line 2'])
  expect(summary).toMatchObject({ imported: 1, refused: 1 })
})

it.each([
  ['hex', '3132333435363738393031323334353637383930'],
  ['base64', 'MTIzNDU2Nzg5MDEyMzQ1Njc4OTA='],
  ['base64', 'MTIzNDU2Nzg5MDEyMzQ1Njc4OTA'],
  ['utf8', '12345678901234567890'],
] as const)('a secret in %s, %s, is kept as the base32 of its bytes', async (secretEncoding, secret) => {
  const world = open(memory)
  await run(world, [{ userId: 'ann', secret, secretEncoding }])
  expect(await exported(world)).toMatchObject([{ secret: SECRET }])
})

it.each([
  [`${SECRET}======`, SECRET],
  ['gezd gnbv gy3t qojq', 'GEZDGNBVGY3TQOJQ'],
  // Bits beyond the last whole byte, which apps leave out.
  ['GEZDGNBVGY3TQOJQ7', 'GEZDGNBVGY3TQOJQ'],
  ['GEZDGNBVGY3TQOJQGEZDGNBVG7', 'GEZDGNBVGY3TQOJQGEZDGNBVG4'],
])('the secret %s is kept as %s', async (secret, kept) => {
  const world = open(memory)
  await run(world, [{ userId: 'ann', secret }])
  expect(await exported(world)).toMatchObject([{ secret: kept }])
  expect((await verify(world, 'ann', world.codeOf(kept))).status).toBe(200)
})

it('recovery codes that are to be renewed are not imported, whatever their format', async () => {
  const world = open(memory)
  const user = { ...good, recoveryCodes: ['12345678'] }
  const { summary } = await run(world, [user], { renewRecoveryCodes: true })
  expect(summary).toMatchObject({ imported: 1, withoutRecoveryCodes: 1 })
  expect((await world.call('GET', '/users/mfa/recovery', { as: 'ann' })).body).toMatchObject({
    count: 0,
    acknowledged: false,
  })
})

it('an export rejects if no key opens a secret, or leaves that user out and says so', async () => {
  const store = memoryStore()
  const world = open(() => store)
  const sealedSecret = 'otherkey.AAAA.AAAA'
  await store.addPendingDevice(
    { id: 'x', userId: 'ann', sealedSecret, createdAt: world.now },
    null,
    world.now,
  )
  await run(world, [{ ...good, userId: 'bob' }])
  const unopened: string[] = []
  const users: ExportedUser[] = []
  const options = { onUnopened: (userId: string) => unopened.push(userId) }
  for await (const user of world.server.exportUsers(options)) users.push(user)
  expect([unopened, users.map(({ userId }) => userId)]).toEqual([['ann'], ['bob']])
  await expect(exported(world)).rejects.toThrow('another master key')
})
