import { decodeJwt, exportJWK, generateKeyPair, importJWK } from 'jose'
import { generateSync, ScureBase32Plugin } from 'otplib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSecrets } from '../../../src/server/crypto/secrets.ts'
import { createTotpServer, memoryStore, type Store } from '../../../src/server/index.ts'
import { sqliteStore } from '../../../src/server/store/sqlite.ts'
import {
  createWorld,
  ENVIRONMENT,
  foreignJwt,
  MASTER_KEY,
  masterKeyOf,
  stores,
  type World,
} from '../../support/world.ts'

const VERIFY = '/users/mfa/auth/totp'
const REGISTER = '/users/mfa/register/totp'
const base32 = new ScureBase32Plugin()

describe.each(stores)('on %s', (_, makeStore) => {
  let world: World
  beforeEach(() => {
    world = createWorld(makeStore)
  })
  afterEach(() => world.close())

  const verify = (as: string, body: Record<string, unknown>) => world.call('POST', VERIFY, { as, body })
  const remove = (as: string, id: string, headers: Record<string, string> = {}) =>
    world.call('DELETE', `/users/mfa/${id}`, { as, headers })
  const elevated = (token: string) => ({ 'x-dyn-elevated-access-token': token })
  const elevate = async (as: string, secret: string, scope: string): Promise<string> => {
    world.tick()
    const { body } = await verify(as, { code: world.codeOf(secret), requestedScopes: [scope] })
    return body.elevatedAccessToken
  }
  const devices = async (as: string) => (await world.call('GET', '/users/mfa', { as })).body.devices

  it('a code sent 200 times in parallel is accepted once, and the others are refused as reused', async () => {
    const { secret } = await world.enroll('ann')
    const code = world.codeOf(secret)
    const answers = await Promise.all(Array.from({ length: 200 }, () => verify('ann', { code })))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    const others = answers.filter(({ status }) => status !== 200)
    expect(new Set(others.map(({ body }) => `${body.code} ${body.reason}`))).toEqual(
      new Set(['mfa_invalid_code code_reused']),
    )
  })

  it('a code of an earlier step is refused after one of a later step', async () => {
    const { secret } = await world.enroll('ann')
    world.tick(3)
    expect((await verify('ann', { code: world.codeOf(secret, 1) })).status).toBe(200)
    expect((await verify('ann', { code: world.codeOf(secret) })).status).toBe(400)
  })

  it('a code of a phone whose clock is 29 s off is accepted, of one 61 s off refused', async () => {
    const { secret } = await world.enroll('ann')
    for (const phase of [0, 7_000, 29_000]) {
      for (const [seconds, status] of [
        [-61, 400],
        [61, 400],
        [-29, 200],
        [29, 200],
      ] as const) {
        world.now = Math.ceil(world.now / 30_000) * 30_000 + 120_000 + phase
        const code = generateSync({ secret, epoch: Math.floor(world.now / 1000) + seconds })
        expect([phase, seconds, (await verify('ann', { code })).status]).toEqual([phase, seconds, status])
      }
    }
  })

  it('a code that was accepted is refused in another spelling', async () => {
    const { secret } = await world.enroll('ann')
    const code = world.codeOf(secret)
    expect((await verify('ann', { code })).status).toBe(200)
    const shifted = (zero: number) =>
      [...code].map((digit) => String.fromCodePoint(zero + Number(digit))).join('')
    const spellings = [
      code,
      `${code.slice(0, 3)} ${code.slice(3)}`,
      ` ${code}`,
      `${code}\n`,
      `${code}\u0000`,
      `${code.slice(0, 3)}\u200b${code.slice(3)}`,
      shifted(0xff10), // full-width
      shifted(0x0660), // Arabic-Indic
      shifted(0x1d7ce), // mathematical bold
      Number(code),
    ]
    for (const spelling of spellings) {
      expect([spelling, (await verify('ann', { code: spelling })).status]).toEqual([spelling, 400])
    }
  })

  it('a code does not become valid again when the clock is set back', async () => {
    const { secret } = await world.enroll('ann')
    const code = world.codeOf(secret)
    expect((await verify('ann', { code })).status).toBe(200)
    world.now -= 600_000
    expect((await verify('ann', { code: world.codeOf(secret) })).status).toBe(400)
  })

  it('an elevation that was won while the clock was an hour fast ends when the clock is set right', async () => {
    const { id, secret } = await world.enroll('ann')
    world.now += 3600_000
    const token = await elevate('ann', secret, 'credential:unlink')
    world.now -= 3600_000
    const refused = await remove('ann', id, elevated(token))
    expect([refused.status, refused.body.code]).toEqual([401, 'elevation_required'])
    world.now += 3600_000
    expect((await remove('ann', id, elevated(token))).status).toBe(204)
  })

  it('a code is accepted however it is typed, and once', async () => {
    const { secret } = await world.enroll('ann')
    const written = (code: string) => [
      code,
      `${code.slice(0, 3)} ${code.slice(3)}`,
      code.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
      code.replace(/\d/g, (digit) => String.fromCodePoint(0x0660 + Number(digit))),
      `Your code is ${code}. Don’t share it.`,
      `\u200b${code}\ufeff`,
    ]
    for (const [form] of written('').entries()) {
      const forms = written(world.codeOf(secret))
      expect((await verify('ann', { code: forms[form] })).status).toBe(200)
      for (const again of forms) {
        expect(await verify('ann', { code: again })).toMatchObject({
          status: 400,
          body: { reason: 'code_reused' },
        })
        world.now += 1
      }
      world.now += 3600_000
    }
  })

  it.each([
    '',
    '12345',
    '1234567',
    'abcdef',
    '-12345',
    'a123456',
    '123456 654321',
    'abcde-12345-fgh0k',
    '1'.repeat(9000),
    `${' '.repeat(9000)}.`,
    123456,
    null,
    ['123456'],
  ])('the malformed code %j is a typed 400 and costs no attempt', async (code) => {
    const { secret } = await world.enroll('ann')
    for (let i = 0; i < 6; i++) {
      expect(await verify('ann', { code })).toMatchObject({ status: 400, body: { code: 'malformed_code' } })
    }
    expect((await verify('ann', { code: world.codeOf(secret) })).status).toBe(200)
  })

  it('1,000 guesses in parallel cost five attempts; the right code works afterwards; nobody else is slowed', async () => {
    const { secret } = await world.enroll('ann')
    const bob = await world.enroll('bob')
    const right = world.codeOf(secret)
    const windowOf = [-1, 0, 1].map((steps) => world.codeOf(secret, steps))
    const wrong = Array.from({ length: 1003 }, (_, i) => String(i).padStart(6, '0')).filter(
      (code) => !windowOf.includes(code),
    )
    const answers = await Promise.all(wrong.slice(0, 1000).map((code) => verify('ann', { code })))
    const lookedAt = answers.filter(({ body }) => body.code === 'mfa_invalid_code')
    const throttled = answers.filter(({ status, body }) => status === 429 && body.code === 'mfa_rate_limited')
    expect([lookedAt.length, throttled.length]).toEqual([5, 995])
    for (const { headers } of throttled) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    expect(Number(throttled[0]?.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await verify('bob', { code: world.codeOf(bob.secret) })).status).toBe(200)
    expect((await verify('ann', { code: right })).status).toBe(429)
    world.now += Number(throttled[0]?.headers.get('retry-after')) * 1000
    expect((await verify('ann', { code: world.codeOf(secret) })).status).toBe(200)
  })

  it('registering again allows no more guesses', async () => {
    await world.call('GET', REGISTER, { as: 'ann' })
    for (let i = 0; i < 5; i++) await verify('ann', { code: '000000' })
    await world.call('GET', REGISTER, { as: 'ann' })
    expect((await verify('ann', { code: '000000' })).status).toBe(429)
  })

  it.each(['signingKeys', 'attempt'] as const)(
    'a code costs no attempt when the server itself fails in %s, and stays valid',
    async (verb) => {
      let isDown = false
      const flaky = createWorld((path) => failing(makeStore(path), verb, () => isDown))
      const { secret } = await flaky.enroll('ann')
      const send = (code: string) => flaky.call('POST', VERIFY, { as: 'ann', body: { code } })
      flaky.now += 120_000 // by then the keys are looked up anew
      isDown = true
      const code = flaky.codeOf(secret)
      for (let i = 0; i < 20; i++) {
        expect(await send(code)).toMatchObject({ status: 500, body: { code: 'server' } })
      }
      isDown = false
      expect((await send(code)).status).toBe(200)
      expect(JSON.stringify(flaky.events)).not.toContain(code)
      await flaky.close()
    },
  )

  it('500 registrations in parallel leave one pending device, and none after verification', async () => {
    const answers = await Promise.all(
      Array.from({ length: 500 }, () => world.call('GET', REGISTER, { as: 'ann' })),
    )
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    const [device, ...others] = await devices('ann')
    expect(others).toEqual([])
    const { secret } = answers.find(({ body }) => body.id === device.id)?.body ?? {}
    expect((await verify('ann', { code: world.codeOf(secret) })).status).toBe(200)
    const late = await Promise.all(
      Array.from({ length: 20 }, () => world.call('GET', REGISTER, { as: 'ann' })),
    )
    for (const answer of late) expect(answer).toMatchObject({ status: 409, body: { code: 'device_limit' } })
  })

  it('registering again invalidates the previous secret', async () => {
    const first = (await world.call('GET', REGISTER, { as: 'ann' })).body
    const second = (await world.call('GET', REGISTER, { as: 'ann' })).body
    expect((await verify('ann', { code: world.codeOf(first.secret) })).status).toBe(400)
    expect((await verify('ann', { code: world.codeOf(first.secret), id: first.id })).status).toBe(404)
    expect((await verify('ann', { code: world.codeOf(second.secret), id: second.id })).status).toBe(200)
  })

  it('removing is refused without proof, or with one of the wrong scope, of another user, expired or consumed', async () => {
    const ann = await world.enroll('ann')
    const bob = await world.enroll('bob')
    expect(await remove('ann', ann.id)).toMatchObject({ status: 403, body: { code: 'proof_required' } })
    const wrongScope = await elevate('ann', ann.secret, 'wallet:export')
    expect((await remove('ann', ann.id, elevated(wrongScope))).status).toBe(403)
    const bobs = await elevate('bob', bob.secret, 'credential:unlink')
    expect((await remove('ann', ann.id, elevated(bobs))).status).toBe(403)
    expect((await remove('ann', ann.id, { 'x-mfa-auth-token': 'made-up' })).status).toBe(403)
    const old = await elevate('ann', ann.secret, 'credential:unlink')
    world.now += 5 * 60_000 + 1000
    expect((await remove('ann', ann.id, elevated(old))).body.code).toBe('elevation_expired')
    expect(
      (await remove('ann', bob.id, elevated(await elevate('ann', ann.secret, 'credential:unlink')))).status,
    ).toBe(404)
    expect(await devices('ann')).toHaveLength(1)
    expect(await devices('bob')).toHaveLength(1)
  })

  it('removing is refused with a proof from a device that is gone', async () => {
    const { id, secret } = await world.enroll('ann')
    const [first, second] = [
      await elevate('ann', secret, 'credential:unlink'),
      await elevate('ann', secret, 'credential:unlink'),
    ]
    expect((await remove('ann', id, elevated(first))).status).toBe(204)
    const again = await world.enroll('ann')
    expect(await remove('ann', again.id, elevated(second))).toMatchObject({
      status: 403,
      body: { code: 'proof_required' },
    })
    expect(await devices('ann')).toMatchObject([{ id: again.id, verified: true }])
  })

  it('removing with one proof 20 times in parallel happens once', async () => {
    const { id, secret } = await world.enroll('ann')
    const token = await elevate('ann', secret, 'credential:unlink')
    const answers = await Promise.all(Array.from({ length: 20 }, () => remove('ann', id, elevated(token))))
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1)
    expect(await devices('ann')).toEqual([])
    const again = await world.enroll('ann')
    expect((await remove('ann', again.id, elevated(token))).status).toBe(403)
    expect(await devices('ann')).toHaveLength(1)
  })

  it('removing accepts the deprecated MFA token of the same user, once', async () => {
    const ann = await world.enroll('ann')
    const bob = await world.enroll('bob')
    const { body } = await verify('ann', {
      code: world.codeOf(ann.secret),
      createMfaToken: { singleUse: true },
    })
    const header = { 'x-mfa-auth-token': body.mfaToken }
    expect((await remove('bob', bob.id, header)).status).toBe(403)
    expect((await remove('ann', ann.id, header)).status).toBe(204)
    const again = await world.enroll('ann')
    expect((await remove('ann', again.id, header)).status).toBe(403)
  })

  it('removing accepts a valid MFA token next to an invalid elevation', async () => {
    const { id, secret } = await world.enroll('ann')
    const { body } = await verify('ann', {
      code: world.codeOf(secret),
      createMfaToken: { singleUse: true },
    })
    const both = { 'x-mfa-auth-token': body.mfaToken, ...elevated('old') }
    expect((await remove('ann', id, both)).status).toBe(204)
  })

  describe('an elevated token', () => {
    const guarded = (request: RequestInit & { headers: Record<string, string> }) =>
      world.server.requireElevation('wallet:export')((_request, user) => Response.json({ for: user.userId }))(
        new Request('http://test.local/export', { method: 'POST', ...request }),
      )
    const asAnn = { authorization: 'Bearer user:ann' }

    it('an elevated token ends with the authenticator whose code won it', async () => {
      const { id, secret } = await world.enroll('ann')
      const exporting = await elevate('ann', secret, 'wallet:export')
      world.tick()
      await remove('ann', id, elevated(await elevate('ann', secret, 'credential:unlink')))
      const headers = { ...asAnn, ...elevated(exporting) }
      expect((await guarded({ headers })).status).toBe(401)
      await world.enroll('ann')
      expect((await guarded({ headers })).status).toBe(401)
    })

    it('a missing elevated token is answered by an RFC 9470 challenge that names the scope', async () => {
      const response = await guarded({ headers: asAnn })
      expect(response.status).toBe(401)
      expect(response.headers.get('www-authenticate')).toMatch(
        /^Bearer error="insufficient_user_authentication".*scope="wallet:export"/,
      )
      expect((await guarded({ headers: {} })).headers.get('www-authenticate')).toBe('Bearer')
    })

    it('a single-use elevated token used 20 times in parallel works once', async () => {
      const { secret } = await world.enroll('ann')
      const token = await elevate('ann', secret, 'wallet:export')
      const headers = { ...asAnn, 'x-dyn-elevated-access-token': token }
      const answers = await Promise.all(Array.from({ length: 20 }, () => guarded({ headers })))
      expect(answers.map(({ status }) => status).toSorted()).toEqual([
        200,
        ...Array.from({ length: 19 }, () => 401),
      ])
    })

    it('an elevated token holds the requested scopes, for five minutes if single-use and else for ten', async () => {
      const { secret } = await world.enroll('ann')
      const single = decodeJwt(await elevate('ann', secret, 'wallet:export'))
      expect(single).toMatchObject({
        scope: 'wallet:export',
        singleUse: true,
        sub: 'ann',
        exp: (single.iat ?? 0) + 300,
      })
      const multi = decodeJwt(await elevate('ann', secret, 'wallet:sign'))
      expect(multi).toMatchObject({ scope: 'wallet:sign', singleUse: false, exp: (multi.iat ?? 0) + 600 })
    })

    const badScopes: [string, unknown][] = [
      ['unknown', ['wallet:everything']],
      ['empty', []],
      ['doubled', ['wallet:sign', 'wallet:sign']],
      ['a thousand', Array.from({ length: 1000 }, (_, i) => `wallet:s${i}`)],
      ['with a space', ['wallet:sign wallet:export']],
      ['not a list', 'wallet:sign'],
      ['inherited', ['constructor']],
    ]
    it.each(badScopes)(
      'an elevated token is not minted for scopes that are %s, and the code stays valid',
      async (_name, requestedScopes) => {
        const { secret } = await world.enroll('ann')
        const code = world.codeOf(secret)
        const answer = await verify('ann', { code, requestedScopes })
        expect(answer.status).toBe(400)
        expect(answer.body).not.toHaveProperty('elevatedAccessToken')
        expect((await verify('ann', { code })).status).toBe(200)
      },
    )

    it('a forged elevated token is refused', async () => {
      const { secret } = await world.enroll('ann')
      const real = await elevate('ann', secret, 'wallet:export')
      const jwks = (await (
        await world.server.fetch(new Request('http://test.local/.well-known/jwks.json'))
      ).json()) as {
        keys: { x: string; kid: string }[]
      }
      const [key] = jwks.keys
      expect(Object.keys(key ?? {})).not.toContain('d')
      const stranger = await generateKeyPair('EdDSA')
      const claims = { ...decodeJwt(real), jti: 'forged' }
      const [header, , signature] = real.split('.')
      const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
      const hmacKey = Buffer.from(key?.x ?? '', 'base64url')
      const forgeries = [
        `${base64({ alg: 'none', typ: 'elevated+jwt', kid: key?.kid })}.${base64(claims)}.`,
        await foreignJwt(claims, hmacKey, { alg: 'HS256', typ: 'elevated+jwt', kid: key?.kid }),
        await foreignJwt(claims, stranger.privateKey, { alg: 'EdDSA', typ: 'elevated+jwt', kid: key?.kid }),
        await foreignJwt(claims, stranger.privateKey, { alg: 'EdDSA', typ: 'elevated+jwt', kid: 'unknown' }),
        `${header}.${base64({ ...claims, scope: 'wallet:export wallet:sign' })}.${signature}`,
        (await world.call('POST', '/externalAuth/signin', { body: { jwt: 'user:ann' } })).body.minifiedJwt,
        'x.y.z',
      ]
      for (const forged of forgeries) {
        const response = await guarded({ headers: { ...asAnn, 'x-dyn-elevated-access-token': forged } })
        expect([forged.slice(0, 20), response.status]).toEqual([forged.slice(0, 20), 401])
      }
      expect((await guarded({ headers: { ...asAnn, 'x-dyn-elevated-access-token': real } })).status).toBe(200)
    })

    it('an elevated token signed by the server’s own key is refused if any claim is wrong', async () => {
      let store: Store | undefined
      const lent = createWorld((path) => {
        store = makeStore(path)
        return store
      })
      const { secret } = await lent.enroll('ann')
      const body = { code: lent.codeOf(secret), requestedScopes: ['wallet:sign'] }
      const real = decodeJwt((await lent.call('POST', VERIFY, { as: 'ann', body })).body.elevatedAccessToken)
      const [key] = (await store?.signingKeys()) ?? []
      if (!key) throw new Error('no key')
      const jwk = JSON.parse(
        await createSecrets(MASTER_KEY).open(key.sealedPrivateJwk, `signing-key\0${key.kid}`),
      )
      const privateKey = (await importJWK(jwk, 'EdDSA')) as CryptoKey
      const forge = (claims: object, typ = 'elevated+jwt') =>
        foreignJwt({ ...real, ...claims }, privateKey, { alg: 'EdDSA', typ, kid: key.kid })
      const seconds = Math.floor(lent.now / 1000)
      const wrong: Record<string, string> = {
        issuer: await forge({ iss: 'Other' }),
        audience: await forge({ aud: 'live' }),
        'many audiences without ours': await forge({ aud: ['live', 'stage'] }),
        expired: await forge({ exp: seconds - 1 }),
        'not yet': await forge({ nbf: seconds + 60 }),
        'never ending': await forge({ exp: undefined }),
        nobody: await forge({ sub: undefined }),
        'another kind': await forge({}, 'session+jwt'),
        'no kind': await forge({}, ''),
        'another user': await forge({ sub: 'bob' }),
        'another scope': await forge({ scope: 'wallet:signs' }),
        'a list of scopes': await forge({ scope: ['wallet:sign', 'x'] }),
        'another environment': await forge({ environment_id: 'live' }),
        'no environment': await forge({ environment_id: undefined }),
        'no word on single use': await forge({ singleUse: undefined }),
        'single use in words': await forge({ singleUse: 'false' }),
        'no id': await forge({ jti: undefined }),
        'a number for a user': await forge({ sub: 5 }),
        'a number for a device': await forge({ device_id: 5 }),
        'no scope': await forge({ scope: undefined }),
      }
      const handle = lent.server.requireElevation('wallet:sign')(() => new Response('in'))
      const send = (token: string) =>
        handle(
          new Request('http://test.local/', { headers: { ...asAnn, 'x-dyn-elevated-access-token': token } }),
        )
      for (const [name, token] of Object.entries(wrong)) {
        expect([name, (await send(token)).status]).toEqual([name, 401])
      }
      expect((await send(await forge({}))).status).toBe(200)

      const signedIn = await lent.call('POST', '/externalAuth/signin', { body: { jwt: 'user:ann' } })
      const session = decodeJwt(signedIn.body.minifiedJwt)
      const forgeSession = (claims: object, typ = 'session+jwt') =>
        foreignJwt({ ...session, ...claims }, privateKey, { alg: 'EdDSA', typ, kid: key.kid })
      const noSessions: Record<string, string> = {
        issuer: await forgeSession({ iss: 'Other' }),
        audience: await forgeSession({ aud: 'live' }),
        expired: await forgeSession({ exp: seconds - 1 }),
        'not yet': await forgeSession({ nbf: seconds + 60 }),
        'never ending': await forgeSession({ exp: undefined }),
        nobody: await forgeSession({ sub: undefined }),
        'no session': await forgeSession({ sid: undefined }),
        'another environment': await forgeSession({ environment_id: 'live' }),
        'an empty user': await forgeSession({ sub: '' }),
        'a number for a user': await forgeSession({ sub: 5 }),
        'an object for a user': await forgeSession({ sub: { toString: 'ann' } }),
        'a sign-in that is no time': await forgeSession({ auth_time: 'now' }),
        'scopes that are no text': await forgeSession({ scope: ['requiresAdditionalAuth'] }),
        'another kind': await forgeSession({}, 'elevated+jwt'),
        'no kind': await forgeSession({}, ''),
      }
      const users = (token: string) =>
        lent.call('GET', '/users', { headers: { authorization: `Bearer ${token}` } })
      for (const [name, token] of Object.entries(noSessions)) {
        expect([name, (await users(token)).status]).toEqual([name, 401])
      }
      expect((await users(await forgeSession({}))).status).toBe(200)
      await lent.close()
    })

    it('a forged session token is refused', async () => {
      const real = (await world.call('POST', '/externalAuth/signin', { body: { jwt: 'user:ann' } })).body
        .minifiedJwt
      const published = await world.server.fetch(new Request('http://test.local/.well-known/jwks.json'))
      const [key] = (await published.json()).keys
      const stranger = await generateKeyPair('EdDSA')
      const claims = decodeJwt(real)
      const [header, payload, signature] = real.split('.')
      const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
      const as = (alg: string, kid = key.kid) => ({ alg, typ: 'session+jwt', kid })
      const forgeries: Record<string, string> = {
        unsigned: `${base64(as('none'))}.${payload}.`,
        'our public key as a secret': await foreignJwt(claims, Buffer.from(key.x, 'base64url'), as('HS256')),
        'another key under our name': await foreignJwt(claims, stranger.privateKey, as('EdDSA')),
        'a key nobody knows': await foreignJwt(claims, stranger.privateKey, as('EdDSA', 'unknown')),
        'another user': `${header}.${base64({ ...claims, sub: 'bob' })}.${signature}`,
        'a longer life': `${header}.${base64({ ...claims, exp: Number(claims.exp) + 3600 })}.${signature}`,
        'no signature': `${header}.${payload}.`,
      }
      const users = (token: string) =>
        world.call('GET', '/users', { headers: { authorization: `Bearer ${token}` } })
      for (const [name, token] of Object.entries(forgeries)) {
        expect([name, (await users(token)).status]).toEqual([name, 401])
      }
      expect((await users(real)).status).toBe(200)
    })

    it('an elevated token can be verified elsewhere with the published keys alone', async () => {
      const { secret } = await world.enroll('ann')
      const token = await elevate('ann', secret, 'wallet:export')
      const { keys } = (await (
        await world.server.fetch(new Request('http://test.local/.well-known/jwks.json'))
      ).json()) as { keys: never[] }
      const { createLocalJWKSet, jwtVerify } = await import('jose')
      const { payload } = await jwtVerify(token, createLocalJWKSet({ keys }), {
        issuer: 'Test',
        audience: ENVIRONMENT,
        currentDate: new Date(world.now),
      })
      expect(payload.scope).toBe('wallet:export')
      expect(await exportJWK(await importJWK(keys[0] as never, 'EdDSA'))).not.toHaveProperty('d')
    })
  })

  describe('a request', () => {
    it('a request with no valid credential, or with an elevated token as one, is 401', async () => {
      const { secret } = await world.enroll('ann')
      const token = await elevate('ann', secret, 'wallet:sign')
      for (const authorization of [
        '',
        'Bearer',
        'Bearer x',
        'Basic user:ann',
        'Bearer user:NOBODY',
        `Bearer ${token}`,
      ]) {
        const answer = await world.call('GET', '/users/mfa', { headers: { authorization } })
        expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated' } })
      }
      const cookie = await world.call('GET', REGISTER, { headers: { cookie: 'session=user:bob' } })
      expect(cookie.status).toBe(401)
      expect(await devices('bob')).toEqual([])
    })

    it.each(['', 'a'.repeat(256), 'a\0b', 'a\ud800'])(
      'a request of a user whose id no store would keep unchanged (%j) is refused',
      async (userId) => {
        const odd = createWorld(makeStore, { identity: () => ({ userId, account: 'odd' }) })
        expect((await odd.call('GET', REGISTER, { as: 'odd' })).status).toBe(400)
        expect((await odd.call('POST', '/externalAuth/signin', { body: { jwt: 'x' } })).status).toBe(400)
        await odd.close()
      },
    )

    it.each(['', 'a'.repeat(256), 'a\0b', 'a\ud800'])(
      'an in-process call for a user id that no store would keep unchanged (%j) is refused before anything is stored or minted',
      async (userId) => {
        const odd = { userId, account: 'odd' }
        const refusal = expect.objectContaining({ code: 'bad_request' })
        expect(() => world.server.backendFor(odd)).toThrow(refusal)
        await expect(world.server.mintElevation(odd, ['wallet:sign'])).rejects.toEqual(refusal)
        await expect(world.server.resetUser(userId)).rejects.toEqual(refusal)
      },
    )

    it('a session token identifies its user until it expires', async () => {
      const { body } = await world.call('POST', '/externalAuth/signin', { body: { jwt: 'user:ann' } })
      expect(body).toMatchObject({ user: { id: 'ann', email: 'ann@example.com' } })
      const user = await world.call('GET', '/users', {
        headers: { authorization: `Bearer ${body.minifiedJwt}` },
      })
      expect(user.body.id).toBe('ann')
      world.now += 13 * 3600_000
      const late = await world.call('GET', '/users', {
        headers: { authorization: `Bearer ${body.minifiedJwt}` },
      })
      expect(late.status).toBe(401)
    })

    const bad: [string, string, number][] = [
      ['not JSON', '{', 400],
      ['empty', '', 400],
      ['10 MB', `"${'x'.repeat(10_000_000)}"`, 413],
      ['10,000 nested arrays', '['.repeat(8000), 400],
      ['an array', '[]', 400],
      ['null', 'null', 400],
      ['an extra key', '{"code":"123456","admin":true}', 400],
      ['a prototype', '{"code":"123456","__proto__":{"admin":true}}', 400],
      ['a NUL byte', '{"code":"123456","id":"\\u0000"}', 404],
    ]
    it.each(bad)('a request whose body is %s is a typed error', async (_name, raw, status) => {
      await world.call('GET', REGISTER, { as: 'ann' })
      const answer = await world.call('POST', VERIFY, { as: 'ann', raw })
      expect(answer.status).toBe(status)
      expect(answer.body).toEqual({ error: expect.any(String), code: expect.any(String) })
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect((await devices('ann'))[0].verified).toBe(false)
    })

    it('a request to another address, environment or method is a typed 404 or 405', async () => {
      expect((await world.call('GET', '/nothing', { as: 'ann' })).body.code).toBe('not_covered')
      expect((await world.call('GET', '/../other/users', { as: 'ann' })).body.code).toBe('not_found')
      expect((await world.call('PATCH', '/users/mfa', { as: 'ann' })).body.code).toBe('method_not_allowed')
    })
  })

  it('a step-up is required until the scope is held, and names the credential to use', async () => {
    const { id, secret } = await world.enroll('ann')
    const check = (headers = {}) =>
      world.call('POST', '/stepUp/check', { as: 'ann', body: { scope: 'wallet:sign' }, headers })
    expect((await check()).body).toMatchObject({
      isRequired: true,
      credentials: [{ id }],
      defaultCredentialId: id,
    })
    const token = await elevate('ann', secret, 'wallet:sign')
    expect((await check({ 'x-dyn-elevated-access-token': token })).body.isRequired).toBe(false)
  })

  it('a step-up is required again once the authenticator that won the scope is gone, as the guard says', async () => {
    const { id, secret } = await world.enroll('ann')
    const token = await elevate('ann', secret, 'wallet:sign')
    await remove('ann', id, elevated(await elevate('ann', secret, 'credential:unlink')))
    const check = async () => {
      const body = { scope: 'wallet:sign' }
      return (await world.call('POST', '/stepUp/check', { as: 'ann', body, headers: elevated(token) })).body
    }
    expect(await check()).toMatchObject({ isRequired: true, credentials: [] })
    await world.enroll('ann')
    expect(await check()).toMatchObject({ isRequired: true })
  })

  it('audit events report what happened without a secret', async () => {
    const { id, secret } = await world.enroll('ann')
    const code = world.codeOf(secret)
    await verify('ann', { code: '000000' })
    await verify('ann', { code, createMfaToken: {} })
    expect(world.events.map(({ type }) => type)).toEqual(['registered', 'enrolled', 'refused', 'verified'])
    expect(world.events[1]).toEqual({ type: 'enrolled', at: expect.any(Number), userId: 'ann', deviceId: id })
    for (const hidden of [secret, code, '000000']) expect(JSON.stringify(world.events)).not.toContain(hidden)
  })

  it('the data on disk holds no secret, token or private key', async () => {
    const { secret, recoveryCodes } = await world.enroll('ann')
    const code = world.codeOf(secret)
    const { body } = await verify('ann', {
      code,
      requestedScopes: ['wallet:export'],
      createMfaToken: { singleUse: false },
    })
    const kept = await world.dump()
    const bytes = Buffer.from(base32.decode(secret))
    const hidden = [
      secret,
      secret.toLowerCase(),
      bytes.toString('latin1'),
      bytes.toString('hex'),
      bytes.toString('hex').toUpperCase(),
      bytes.toString('base64').replace(/=+$/, ''),
      bytes.toString('base64url'),
      ...recoveryCodes,
      ...recoveryCodes.map((recoveryCode) => recoveryCode.replace('-', '')),
      body.mfaToken,
      body.elevatedAccessToken,
      body.minifiedJwt,
      '"d":',
    ]
    for (const text of hidden) expect(kept.includes(text)).toBe(false)
    expect(kept).not.toMatch(new RegExp(`(?<![0-9])${code}(?![0-9])`))
    // The first store keeps no files.
    expect(kept.includes('ann')).toBe(makeStore !== stores[0]?.[1])
  })
})

