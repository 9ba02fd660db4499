/** Users who are signed in by the host's own HttpOnly cookie: what works for its pages, and what works for nobody else's. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type CookieIdentity,
  memoryStore,
  type Store,
  type TotpServerOptions,
} from '../../../src/server/index.ts'
import {
  requireElevation as expressGuard,
  requireRecentMfa as expressRecent,
} from '../../../src/server/integrations/express.ts'
import { sqliteStore } from '../../../src/server/store/sqlite.ts'
import { createWorld, ENVIRONMENT, stores, type World } from '../../support/world.ts'

const PAGE = 'https://app.example.com'
const REGISTER = '/users/mfa/register/totp'
const VERIFY = '/users/mfa/auth/totp'
const RECOVERY = '/users/mfa/recovery'

/** The host's sessions: the cookie holds an id, by which the host finds the user. */
const sessions = new Map<string, { userId: string; authenticatedAt?: number }>()
const asked: Request[] = []
const cookieIdentity: CookieIdentity = (request) => {
  asked.push(request)
  const sessionId = /(?:^|; )sid=([\w-]+)/.exec(request.headers.get('cookie') ?? '')?.[1] ?? ''
  const session = sessions.get(sessionId)
  return session ? { ...session, account: `${session.userId}@example.com`, sessionId } : null
}

/** A browser: it keeps cookies, and sends what a page of the app sends. */
function browser(sid: string, host = 'test.local') {
  const jar = new Map([['sid', sid]])
  const headers = (more: Record<string, string> = {}) => ({
    cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
    host,
    'x-totp-flow': '1',
    'sec-fetch-site': 'same-origin',
    ...more,
  })
  return {
    jar,
    headers,
    async call(method: string, path: string, body?: unknown, more: Record<string, string> = {}) {
      const answer = await world.call(method, path, { body, headers: headers(more) })
      for (const line of answer.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        jar.set(name, value)
      }
      return answer
    },
  }
}
type Browser = ReturnType<typeof browser>

async function enroll(page: Browser) {
  const { body } = await page.call('GET', REGISTER)
  const verified = await page.call('POST', VERIFY, { code: world.codeOf(body.secret), id: body.id })
  world.tick()
  return { id: String(body.id), secret: String(body.secret), verified }
}
async function elevation(page: Browser, secret: string, scope: string): Promise<Record<string, string>> {
  const { body } = await page.call('POST', VERIFY, { code: world.codeOf(secret), requestedScopes: [scope] })
  world.tick()
  return { 'x-dyn-elevated-access-token': body.elevatedAccessToken }
}

let world: World
const worldWith = async (
  options: Partial<TotpServerOptions>,
  makeStore: (path: string) => Store = () => memoryStore(),
) => {
  await world.close()
  world = createWorld(makeStore, { identity: undefined, cookieIdentity, corsOrigins: [PAGE], ...options })
}
beforeEach(() => {
  asked.length = 0
  sessions.clear()
  for (const name of ['ann', 'bob']) sessions.set(`of-${name}`, { userId: name })
  world = createWorld(() => memoryStore(), { identity: undefined, cookieIdentity, corsOrigins: [PAGE] })
})
afterEach(() => world.close())

describe.each(stores)('on %s', (_, makeStore) => {
  it('a page with a session cookie enrolls, makes and keeps recovery codes, steps up, and removes', async () => {
    await worldWith({}, makeStore)
    const page = browser('of-ann')
    const { id, secret, verified } = await enroll(page)
    expect(verified.status).toBe(200)
    expect((await page.call('POST', RECOVERY)).body.recoveryCodes).toHaveLength(10)
    const kept = await page.call('PUT', '/users', { mfaBackupCodeAcknowledgement: 'complete' })
    expect(kept.status).toBe(200)
    expect((await page.call('POST', RECOVERY)).status).toBe(403)
    const update = await elevation(page, secret, 'credential:update')
    const { recoveryCodes } = (await page.call('POST', RECOVERY, undefined, update)).body
    expect((await page.call('POST', '/users/mfa/auth/recovery', { code: recoveryCodes[0] })).status).toBe(200)
    const unlink = await elevation(page, secret, 'credential:unlink')
    const check = await page.call('POST', '/stepUp/check', { scope: 'credential:unlink' }, unlink)
    expect(check.body.isRequired).toBe(false)
    expect((await page.call('DELETE', `/users/mfa/${id}`)).status).toBe(403)
    expect((await page.call('DELETE', `/users/mfa/${id}`, undefined, unlink)).status).toBe(204)
    expect((await page.call('GET', REGISTER)).status).toBe(200)
  })
})

