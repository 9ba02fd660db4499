/** Every switch of `serve` does what it says, as an option and as an environment variable. */

import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { authenticator } from '../../src/testing/authenticator.ts'
import { command } from '../support/cli-in-process.ts'
import { browserWith } from '../support/passkeys.ts'
import { rawRequest, statusOf } from '../support/raw-request.ts'
import { cli, commandFromSource, type ServerProcess, startServer } from '../support/server-process.ts'

const ORIGIN = 'https://app.example.com'
let folder: string
let provider: Server
let keys: CryptoKeyPair
let jwksUrl: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'totp-flow-switches-'))
  keys = await generateKeyPair('ES256')
  const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(keys.publicKey)), kid: '1', alg: 'ES256' }] })
  provider = createServer((_, response) => response.end(jwks)).listen(0, '127.0.0.1')
  await new Promise((resolve) => provider.once('listening', resolve))
  jwksUrl = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/jwks`
})
afterAll(() => {
  provider.close()
  rmSync(folder, { recursive: true })
})

const signed = (issuer: string, audience: string, signedInAt?: number, userId = 'ann') =>
  new SignJWT({ email: 'ann@example.com', ...(signedInAt !== undefined && { auth_time: signedInAt }) })
    .setProtectedHeader({ alg: 'ES256', kid: '1' })
    .setSubject(userId)
    .setIssuer(issuer)
    .setAudience(audience)
    .setExpirationTime('5m')
    .sign(keys.privateKey)

/** Each switch, its variable, and what both are set to here; `true` for a switch that takes no value. */
const settings = (name: string): [string, string, string | true][] => [
  ['host', 'HOST', '127.0.0.2'],
  ['database', 'DATABASE_URL', `sqlite:${join(folder, `${name}.db`)}`],
  ['key-file', 'TOTP_FLOW_MASTER_KEY_FILE', join(folder, `${name}.key`)],
  ['issuer', 'TOTP_FLOW_ISSUER', 'Example Bank'],
  ['environment', 'TOTP_FLOW_ENVIRONMENT', 'bank-1'],
  ['algorithm', 'TOTP_FLOW_ALGORITHM', 'ES256'],
  ['base-path', 'TOTP_FLOW_BASE_PATH', '/second-factor'],
  ['token-issuer', 'TOTP_FLOW_TOKEN_ISSUER', 'https://bank.example'],
  ['identity-jwks', 'TOTP_FLOW_IDENTITY_JWKS', jwksUrl],
  ['identity-issuer', 'TOTP_FLOW_IDENTITY_ISSUER', 'https://id.example'],
  ['identity-audience', 'TOTP_FLOW_IDENTITY_AUDIENCE', 'bank'],
  ['cors-origin', 'TOTP_FLOW_CORS_ORIGINS', ORIGIN],
  ['mfa-required', 'TOTP_FLOW_MFA_REQUIRED', true],
  ['elevation-only', 'TOTP_FLOW_ELEVATION_ONLY', true],
  ['scope', 'TOTP_FLOW_SCOPES', 'report:read=often/90'],
  ['passkey-rp-id', 'TOTP_FLOW_PASSKEY_RP_ID', 'example.com'],
  ['passkey-origin', 'TOTP_FLOW_PASSKEY_ORIGINS', ORIGIN],
  ['passkey-rp-name', 'TOTP_FLOW_PASSKEY_RP_NAME', 'Bank of Examples'],
  ['passkey-limit', 'TOTP_FLOW_PASSKEY_LIMIT', '1'],
  ['trust-proxy', 'TOTP_FLOW_TRUST_PROXY', 'loopback'],
  ['address-limit', 'TOTP_FLOW_ADDRESS_LIMIT', '3'],
  ['max-connections', 'TOTP_FLOW_MAX_CONNECTIONS', '500'],
  ['database-connections', 'TOTP_FLOW_DATABASE_CONNECTIONS', '3'],
  ['statement-timeout', 'TOTP_FLOW_STATEMENT_TIMEOUT', '4000'],
  ['connect-timeout', 'TOTP_FLOW_CONNECT_TIMEOUT', '4000'],
  ['keep-alive-seconds', 'TOTP_FLOW_KEEP_ALIVE_SECONDS', '90'],
  ['drain-seconds', 'TOTP_FLOW_DRAIN_SECONDS', '1'],
  ['shutdown-seconds', 'TOTP_FLOW_SHUTDOWN_SECONDS', '7'],
  ['log-level', 'LOG_LEVEL', 'warn'],
]
const asOptions = (name: string) =>
  settings(name).flatMap(([option, , value]) => (value === true ? [`--${option}`] : [`--${option}`, value]))
const asVariables = (name: string) =>
  Object.fromEntries(settings(name).map(([, variable, value]) => [variable, value === true ? 'yes' : value]))

describe.each(['options', 'variables'])('serve configured by %s', (way) => {
  let server: ServerProcess
  let token: string
  beforeAll(async () => {
    // The helper gives an address limit first: the last one counts, and a variable must not have it at all.
    server =
      way === 'options'
        ? await startServer({}, asOptions(way), folder)
        : await startServer(asVariables(way), [], folder, { bare: true })
  })
  afterAll(() => server.end('SIGKILL'))
  const signIn = async (jwt: string) => server.call('POST', '/externalAuth/signin', { body: { jwt } })

  it('serve listens on its configured host and port, under its environment', async () => {
    expect(server.api).toMatch(/^http:\/\/127\.0\.0\.2:\d+\/second-factor\/sdk\/bank-1$/)
    expect((await server.call('GET', '/settings')).body.environmentName).toBe('bank-1')
  })

  it('serve keeps its data and its key at the configured paths', () => {
    expect(readFileSync(join(folder, `${way}.db`)).length).toBeGreaterThan(0)
    expect(readFileSync(join(folder, `${way}.key`), 'utf8').trim()).toHaveLength(44)
  })

  it('serve signs in the users of its identity provider, and rejects any other issuer or audience', async () => {
    expect((await signIn(await signed('https://other.example', 'bank'))).status).toBe(401)
    expect((await signIn(await signed('https://id.example', 'shop'))).status).toBe(401)
    expect((await server.call('POST', '/development/sign-in', { body: { account: 'eve' } })).status).toBe(404)
    const { status, body } = await signIn(await signed('https://id.example', 'bank'))
    expect({ status, email: body.user.email }).toEqual({ status: 200, email: 'ann@example.com' })
    token = body.minifiedJwt
  })

  it('serve signs with the configured algorithm and issuer, and requires a second factor of every session', () => {
    expect(decodeProtectedHeader(token).alg).toBe('ES256')
    expect(decodeJwt(token)).toMatchObject({ iss: 'https://bank.example', aud: 'bank-1' })
    expect(decodeJwt(token).scope).toContain('requiresAdditionalAuth')
  })

  it('serve allows the configured scopes, and accepts no MFA token for a removal', async () => {
    const { id, secret, uri } = (await server.call('GET', '/users/mfa/register/totp', { token })).body
    expect(new URL(uri).searchParams.get('issuer')).toBe('Example Bank')
    const verify = (more: object, stepsAhead: number) =>
      server.call('POST', '/users/mfa/auth/totp', {
        token,
        body: { code: authenticator(secret).code(stepsAhead), ...more },
      })
    expect((await verify({ createMfaToken: {} }, 0)).body.code).toBe('mfa_token_disabled')
    const { body } = await verify({ requestedScopes: ['report:read'] }, 0)
    const { exp = 0, iat = 0 } = decodeJwt(body.elevatedAccessToken)
    expect(exp - iat).toBe(90)
    const headers = { 'x-mfa-auth-token': 'any' }
    expect((await server.call('DELETE', `/users/mfa/${id}`, { token, headers })).status).toBe(403)
  })

  it('serve accepts passkeys of its configured domain, up to its limit, and says so at the start', async () => {
    expect(server.said.err).toContain(`  passkeys for example.com, on pages of ${ORIGIN}\n`)
    const jwt = await signed('https://id.example', 'bank', undefined, 'bob')
    const { minifiedJwt } = (await signIn(jwt)).body
    const options = await server.call('GET', '/users/passkeys/register', { token: minifiedJwt })
    expect(options.body.rp).toEqual({ id: 'example.com', name: 'Bank of Examples' })
    const body = browserWith({}, ORIGIN).create(options.body)
    const added = await server.call('POST', '/users/passkeys/register', { token: minifiedJwt, body })
    expect(added.status).toBe(200)
    const another = await server.call('GET', '/users/passkeys/register', { token: added.body.minifiedJwt })
    expect(another.body.code).toBe('passkey_limit')
  })

  it('serve allows calls from pages of its configured origin only', async () => {
    const allowed = async (origin: string) =>
      (await fetch(`${server.api}/settings`, { headers: { origin } })).headers.get(
        'access-control-allow-origin',
      )
    expect(await allowed(ORIGIN)).toBe(ORIGIN)
    expect(await allowed('https://evil.example')).toBeNull()
  })

  it('serve limits rejected calls by the address that its proxy reports, and logs only that address', async () => {
    const refused = async (address: string) =>
      (await fetch(`${server.api}/users`, { headers: { 'x-forwarded-for': address } })).status
    const asked = []
    for (let call = 0; call < 4; call++) asked.push(await refused('192.0.2.7'))
    expect(asked).toEqual([401, 401, 401, 429])
    expect(await refused('192.0.2.8')).toBe(401)
    const logged = server.said.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(logged).toMatchObject([{ type: 'address_throttled', address: '192.0.2.7' }])
  })

  it('serve keeps a connection for the configured seconds', async () => {
    const { headers } = await fetch(`${server.origin}/healthz`)
    expect(headers.get('keep-alive')).toContain('timeout=90')
  })

  it('serve drains for the configured seconds: it answers but is not ready, and then gives requests in progress as long to finish', async () => {
    const ended = server.end('SIGTERM')
    await expect.poll(() => server.said.err).toContain('/readyz answers 503; stopping in 1 s')
    const asked = await Promise.all(['/readyz', '/healthz'].map((path) => fetch(`${server.origin}${path}`)))
    expect(asked.map(({ status, headers }) => [status, headers.get('connection')])).toEqual([
      [503, 'close'],
      [200, 'close'],
    ])
    expect(await asked[0]?.json()).toEqual({ status: 'draining' })
    expect(await ended).toBe(0)
    expect(server.said.err).toContain('finishing requests in progress (7 s at most)')
  })
})

describe('serve', () => {
  it('serve --max-connections limits the open connections', async () => {
    const server = await startServer({ DATABASE_URL: 'sqlite::memory:' }, ['--max-connections', '1'], folder)
    const held = connect(Number(new URL(server.origin).port), '127.0.0.1')
    await once(held, 'connect')
    const asked = rawRequest(
      server.origin,
      'GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n',
    )
    expect(await asked.then(statusOf, () => 0)).toBe(0)
    held.destroy()
    await server.end('SIGKILL')
  })

  it('serve --elevation-only rejects an MFA token for a removal, which it accepts otherwise', async () => {
    const env = { DATABASE_URL: `sqlite:${join(folder, 'mfa.db')}` }
    const removal = async (args: string[], made?: { token: string; path: string; mfaToken: string }) => {
      const server = await startServer(env, args, folder)
      const token = made?.token ?? (await server.signIn('ann'))
      let { path = '', mfaToken = '' } = made ?? {}
      if (!made) {
        const { id, secret } = (await server.call('GET', '/users/mfa/register/totp', { token })).body
        const body = { code: authenticator(secret).code(0), createMfaToken: {} }
        mfaToken = (await server.call('POST', '/users/mfa/auth/totp', { token, body })).body.mfaToken
        path = `/users/mfa/${id}`
      }
      const remove = () => server.call('DELETE', path, { token, headers: { 'x-mfa-auth-token': mfaToken } })
      const status = made ? (await remove()).status : undefined
      await server.end()
      return { status, token, path, mfaToken }
    }
    const made = await removal([])
    expect((await removal(['--elevation-only'], made)).status).toBe(403)
    expect((await removal([], made)).status).toBe(204)
  })

  const sessionOf = async (server: ServerProcess, name: string) => {
    const token = await server.signIn(name)
    const { id, secret } = (await server.call('GET', '/users/mfa/register/totp', { token })).body
    const body = { code: authenticator(secret).code(0), createMfaToken: {} }
    const verified = (await server.call('POST', '/users/mfa/auth/totp', { token, body })).body
    return { token: verified.minifiedJwt, path: `/users/mfa/${id}`, mfaToken: verified.mfaToken }
  }

  it.each([
    ['--mfa-max-age', 'TOTP_FLOW_MFA_MAX_AGE'],
    ['--mfa-idle-timeout', 'TOTP_FLOW_MFA_IDLE_TIMEOUT'],
  ])('serve with %s requires a factor again after that many seconds', async (option, variable) => {
    for (const [env, args] of [
      [{}, [option, '2']],
      [{ [variable]: '2' }, []],
    ] as const) {
      const database = { DATABASE_URL: 'sqlite::memory:', ...env }
      const server = await startServer(database, ['--mfa-required', ...args], folder)
      const { token } = await sessionOf(server, 'ann')
      const owes = async () => (await server.call('GET', '/users', { token })).body.scope
      await expect.poll(owes).toBe('requiresAdditionalAuth')
      await server.end('SIGKILL')
    }
    const server = await startServer({ DATABASE_URL: 'sqlite::memory:' }, ['--mfa-required'], folder)
    const { token } = await sessionOf(server, 'ann')
    expect((await server.call('GET', '/users', { token })).body.scope).toBeUndefined()
    await server.end('SIGKILL')
  })

  it.each<[string, Record<string, string>, string[]]>([
    ['--mfa-grace-until', {}, ['--mfa-grace-until', '2999-01-31T00:00:00Z']],
    ['its variable', { TOTP_FLOW_MFA_GRACE_UNTIL: '2999-01-31T00:00:00Z' }, []],
  ])('serve with %s requires no factor of users without an app until then', async (_, env, args) => {
    const server = await startServer(
      { DATABASE_URL: 'sqlite::memory:', ...env },
      ['--mfa-required', ...args],
      folder,
    )
    const token = await server.signIn('ann')
    expect((await server.call('GET', '/users', { token })).body.scope).toBeUndefined()
    expect((await server.call('GET', '/users/mfa', { token })).body).toEqual({
      count: 0,
      devices: [],
      gate: 'enrollmentOwed',
      enrollBy: '2999-01-31T00:00:00.000Z',
    })
    await server.end('SIGKILL')
  })

  it.each<[string, Record<string, string>, string[]]>([
    ['--mfa-if-enrolled', {}, ['--mfa-if-enrolled']],
    ['its variable', { TOTP_FLOW_MFA_IF_ENROLLED: 'true' }, []],
  ])('serve with %s requires a code only in sessions of users who have an app', async (_, env, args) => {
    const server = await startServer({ DATABASE_URL: 'sqlite::memory:', ...env }, args, folder)
    const gateOf = async (token: string) => (await server.call('GET', '/users/mfa', { token })).body.gate
    const token = await server.signIn('ann')
    expect(await gateOf(token)).toBe('open')
    const { secret } = (await server.call('GET', '/users/mfa/register/totp', { token })).body
    const code = authenticator(String(secret)).code()
    expect((await server.call('POST', '/users/mfa/auth/totp', { token, body: { code } })).status).toBe(200)
    expect(await gateOf(await server.signIn('ann'))).toBe('codeOwed')
    await server.end('SIGKILL')
  })

  it.each<[string, Record<string, string>, string[]]>([
    ['--acr', {}, ['--acr', 'urn:example:mfa']],
    ['its variable', { TOTP_FLOW_ACR: 'urn:example:mfa' }, []],
  ])(
    'serve with %s names the context of authentication in the tokens of a verified session',
    async (_, env, args) => {
      const server = await startServer({ DATABASE_URL: 'sqlite::memory:', ...env }, args, folder)
      const { token } = await sessionOf(server, 'ann')
      expect(decodeJwt(token).acr).toBe('urn:example:mfa')
      await server.end('SIGKILL')
    },
  )

  it('serve rejects an acr that a challenge could not name', async () => {
    const { code, err } = await cli(['serve', '--acr', 'two words'], {}, folder)
    expect(code).toBe(2)
    expect(err).toContain('--acr takes a name such as https://refeds.org/profile/mfa, without spaces')
  })

  it.each<[string, Record<string, string>, string[], number]>([
    ['--end-sessions-on-removal', {}, ['--end-sessions-on-removal'], 401],
    ['its variable', { TOTP_FLOW_END_SESSIONS_ON_REMOVAL: 'on' }, [], 401],
    ['neither', {}, [], 200],
  ])('serve with %s treats other sessions on a removal as configured', async (_, env, args, status) => {
    const server = await startServer({ DATABASE_URL: 'sqlite::memory:', ...env }, args, folder)
    const other = await server.signIn('ann')
    const { token, path, mfaToken } = await sessionOf(server, 'ann')
    const removal = { token, headers: { 'x-mfa-auth-token': mfaToken } }
    expect((await server.call('DELETE', path, removal)).status).toBe(204)
    expect((await server.call('GET', '/users', { token: other })).status).toBe(status)
    await server.end('SIGKILL')
  })

  it.each<[string, Record<string, string>, string[], number]>([
    ['--recent-sign-in', {}, ['--recent-sign-in'], 403],
    ['its variable', { TOTP_FLOW_RECENT_SIGN_IN: '1' }, [], 403],
    ['neither', {}, [], 200],
  ])(
    'serve with %s treats a registration after an old sign-in as configured',
    async (_, env, args, status) => {
      const provided = ['--identity-jwks', jwksUrl, '--identity-issuer', 'i', '--identity-audience', 'a']
      const server = await startServer(
        { DATABASE_URL: 'sqlite::memory:', ...env },
        [...provided, ...args],
        folder,
      )
      const jwt = await signed('i', 'a', Math.floor(Date.now() / 1000) - 600)
      const token = (await server.call('POST', '/externalAuth/signin', { body: { jwt } })).body.minifiedJwt
      expect((await server.call('GET', '/users/mfa/register/totp', { token })).status).toBe(status)
      await server.end('SIGKILL')
    },
  )

  it('an option of serve wins over its environment variable', async () => {
    const { api, end } = await startServer(
      { DATABASE_URL: 'sqlite::memory:', TOTP_FLOW_ENVIRONMENT: 'variable' },
      ['--environment', 'option'],
      folder,
    )
    expect(api).toMatch(/\/option$/)
    await end('SIGKILL')
  })

  it('serve accepts no passkeys without --passkey-rp-id, and offers them under its issuer with it', async () => {
    const nameWith = async (...args: string[]) => {
      const server = await startServer({ DATABASE_URL: 'sqlite::memory:' }, args, folder)
      const token = await server.signIn('ann')
      const { body } = await server.call('GET', '/users/passkeys/register', { token })
      await server.end('SIGKILL')
      return { name: body.rp?.name, says: /^ {2}passkeys for .*$/m.exec(server.said.err)?.[0] }
    }
    const issuer = ['--issuer', 'Example Bank']
    expect(await nameWith(...issuer)).toEqual({})
    const origins = ['--passkey-origin', 'http://localhost:5173', '--passkey-origin', 'http://app.localhost']
    expect(await nameWith(...issuer, '--passkey-rp-id', 'localhost', ...origins)).toEqual({
      name: 'Example Bank',
      says: '  passkeys for localhost, on pages of http://localhost:5173, http://app.localhost',
    })
  })

  it.each([
    ['needs --passkey-rp-id', ['--passkey-origin', ORIGIN]],
    ['--passkey-limit needs --passkey-rp-id', ['--passkey-limit', '3']],
    ['takes a domain such as example.com', ['--passkey-rp-id', 'https://example.com']],
    ['Correct example.com:443.', ['--passkey-rp-id', 'example.com:443']],
    ['needs --passkey-origin', ['--passkey-rp-id', 'example.com']],
    [
      'takes a name, without control characters',
      ['--passkey-rp-id', 'example.com', '--passkey-rp-name', '\t'],
    ],
    ['from 1 to 100', ['--passkey-rp-id', 'example.com', '--passkey-limit', '0']],
    [
      'takes origins of example.com, such as https://example.com: other pages cannot use its passkeys. Correct https://app.example.org.',
      [
        '--passkey-rp-id',
        'example.com',
        '--passkey-origin',
        ORIGIN,
        '--passkey-origin',
        'https://app.example.org',
      ],
    ],
    [
      'cannot use its passkeys. Correct it.',
      ['--passkey-rp-id', 'example.com', '--passkey-origin', 'https://ann:hunter2@app.example.com'],
    ],
    [
      'Correct http://app.example.com.',
      ['--passkey-rp-id', 'example.com', '--passkey-origin', 'http://app.example.com'],
    ],
  ])('serve exits with 2 and says "%s" for %j', async (said, args) => {
    const { code, err } = await command(['serve', '--development-identity', ...args])
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(said) })
  })

  it('serve needs @simplewebauthn/server for passkeys only, and says how to install it', async () => {
    const hook = `import { registerHooks } from 'node:module'
      registerHooks({ resolve(name, context, next) {
        if (name === '@simplewebauthn/server') throw new Error('Cannot find package')
        return next(name, context)
      } })`
    const without = commandFromSource(
      process.execPath,
      `--import=data:text/javascript,${encodeURIComponent(hook)}`,
    )
    const env = { DATABASE_URL: 'sqlite::memory:' }
    const args = ['--passkey-rp-id', 'example.com', '--passkey-origin', ORIGIN]
    expect(await cli(['serve', '--development-identity', ...args], env, folder, without)).toMatchObject({
      code: 1,
      err: 'Passkeys need the package @simplewebauthn/server. Install it: npm install @simplewebauthn/server\n',
    })
    const server = await startServer(env, [], folder, { command: without })
    expect((await fetch(`${server.origin}/readyz`)).status).toBe(200)
    await server.end('SIGKILL')
  })

  it('serve --help lists exactly the switches that are tested here', async () => {
    const { out } = await cli(['serve', '--help'], {}, folder)
    const told = [...out.matchAll(/^ {2}--([a-z-]+).*\[([A-Z_]+)\]$/gm)].map(([, option, variable]) => [
      option,
      variable,
    ])
    // These have tests of their own.
    const tested = settings('').map(([option, variable]) => [option, variable])
    const elsewhere = [
      ['port', 'PORT'],
      ['link-required', 'TOTP_FLOW_LINK_REQUIRED'],
      ['development-identity', 'TOTP_FLOW_DEVELOPMENT_IDENTITY'],
      ['mfa-grace-until', 'TOTP_FLOW_MFA_GRACE_UNTIL'],
      ['mfa-if-enrolled', 'TOTP_FLOW_MFA_IF_ENROLLED'],
      ['acr', 'TOTP_FLOW_ACR'],
      ['mfa-max-age', 'TOTP_FLOW_MFA_MAX_AGE'],
      ['mfa-idle-timeout', 'TOTP_FLOW_MFA_IDLE_TIMEOUT'],
      ['end-sessions-on-removal', 'TOTP_FLOW_END_SESSIONS_ON_REMOVAL'],
      ['recent-sign-in', 'TOTP_FLOW_RECENT_SIGN_IN'],
    ]
    expect(told.toSorted()).toEqual([...tested, ...elsewhere].toSorted())
  })

  it('serve reads port, link-required and development-identity from the environment', async () => {
    const env = {
      DATABASE_URL: 'sqlite::memory:',
      PORT: '0',
      TOTP_FLOW_LINK_REQUIRED: 'TRUE',
      TOTP_FLOW_DEVELOPMENT_IDENTITY: 'on',
    }
    const server = await startServer(env, [], folder, { bare: true })
    const token = await server.signIn('ann')
    expect((await server.call('GET', '/users/mfa/register/totp', { token })).body.code).toBe(
      'elevation_required',
    )
    await server.end('SIGKILL')
  })
})