/** A store of which one verb fails while it is down. */
function failing(store: Store, verb: keyof Store, isDown: () => boolean): Store {
  const fail = async () => {
    throw new Error(`${verb} failed for reasons of its own`)
  }
  return new Proxy(store, {
    get: (target, name) => (name === verb && isDown() ? fail : Reflect.get(target, name)),
  })
}

it.each(stores.slice(1))('on %s a code is not accepted again after a restart', async (_, makeStore) => {
  const world = createWorld(makeStore)
  const { secret } = await world.enroll('ann')
  const send = () => world.call('POST', VERIFY, { as: 'ann', body: { code: world.codeOf(secret) } })
  expect((await send()).status).toBe(200)
  await world.restart()
  expect((await send()).body.reason).toBe('code_reused')
  await world.close()
})

it('a server with another master key says so instead of starting', async () => {
  const world = createWorld((path) => sqliteStore({ path }))
  await world.server.ready()
  const other = createTotpServer({
    store: sqliteStore({ path: world.path }),
    issuer: 'Test',
    masterKey: masterKeyOf(8),
    identity: () => null,
    environmentId: ENVIRONMENT,
  })
  await expect(other.ready()).rejects.toThrow('another master key')
  await other.close()
  await world.close()
})

it('a master key of the wrong length is refused with a message that says how to fix it', () => {
  const make = () =>
    createTotpServer({ store: memoryStore(), issuer: 'Test', masterKey: 'c2hvcnQ=', identity: () => null })
  expect(make).toThrow('openssl rand -base64 32')
})