describe('the session token', () => {
  it('what a code wins stays in a cookie that scripts cannot read and other hosts cannot set', async () => {
    const page = browser('of-ann')
    const { verified } = await enroll(page)
    const [cookie = ''] = verified.headers.getSetCookie()
    expect(cookie).toMatch(
      /^__Host-totp-flow=eyJ[\w.-]+; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict; Secure$/,
    )
    expect(verified.body).toMatchObject({ minifiedJwt: '' })
    expect(verified.body).not.toHaveProperty('jwt')
    expect(JSON.stringify(verified.body)).not.toContain('eyJ')
  })

  it.each(['localhost:3000', 'app.localhost', '127.0.0.1:8080', '[::1]:80'])(
    'on %s, which has no TLS, the cookie is set, too',
    async (host) => {
      const { verified } = await enroll(browser('of-ann', host))
      expect(verified.headers.getSetCookie()[0]).toMatch(/^totp-flow=[^;]+; .*HttpOnly; SameSite=Strict$/)
    },
  )

  it('a caller with a bearer token gets the token as before, and no cookie', async () => {
    await worldWith({
      identity: (credential) => (credential === 'x' ? { userId: 'ann', account: 'a' } : null),
    })
    const headers = { authorization: 'Bearer x' }
    const { secret } = (await world.call('GET', REGISTER, { headers })).body
    const verified = await world.call('POST', VERIFY, { headers, body: { code: world.codeOf(secret) } })
    expect(verified.body.minifiedJwt).toMatch(/^eyJ/)
    expect(verified.headers.getSetCookie()).toEqual([])
  })

  it.each<[string, (page: Browser) => void]>([
    ['without the host’s session', (page) => page.jar.delete('sid')],
    ['in a session that the host does not know', (page) => page.jar.set('sid', 'over')],
  ])('a session that was verified is nobody’s %s', async (_how, change) => {
    const page = browser('of-ann')
    await enroll(page)
    change(page)
    expect((await page.call('GET', '/users')).status).toBe(401)
  })

  it('a verification counts in its own session of the host, and in no other of the same or another user', async () => {
    await worldWith({ mfaRequired: true })
    sessions.set('again-ann', { userId: 'ann' })
    const page = browser('of-ann')
    await enroll(page)
    const owes = async () => (await page.call('GET', '/users')).body.scope === 'requiresAdditionalAuth'
    expect(await owes()).toBe(false)
    for (const other of ['again-ann', 'of-bob']) {
      page.jar.set('sid', other)
      expect(await owes(), other).toBe(true)
    }
    page.jar.set('sid', 'of-ann')
    expect(await owes()).toBe(false)
  })

  it('a forged, foreign or expired token in the cookie loses the verification, but not the sign-in', async () => {
    await worldWith({ mfaRequired: true })
    const page = browser('of-ann')
    await enroll(page)
    const scopeWith = async (token: string) => {
      page.jar.set('__Host-totp-flow', token)
      const { status, body } = await page.call('GET', '/users')
      return [status, body.scope]
    }
    const token = page.jar.get('__Host-totp-flow') ?? ''
    const theirs = browser('of-bob')
    await enroll(theirs)
    for (const bad of ['x', 'x'.repeat(9000), `${token}x`, theirs.jar.get('__Host-totp-flow') ?? '']) {
      expect(await scopeWith(bad)).toEqual([200, 'requiresAdditionalAuth'])
    }
    expect(await scopeWith(token)).toEqual([200, undefined])
    await page.call('POST', '/revoke')
    expect(await scopeWith(token)).toEqual([200, 'requiresAdditionalAuth'])
  })

  it('a reset ends a cookie session that is older, together with what was verified in it', async () => {
    sessions.set('of-ann', { userId: 'ann', authenticatedAt: world.now - 1000 })
    const page = browser('of-ann')
    await enroll(page)
    await world.server.resetUser('ann')
    expect((await page.call('GET', '/users')).status).toBe(401)
    sessions.set('newer', { userId: 'ann', authenticatedAt: world.now + 1000 })
    page.jar.set('sid', 'newer')
    expect((await page.call('GET', '/users')).status).toBe(200)
  })

  it('neither the store nor an audit event holds what the host’s cookie holds', async () => {
    sessions.set('secret-of-the-cookie', { userId: 'ann' })
    await worldWith({}, (path) => sqliteStore({ path }))
    const page = browser('secret-of-the-cookie')
    const { id, secret } = await enroll(page)
    const unlink = await elevation(page, secret, 'credential:unlink')
    await page.call('DELETE', `/users/mfa/${id}`, undefined, unlink)
    expect(world.events.filter(({ sessionId }) => sessionId !== undefined).length).toBeGreaterThan(2)
    expect(JSON.stringify(world.events)).not.toContain('secret-of-the-cookie')
    const stored = await world.dump()
    expect(stored).toContain('host:')
    expect(stored).not.toContain('secret-of-the-cookie')
  })
})

