/** Passkeys over HTTP between a server and Chromium with authenticators of its own (WebAuthn §11, by CDP). */
import { writeFileSync } from 'node:fs'
import type { Browser, CDPSession, Page } from 'playwright'
import { build } from 'vite'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { TotpBackend } from '../../src/contract/backend.ts'
import type { TotpFlow } from '../../src/flow/totp-flow.ts'
import { createTotpServer, memoryStore, type TotpServer } from '../../src/server/index.ts'
import { type Listening, listen } from '../../src/server/node/index.ts'
import { passkeys } from '../../src/server/passkeys/index.ts'
import { authenticator } from '../../src/testing/authenticator.ts'
import { launchChromium } from '../support/tools.ts'
import { MASTER_KEY } from '../support/world.ts'

const SCRIPT = 'test-results/passkeys-page.js'
writeFileSync(
  SCRIPT,
  `import { createTotpFlow } from 'totp-flow'
  import { httpBackend } from 'totp-flow/client'
  import { passkeys } from 'totp-flow/client/passkeys'
  globalThis.start = (user) => {
    const getAccessToken = () => user
    globalThis.backend = httpBackend({ baseUrl: '/api/v0', environmentId: 'default', getAccessToken, passkeys })
    globalThis.flow = createTotpFlow({ backend })
    return flow.settled()
  }`,
)

let script: string
let browser: Browser
let listening: Listening
let server: TotpServer

beforeAll(async () => {
  const result = await build({
    logLevel: 'error',
    configFile: false,
    resolve: { conditions: ['totp-flow-source', 'module', 'browser', 'production'] },
    build: { write: false, target: 'es2024', rolldownOptions: { input: SCRIPT } },
  })
  const outputs = [result].flat().flatMap((bundle) => ('output' in bundle ? bundle.output : []))
  script = outputs.flatMap((file) => (file.type === 'chunk' ? file.code : [])).join('\n')
  listening = await listen({
    port: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url)
      const page = {
        '/': ['text/html', '<script type="module" src="/page.js"></script>'],
        '/page.js': ['text/javascript', script],
      }[pathname]
      if (!page) return server.fetch(request)
      return new Response(page[1], { headers: { 'content-type': String(page[0]) } })
    },
  })
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await listening?.close()
})

beforeEach(() => {
  server = serverFor(listening.url)
})
const serverFor = (origin: string) =>
  createTotpServer({
    store: memoryStore(),
    issuer: 'Test',
    masterKey: MASTER_KEY,
    identity: (user) => ({ userId: user, account: `${user}@example.com` }),
    passkeys: passkeys({ rpId: 'localhost', origins: [origin] }),
  })

/** A phone or a laptop with a fingerprint reader, unless it is said otherwise. */
interface Authenticator {
  isUserVerified?: boolean
  hasResidentKey?: boolean
  transport?: 'internal' | 'usb'
  /** `false`: nobody touches it. */
  automaticPresenceSimulation?: boolean
}

async function visit(url = listening.url): Promise<{ page: Page; cdp: CDPSession }> {
  const page = await (await browser.newContext()).newPage()
  await page.goto(url)
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  await page.waitForFunction('globalThis.start')
  return { page, cdp }
}

async function plugIn(cdp: CDPSession, given: Authenticator = {}): Promise<string> {
  const options = {
    protocol: 'ctap2' as const,
    transport: 'internal' as const,
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified: true,
    automaticPresenceSimulation: true,
    ...given,
  }
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options })
  return authenticatorId
}

declare const flow: TotpFlow
declare const backend: TotpBackend &
  Required<
    Pick<
      TotpBackend,
      'getPasskeys' | 'registerPasskey' | 'authenticatePasskeyMFA' | 'renamePasskey' | 'deletePasskey'
    >
  >
declare const start: (user: string) => Promise<unknown>

