/** What answers are held to, by the real oauth4webapi over a provider that says whatever a test wants. */

import { inspect } from 'node:util'
import * as oauth from 'oauth4webapi'
import { TotpFlowError } from 'totp-flow'
import { answerPopup, type OidcOptions, oidcStepUp, type StepUpRequest } from 'totp-flow/oidc'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

const ISSUER = 'https://id.example.com'
const PAGE = 'https://app.example.com/callback'
const OPTIONS: OidcOptions = { issuer: ISSUER, clientId: 'page', redirectUri: PAGE }
const MFA = 'https://refeds.org/profile/mfa'
const METADATA = {
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/auth?tenant=1`,
  token_endpoint: `${ISSUER}/token`,
}

let asked: URL
let url: string
let metadata: object
/** How the token endpoint answers. */
let answerTo: (body: URLSearchParams) => Response | Promise<Response>

const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const seconds = () => Math.floor(Date.now() / 1000)
/** An ID token is not looked at for its signature: it comes straight from the token endpoint. */
function idToken(claims: object) {
  const usual = { iss: ISSUER, aud: 'page', sub: 'ann', iat: seconds(), exp: seconds() + 60 }
  const own = { nonce: asked.searchParams.get('nonce') }
  return [base64url({ alg: 'RS256' }), base64url({ ...usual, ...own, ...claims }), 'c2ln'].join('.')
}
const granting = (claims: object) => () =>
  Response.json({
    access_token: 'secret-access',
    token_type: 'Bearer',
    expires_in: 300,
    refresh_token: 'secret-refresh',
    id_token: idToken(claims),
  })

beforeEach(() => {
  url = 'https://app.example.com/account'
  metadata = METADATA
  answerTo = granting({})
  const stored = new Map<string, string>()
  vi.stubGlobal('location', {
    get href() {
      return url
    },
    get search() {
      return new URL(url).search
    },
    get pathname() {
      return new URL(url).pathname
    },
    origin: 'https://app.example.com',
    assign: (to: string) => {
      asked = new URL(to)
    },
  })
  vi.stubGlobal('history', {
    state: null,
    replaceState: (_state: unknown, _title: string, to: string) => {
      url = new URL(to, url).href
    },
  })
  vi.stubGlobal('sessionStorage', {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
    removeItem: (key: string) => stored.delete(key),
  })
  vi.stubGlobal('addEventListener', () => {})
  vi.stubGlobal('fetch', async (input: string | URL, init: RequestInit) =>
    String(input).endsWith('/token')
      ? answerTo(new URLSearchParams(String(init.body)))
      : Response.json(metadata),
  )
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

/** Leaves the page, and is at the provider. */
async function leave(request: StepUpRequest = {}, options: Partial<OidcOptions> = {}) {
  const stepUp = oidcStepUp(oauth, { ...OPTIONS, ...options })
  const before = asked
  stepUp.redirect(request)
  await vi.waitUntil(() => asked !== before)
  return stepUp
}
async function comeBack(
  stepUp: ReturnType<typeof oidcStepUp>,
  parameters: Record<string, string> = { code: 'secret-code' },
) {
  url = `${PAGE}?${new URLSearchParams({ state: asked.searchParams.get('state') ?? '', ...parameters })}`
  return stepUp.finish()
}
const codeOf = async (outcome: Promise<unknown>) => {
  const error: unknown = await outcome.then(
    () => null,
    (thrown) => thrown,
  )
  expect(inspect(error, { depth: null })).not.toMatch(/secret-/)
  return error instanceof TotpFlowError ? error.code : error
}

it('the authorization request says what is asked for, with PKCE, a state and a nonce of its own', async () => {
  await leave(
    { acrValues: [MFA, 'urn:b'], maxAge: 0, scopes: ['pay'], loginHint: 'ann', prompt: 'login' },
    { scopes: ['openid', 'email'] },
  )
  const { state, nonce, code_challenge, ...said } = Object.fromEntries(asked.searchParams)
  expect(said).toEqual({
    tenant: '1',
    client_id: 'page',
    response_type: 'code',
    redirect_uri: PAGE,
    scope: 'openid email pay',
    code_challenge_method: 'S256',
    acr_values: `${MFA} urn:b`,
    max_age: '0',
    login_hint: 'ann',
    prompt: 'login',
  })
  expect(new Set([state, nonce, code_challenge]).size).toBe(3)
  for (const random of [state, nonce, code_challenge]) expect(random).toMatch(/^[\w-]{43}$/)
})

it('a proof tells its claims, where the page was, and its tokens only when unsealed', async () => {
  const stepUp = await leave({ acrValues: [MFA], maxAge: 60, amr: ['mfa', 'otp'], subject: 'ann' })
  const auth_time = seconds() - 10
  answerTo = (body) => {
    expect(body.get('code')).toBe('secret-code')
    expect(body.get('redirect_uri')).toBe(PAGE)
    return granting({ acr: MFA, amr: ['pwd', 'otp'], auth_time })()
  }
  const won = await comeBack(stepUp)
  expect(won?.claims).toEqual({ sub: 'ann', acr: MFA, amr: ['pwd', 'otp'], auth_time })
  expect(won?.returnTo).toBe('https://app.example.com/account')
  expect(won?.expiresAt).toBeGreaterThan(Date.now() + 290_000)
  expect(inspect(won, { depth: null })).not.toMatch(/secret-/)
  expect(won?.tokens.unseal()).toMatchObject({ accessToken: 'secret-access', refreshToken: 'secret-refresh' })
  expect(url).toBe(PAGE)
})

it.each<[string, StepUpRequest, () => object, string]>([
  ['no acr', { acrValues: [MFA] }, () => ({}), 'elevation_missing'],
  ['another acr', { acrValues: [MFA] }, () => ({ acr: 'urn:pwd' }), 'elevation_missing'],
  ['no amr', { amr: ['otp'] }, () => ({}), 'elevation_missing'],
  ['another amr', { amr: ['otp'] }, () => ({ amr: ['pwd'] }), 'elevation_missing'],
  ['no auth_time', { maxAge: 60 }, () => ({}), 'elevation_missing'],
  ['an older auth_time', { maxAge: 60 }, () => ({ auth_time: seconds() - 70 }), 'elevation_missing'],
  [
    'an auth_time before a maxAge of 0',
    { maxAge: 0 },
    () => ({ auth_time: seconds() - 10 }),
    'elevation_missing',
  ],
  ['another user', { subject: 'ann' }, () => ({ sub: 'ben' }), 'reauthentication_required'],
  ['another nonce', {}, () => ({ nonce: 'x' }), 'csrf_rejected'],
  ['another client', {}, () => ({ aud: 'other' }), 'csrf_rejected'],
  ['another issuer', {}, () => ({ iss: 'https://evil.example' }), 'csrf_rejected'],
])('an ID token with %s is refused', async (_what, request, claims, code) => {
  const stepUp = await leave(request)
  answerTo = granting(claims())
  expect(await codeOf(comeBack(stepUp))).toBe(code)
})

it('a proof is as old as the provider’s clock says, whatever ours says', async () => {
  const stepUp = await leave({ maxAge: 0 })
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
  const theirs = seconds() + 20 // within what an ID token's own lifetime leaves
  answerTo = granting({ iat: theirs, auth_time: theirs, exp: theirs + 60 })
  expect((await comeBack(stepUp))?.claims.auth_time).toBe(theirs)
})

it.each([
  ['access_denied', 'cancelled'],
  ['unmet_authentication_requirements', 'elevation_missing'],
  ['login_required', 'elevation_required'],
  ['interaction_required', 'elevation_required'],
  ['invalid_scope', 'scope_not_allowed'],
  ['unauthorized_client', 'bad_request'],
  ['temporarily_unavailable', 'server'],
  ['constructor', 'server'],
])('the provider’s answer %s is told as %s', async (error, code) => {
  const stepUp = await leave()
  expect(await codeOf(comeBack(stepUp, { error, error_description: 'secret-words' }))).toBe(code)
  expect(url).toBe(PAGE)
})

it.each<[string, () => Response | Promise<Response>, string]>([
  ['invalid_grant', () => Response.json({ error: 'invalid_grant' }, { status: 400 }), 'elevation_expired'],
  ['invalid_client', () => Response.json({ error: 'invalid_client' }, { status: 401 }), 'bad_request'],
  ['a page of a proxy', () => new Response('<p>secret-page', { status: 502 }), 'server'],
  [
    'no ID token',
    () => Response.json({ access_token: 'secret-a', token_type: 'Bearer' }),
    'malformed_response',
  ],
  ['no connection', () => Promise.reject(new TypeError('Failed to fetch')), 'network'],
])('%s at the token endpoint is told as what it is', async (_what, answer, code) => {
  const stepUp = await leave()
  answerTo = answer
  expect(await codeOf(comeBack(stepUp))).toBe(code)
})

it('an answer is finished once, and everybody who asks gets what came of it', async () => {
  const stepUp = await leave()
  const won = comeBack(stepUp)
  expect(await stepUp.finish()).toBe(await won)
  expect(await stepUp.finish()).toBe(await won)
  expect((await won)?.claims.sub).toBe('ann')
})

it('an answer that comes again is refused', async () => {
  const stepUp = await leave()
  await comeBack(stepUp)
  expect(await codeOf(comeBack(stepUp))).toBe('csrf_rejected')
})

it('an answer meant for another client or provider is refused', async () => {
  await leave()
  expect(await codeOf(comeBack(oidcStepUp(oauth, { ...OPTIONS, clientId: 'other' })))).toBe('csrf_rejected')
  const stepUp = await leave()
  expect(await codeOf(comeBack(stepUp, { code: 'secret-code', iss: 'https://evil.example' }))).toBe(
    'malformed_response',
  )
})

it('a page that is no answer has nothing to finish', async () => {
  const stepUp = oidcStepUp(oauth, OPTIONS)
  for (const other of [PAGE, `${PAGE}?code=1`, `${PAGE}?state=1`, 'https://app.example.com/?code=1&state=2'])
    expect(await stepUp.finish(other)).toBeNull()
})

it('a provider that could not be asked for its metadata is asked again', async () => {
  const stepUp = oidcStepUp(oauth, OPTIONS)
  metadata = { issuer: 'https://evil.example' }
  expect(await codeOf(stepUp.redirect({}))).toBe('malformed_response')
  metadata = { issuer: ISSUER }
  expect(await codeOf(stepUp.redirect({}))).toBe('not_covered')
  metadata = METADATA
  await leave()
  expect(asked.origin).toBe(ISSUER)
})

it.each<[string, object, RegExp]>([
  [
    'an issuer that anybody could speak for',
    { issuer: 'http://id.example.com' },
    /issuer takes an https: URL/,
  ],
  [
    'a redirect URI of another origin',
    { redirectUri: 'https://evil.example/' },
    /redirectUri takes a URL of this/,
  ],
  ['no client', { clientId: '' }, /clientId takes/],
  ['a misspelled option', { scope: 'openid' }, /no option scope/],
])('%s is refused when it is set up', (_what, options, complaint) => {
  expect(() => oidcStepUp(oauth, { ...OPTIONS, ...options })).toThrow(complaint)
})

it.each<[string, StepUpRequest]>([
  ['an acr with a space', { acrValues: ['a b'] }],
  ['a negative age', { maxAge: -1 }],
  ['half a second', { maxAge: 0.5 }],
])('%s is refused before the page is left', async (_what, request) => {
  await expect(oidcStepUp(oauth, OPTIONS).redirect(request)).rejects.toThrow(TypeError)
  await expect(oidcStepUp(oauth, OPTIONS).popup(request)).rejects.toThrow(TypeError)
})

it('a popup that the browser blocks is told as not_ready', async () => {
  vi.stubGlobal('open', () => null)
  expect(await codeOf(oidcStepUp(oauth, OPTIONS).popup({}))).toBe('not_ready')
})

it('a page of a redirect URI of its own hands the answer of a popup over, and closes it', async () => {
  const closed = vi.fn()
  vi.stubGlobal('close', closed)
  url = `${PAGE}?code=secret-code&state=popup.1`
  const channel = new BroadcastChannel('totp-flow-oidc popup.1')
  const heard = new Promise((resolve) => {
    channel.onmessage = ({ data }: MessageEvent) => resolve(data)
  })
  await import('example:docs/providers/oidc.md/2')
  expect(await heard).toBe('?code=secret-code&state=popup.1')
  channel.close()
  expect(closed).toHaveBeenCalledOnce()
  expect(url).toBe(PAGE)
})

it('an answer that is no popup’s stays where it is', () => {
  url = `${PAGE}?code=secret-code&state=1`
  expect(answerPopup()).toBe(false)
  expect(url).toContain('secret-code')
})

it('a page that comes out of the browser’s cache, where it waited for the provider, is told cancelled', async () => {
  const shown = new EventTarget()
  vi.stubGlobal('addEventListener', shown.addEventListener.bind(shown))
  const show = (persisted: boolean) =>
    shown.dispatchEvent(Object.assign(new Event('pageshow'), { persisted }))
  const before = asked
  const leaving = codeOf(oidcStepUp(oauth, OPTIONS).redirect({}))
  await vi.waitUntil(() => asked !== before)
  show(false) // its first showing, which may come after a click
  const none = Symbol('none')
  expect(await Promise.race([leaving, new Promise((done) => setImmediate(done, none))])).toBe(none)
  show(true)
  expect(await leaving).toBe('cancelled')
})

/** A popup whose provider is where a test says. */
function popupOf() {
  const popup = {
    closed: false,
    close: vi.fn(),
    location: {
      replace: vi.fn((to: string) => {
        asked = new URL(to)
      }),
    },
  }
  vi.stubGlobal('open', () => popup)
  vi.stubGlobal('document', { hasFocus: () => true })
  return popup
}

it('a popup whose step-up is aborted is closed, before it is at the provider and after', async () => {
  for (const isThere of [false, true]) {
    const popup = popupOf()
    const aborting = new AbortController()
    const stepping = codeOf(oidcStepUp(oauth, OPTIONS).popup({}, { signal: aborting.signal }))
    if (isThere) await vi.waitUntil(() => popup.location.replace.mock.calls.length === 1)
    aborting.abort()
    expect(await stepping).toBe('aborted')
    expect(popup.close).toHaveBeenCalledOnce()
    expect(popup.location.replace).toHaveBeenCalledTimes(isThere ? 1 : 0)
  }
})

it('an answer that comes right after its popup has closed counts', async () => {
  const popup = popupOf()
  const stepping = oidcStepUp(oauth, OPTIONS).popup({})
  await vi.waitUntil(() => popup.location.replace.mock.calls.length === 1)
  const state = asked.searchParams.get('state') ?? ''
  popup.closed = true
  const channel = new BroadcastChannel(`totp-flow-oidc ${state}`)
  channel.postMessage({ code: 'not text' })
  channel.postMessage(`?code=secret-code&state=${state}`)
  expect((await stepping).claims.sub).toBe('ann')
  channel.close()
})

it('an answer with a forged state is refused, and the one that is waited for still counts', async () => {
  const stepUp = await leave()
  expect(await codeOf(comeBack(stepUp, { code: 'secret-stolen', state: 'forged' }))).toBe('csrf_rejected')
  expect((await comeBack(stepUp))?.claims.sub).toBe('ann')
})