/** What a browser sends for a page of another site, with the user's cookie as far as the browser lets it come along. */
const attacks: [string, string, string, Record<string, string>, string?][] = [
  [
    'a form of another site (urlencoded)',
    'POST',
    VERIFY,
    {
      'content-type': 'application/x-www-form-urlencoded',
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      origin: 'https://evil.example',
    },
    'code=123456',
  ],
  [
    'a form of another site with JSON as text/plain',
    'POST',
    VERIFY,
    { 'content-type': 'text/plain', 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
    '{"code":"123456","x":"="}',
  ],
  [
    'a form of another site in a browser without fetch metadata',
    'POST',
    '/refresh',
    { origin: 'https://evil.example' },
  ],
  ['a form that hides its origin', 'POST', '/refresh', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
  ['a form without any origin', 'POST', '/refresh', {}],
  [
    'a form of the app’s own origin',
    'POST',
    '/refresh',
    { origin: 'http://test.local', 'sec-fetch-site': 'same-origin' },
  ],
  [
    'a fetch with cookies and simple headers',
    'GET',
    REGISTER,
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors', origin: 'https://evil.example' },
  ],
  ['a fetch without CORS', 'GET', REGISTER, { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
  ['an image of a subdomain', 'GET', REGISTER, { 'sec-fetch-site': 'same-site', 'sec-fetch-dest': 'image' }],
  [
    'a link from another site',
    'GET',
    REGISTER,
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
  ],
  ['the address bar', 'GET', REGISTER, { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }],
  [
    'a link of the app itself',
    'GET',
    '/users',
    { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate' },
  ],
  ['a request that says nothing of itself', 'GET', '/users/mfa', {}],
]
const withHeader: typeof attacks = [
  [
    'a page of another site that gets the header across',
    'GET',
    REGISTER,
    { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
  ],
  [
    'a page of a subdomain',
    'GET',
    REGISTER,
    { 'sec-fetch-site': 'same-site', origin: 'http://evil.test.local' },
  ],
  ['a page of the parent domain', 'GET', REGISTER, { origin: 'http://local' }],
  ['a page of another port', 'GET', REGISTER, { origin: 'http://test.local:8080' }],
  ['a page without an origin', 'GET', REGISTER, { origin: 'null' }],
  [
    'a page without an origin, by fetch metadata',
    'GET',
    REGISTER,
    { origin: 'null', 'sec-fetch-site': 'cross-site' },
  ],
  ['a page of the address bar', 'GET', REGISTER, { 'sec-fetch-site': 'none' }],
  ['a page of a browser to come', 'GET', REGISTER, { 'sec-fetch-site': 'same-future' }],
  ['a page whose name begins like a listed one', 'GET', REGISTER, { origin: `${PAGE}.evil.example` }],
  ['a page whose name ends like a listed one', 'GET', REGISTER, { origin: 'https://evil-app.example.com' }],
  ['a listed page without its TLS', 'GET', REGISTER, { origin: 'http://app.example.com' }],
]
const all: typeof attacks = [
  ...attacks,
  ...withHeader.map(([name, method, path, headers]): (typeof attacks)[number] => [
    name,
    method,
    path,
    { 'x-totp-flow': '1', ...headers },
  ]),
]

describe('a cross-site request', () => {
  it.each(all)('%s cannot use the session cookie', async (_name, method, path, headers, body) => {
    const sent = { cookie: 'sid=of-ann', host: 'test.local', ...headers }
    const answer = await world.call(method, path, { headers: sent, raw: body })
    expect([answer.status, answer.body.code]).toEqual([403, 'csrf_rejected'])
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    expect(answer.headers.getSetCookie()).toEqual([])
    expect(asked).toEqual([]) // nobody learns from a delay whether the user is signed in
    expect(world.events.map(({ at, ...event }) => event)).toEqual([
      { type: 'credential_refused', reason: 'csrf' },
    ])
  })

  it.each(all)(
    '%s cannot use the session cookie behind a guard of the host either',
    async (_name, method, _path, headers) => {
      const request = () =>
        new Request('http://test.local/pay', {
          method,
          headers: { cookie: 'sid=of-ann', host: 'test.local', ...headers },
        })
      let isReached = false
      const handler = () => {
        isReached = true
        return new Response()
      }
      const answers = [
        await world.server.requireElevation('wallet:export')(handler)(request()),
        await world.server.requireRecentMfa({ maxAge: 300 })(handler)(request()),
      ]
      for (const answer of answers) {
        expect([answer.status, (await answer.json()).code]).toEqual([403, 'csrf_rejected'])
      }
      await expect(world.server.authenticate(request())).rejects.toMatchObject({ code: 'csrf_rejected' })
      expect(isReached).toBe(false)
    },
  )

  it.each([
    ['its own origin', { origin: 'http://test.local' }],
    ['its own origin behind TLS', { origin: 'https://test.local' }],
    ['its own origin, by fetch metadata', { 'sec-fetch-site': 'same-origin' }],
    [
      'its own origin behind a proxy that renames the host',
      { 'sec-fetch-site': 'same-origin', host: 'inner:8080' },
    ],
    ['a listed origin', { origin: PAGE, 'sec-fetch-site': 'cross-site' }],
    ['a listed origin of the same site', { origin: PAGE, 'sec-fetch-site': 'same-site' }],
    ['no browser', {}],
  ])(
    'a request with the header from %s may use the cookie',
    async (_where, headers: Record<string, string>) => {
      const sent = { cookie: 'sid=of-ann', host: 'test.local', 'x-totp-flow': '1', ...headers }
      expect((await world.call('GET', '/users', { headers: sent })).status).toBe(200)
    },
  )

  it('the error names what is missing: the header, or the origin in the list', async () => {
    const cookie = 'sid=of-ann'
    const without = await world.call('GET', '/users', { headers: { cookie } })
    expect(without.body.error).toMatch(/needs the header "x-totp-flow: 1"/)
    const headers = { cookie, 'x-totp-flow': '1', origin: 'https://mine.example' }
    const unlisted = await world.call('GET', '/users', { headers })
    expect(unlisted.body.error).toMatch(/https:\/\/mine\.example.*list its origin in corsOrigins/)
  })

  it('a caller without a cookie, or with an unknown one, is signed out, not rejected as forged', async () => {
    expect((await world.call('GET', '/users')).body.code).toBe('unauthenticated')
    expect((await browser('unknown').call('GET', '/users')).body.code).toBe('unauthenticated')
  })

  it('a bearer token that is refused does not fall back to the cookie, and a proxy’s password does not hide it', async () => {
    const page = browser('of-ann')
    expect((await page.call('GET', '/users', undefined, { authorization: 'Bearer nobody' })).status).toBe(401)
    expect((await page.call('GET', '/users', undefined, { authorization: 'Basic YTpi' })).status).toBe(200)
  })

  it('a sign-in with a host credential ignores the cookie', async () => {
    const headers = { cookie: 'sid=of-ann', 'content-type': 'text/plain' }
    const answer = await world.call('POST', '/externalAuth/signin', { headers, body: { jwt: 'x' } })
    expect([answer.status, answer.body.code]).toEqual([401, 'invalid_external_auth'])
    expect(asked).toEqual([])
  })
})

describe('CORS', () => {
  const preflight = (origin: string) =>
    world.server.fetch(
      new Request(`http://test.local/api/v0/sdk/${ENVIRONMENT}/users`, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'GET',
          'access-control-request-headers': 'x-totp-flow',
        },
      }),
    )

  it('a listed page may send cookies and the header, and no other page is named, nor a star', async () => {
    const { headers } = await preflight(PAGE)
    expect(headers.get('access-control-allow-origin')).toBe(PAGE)
    expect(headers.get('access-control-allow-credentials')).toBe('true')
    expect(headers.get('access-control-allow-headers')).toContain('x-totp-flow')
    const answer = await browser('of-ann').call('GET', '/users', undefined, { origin: PAGE })
    expect(answer.headers.get('access-control-allow-credentials')).toBe('true')
    for (const origin of ['https://evil.example', 'null', `${PAGE}.evil.example`, 'http://test.local']) {
      const refused = await preflight(origin)
      expect(refused.status).toBe(405)
      expect([...refused.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
    }
  })

  it('without cookieIdentity no page may send cookies, and no cookie signs in', async () => {
    await worldWith({ identity: () => null, cookieIdentity: undefined })
    const { headers } = await preflight(PAGE)
    expect(headers.has('access-control-allow-credentials')).toBe(false)
    expect(headers.get('access-control-allow-headers')).not.toContain('x-totp-flow')
    expect((await browser('of-ann').call('GET', '/users')).body.code).toBe('unauthenticated')
  })
})

describe('a guard', () => {
  it('a guarded handler challenges a cookie session, lets its elevation in once, and no other session', async () => {
    sessions.set('again-ann', { userId: 'ann' })
    const page = browser('of-ann')
    const { secret } = await enroll(page)
    const pay = world.server.requireElevation('wallet:export')((_, user) => Response.json(user.userId))
    const call = (one: Browser, more = {}) =>
      pay(new Request('http://test.local/pay', { method: 'POST', headers: one.headers(more) }))
    expect((await call(page)).headers.get('www-authenticate')).toContain('scope="wallet:export"')
    const token = await elevation(page, secret, 'wallet:export')
    const other = browser('again-ann')
    await elevation(other, secret, 'wallet:sign')
    expect((await call(other, token)).status).toBe(401)
    expect((await call(browser('of-bob'), token)).status).toBe(401)
    expect(await (await call(page, token)).json()).toBe('ann')
    expect((await call(page, token)).status).toBe(401)
  })

  it('a guard by age lets a cookie session in while its verification is recent', async () => {
    const page = browser('of-ann')
    const { secret } = await enroll(page)
    const guarded = world.server.requireRecentMfa({ maxAge: 300 })((_, user) => Response.json(user.userId))
    const call = () => guarded(new Request('http://test.local/email', { headers: page.headers() }))
    expect(await (await call()).json()).toBe('ann')
    world.now += 301_000
    expect((await call()).headers.get('www-authenticate')).toContain('max_age="300"')
    await page.call('POST', VERIFY, { code: world.codeOf(secret) })
    expect((await call()).status).toBe(200)
  })

  it.each([
    ['requireElevation', () => expressGuard(world.server, 'wallet:export')],
    ['requireRecentMfa', () => expressRecent(world.server, { maxAge: 300 })],
  ])('Express’s %s takes the session cookie, and refuses a page of another site', async (name, guard) => {
    const middleware = guard()
    const listener = createServer((request, response) =>
      middleware(request, response, () => response.end(request.url)),
    ).listen(0, '127.0.0.1')
    await new Promise((resolve) => listener.once('listening', resolve))
    const host = `127.0.0.1:${(listener.address() as AddressInfo).port}`
    const page = browser('of-ann', host)
    const { secret } = await enroll(page)
    const token = name === 'requireElevation' ? await elevation(page, secret, 'wallet:export') : {}
    const ask = (more: Record<string, string>) =>
      fetch(`http://${host}/pay?x=1`, { method: 'POST', headers: { ...page.headers(token), ...more } })
    try {
      for (const more of [{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }]) {
        expect((await (await ask(more)).json()).code).toBe('csrf_rejected')
      }
      expect(await (await ask({ origin: `http://${host}` })).text()).toBe('/pay?x=1')
    } finally {
      listener.close()
    }
  })
})

describe('cookieIdentity', () => {
  it.each<[string, CookieIdentity, RegExp]>([
    ['throws', () => Promise.reject(new Error('session store down')), /session store down/],
    ['returns no sessionId', () => ({ userId: 'ann', account: 'ann' }) as never, /sessionId/],
    ['returns an empty user id', () => ({ userId: '', account: '', sessionId: 'x' }), /user id/],
  ])('a cookieIdentity that %s is reported as a server error', async (_how, broken, sentence) => {
    await worldWith({ cookieIdentity: broken })
    const answer = await browser('of-ann').call('GET', '/users')
    expect([answer.status, answer.body.code]).toEqual([500, 'server'])
    const [told] = world.errors
    expect(`${told?.error.message} ${(told?.error.cause as Error | undefined)?.message}`).toMatch(sentence)
  })

  it('a server needs an identity of either kind', async () => {
    await expect(worldWith({ cookieIdentity: undefined })).rejects.toThrow(/Pass it, cookieIdentity, or both/)
    world = createWorld(() => memoryStore())
  })
})