/** What a call of the page's backend came to: `done`, or the code of its error. */
const outcome = (page: Page, call: 'registerPasskey' | 'authenticatePasskeyMFA', ...args: object[]) =>
  page.evaluate(
    ({ call, args: [params = {}] }) =>
      backend[call](params).then(
        () => 'done',
        (error) => error.code ?? String(error),
      ),
    { call, args },
  )
const passkeysOf = (page: Page) => page.evaluate(() => backend.getPasskeys())
const begin = (page: Page, user = 'ada') => page.evaluate((name) => start(name), user)

/** A prompt that a passkey is to answer, and what came of it. */
const stepUp = (page: Page) =>
  page.evaluate(async () => {
    flow.actor.send({ type: 'passkeys.changed', passkeys: await backend.getPasskeys() })
    await flow.settled()
    flow.stepUp(['wallet:export'])
    const { methods } = flow.getView()
    flow.submitPasskey()
    const { state, error, elevation } = await flow.settled()
    return { methods, state, error: error?.code ?? null, scopes: elevation?.scopes ?? [] }
  })

it.each([
  ['a phone that keeps passkeys', {}],
  ['a security key without room for passkeys', { hasResidentKey: false, transport: 'usb' as const }],
])('%s is registered, and answers a prompt of a user who has no app', async (_, kind) => {
  const { page, cdp } = await visit()
  await plugIn(cdp, kind)
  await begin(page)
  expect(await outcome(page, 'registerPasskey', { alias: 'Mine' })).toBe('done')
  expect(await passkeysOf(page)).toMatchObject([{ alias: 'Mine', backedUp: false }])
  expect(await stepUp(page)).toEqual({
    methods: ['passkey'],
    state: 'elevated',
    error: null,
    scopes: ['wallet:export'],
  })
  expect(await passkeysOf(page)).toMatchObject([{ lastUsedAt: expect.any(String) }])
})

it('a user with an app adds a passkey with a code, and then confirms with either', async () => {
  const { page, cdp } = await visit()
  await plugIn(cdp)
  await begin(page)
  const secret = await page.evaluate(async () => {
    flow.register()
    const { registration } = await flow.settled()
    return registration?.unseal().secret ?? ''
  })
  const now = Date.now()
  const codeOf = (steps: number) => authenticator(secret, { clock: { now: () => now } }).code(steps)
  await page.evaluate(async (code) => {
    flow.submitCode(code)
    await flow.settled()
    flow.acknowledgeRecoveryCodes()
  }, codeOf(0))
  expect(await outcome(page, 'registerPasskey')).toBe('elevation_required')
  const elevatedAccessToken = await page.evaluate(async (code) => {
    const { elevation } = await backend.authenticateTotpMfaDevice({
      code,
      requestedScopes: ['credential:link'],
    })
    return elevation?.token ?? ''
  }, codeOf(1))
  expect(await outcome(page, 'registerPasskey', { elevatedAccessToken })).toBe('done')
  expect(await stepUp(page)).toMatchObject({
    methods: ['code', 'recoveryCode', 'passkey'],
    state: 'elevated',
  })
})

it('an authenticator that cannot verify its user gives no answer, and the prompt stays without an error', async () => {
  const { page, cdp } = await visit()
  const authenticatorId = await plugIn(cdp)
  await begin(page)
  await outcome(page, 'registerPasskey')
  await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false })
  expect(await stepUp(page)).toEqual({ methods: ['passkey'], state: 'awaitingCode', error: null, scopes: [] })
  await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true })
  expect(
    await page.evaluate(async () => {
      flow.submitPasskey()
      return (await flow.settled()).state
    }),
  ).toBe('elevated')
})

it('either of two authenticators answers, and one that has a passkey creates no second', async () => {
  const { page, cdp } = await visit()
  const phone = await plugIn(cdp)
  await begin(page)
  await outcome(page, 'registerPasskey', { alias: 'Phone' })
  const link = () =>
    page.evaluate(() =>
      backend
        .authenticatePasskeyMFA({ requestedScopes: ['credential:link'] })
        .then(({ elevation }) => ({ elevatedAccessToken: elevation?.token ?? '' })),
    )
  const proof = await link()
  expect(await outcome(page, 'registerPasskey', proof)).toBe('passkey_exists')
  await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: phone })
  await plugIn(cdp, { transport: 'usb' })
  expect(await outcome(page, 'registerPasskey', { ...proof, alias: 'Key' })).toBe('done')
  expect(await passkeysOf(page)).toMatchObject([{ alias: 'Phone' }, { alias: 'Key' }])
  expect(await outcome(page, 'authenticatePasskeyMFA')).toBe('done')
})

it('a cancel while the authenticator waits for a touch ends the ceremony, and the next one works', async () => {
  const { page, cdp } = await visit()
  const authenticatorId = await plugIn(cdp)
  await begin(page)
  await outcome(page, 'registerPasskey')
  await cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled: false })
  const calls: string[] = []
  page.on('request', (request) => calls.push(new URL(request.url()).pathname.split('/').at(-1) ?? ''))
  await page.evaluate(async () => {
    flow.actor.send({ type: 'passkeys.changed', passkeys: await backend.getPasskeys() })
    await flow.settled()
    flow.stepUp(['wallet:export'])
    flow.submitPasskey()
  })
  await expect.poll(() => calls).toContain('authenticate')
  expect(await page.evaluate(() => flow.getView().state)).toBe('verifying')
  const state = await page.evaluate(async () => {
    flow.cancel()
    return (await flow.settled()).state
  })
  expect(state).toBe('idle')
  await cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled: true })
  expect(await stepUp(page)).toMatchObject({ state: 'elevated' })
  expect(calls.filter((path) => path === 'passkey')).toHaveLength(1)
})

it('on a page at an IP address, where browsers allow no passkeys, the error says so and the console says why', async () => {
  const { page, cdp } = await visit(listening.url.replace('localhost', '127.0.0.1'))
  await plugIn(cdp)
  await begin(page)
  expect(await outcome(page, 'registerPasskey')).toBe('passkey_unsupported')
})

it('a server configured for another origin accepts no passkey from this page', async () => {
  server = serverFor('http://app.localhost:1')
  const { page, cdp } = await visit()
  await plugIn(cdp)
  await begin(page)
  expect(await outcome(page, 'registerPasskey')).toBe('invalid_passkey')
})

it('a page in a browser without WebAuthn says so', async () => {
  const page = await (await browser.newContext()).newPage()
  await page.addInitScript('delete globalThis.PublicKeyCredential')
  await page.goto(listening.url)
  await page.waitForFunction('globalThis.start')
  await begin(page)
  expect(await outcome(page, 'registerPasskey')).toBe('passkey_unsupported')
  expect(await outcome(page, 'authenticatePasskeyMFA')).toBe('passkey_unsupported')
})

it('passkeys are renamed and removed, even the last one, with the elevation that a passkey won', async () => {
  const { page, cdp } = await visit()
  await plugIn(cdp)
  await begin(page)
  await outcome(page, 'registerPasskey', { alias: 'Phone' })
  const left = await page.evaluate(async () => {
    const [{ id: passkeyId } = { id: '' }] = await backend.getPasskeys()
    await backend.renamePasskey({ passkeyId, alias: 'Old phone' })
    const [renamed] = await backend.getPasskeys()
    const { elevation } = await backend.authenticatePasskeyMFA({ requestedScopes: ['credential:unlink'] })
    await backend.deletePasskey({ passkeyId, elevatedAccessToken: elevation?.token ?? '' })
    return [renamed?.alias, (await backend.getPasskeys()).length]
  })
  expect(left).toEqual(['Old phone', 0])
  expect(await outcome(page, 'authenticatePasskeyMFA')).toBe('invalid_passkey')
})
