/** better-auth's passkeys in Chromium, whose authenticator is virtual: the browser's own JSON, errors and abort. */
import { resolve } from 'node:path'
import type { Browser, CDPSession, Page } from 'playwright'
import { build } from 'vite'
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest'
import { providers } from '../support/providers.ts'
import { launchChromium } from '../support/tools.ts'
import type { TestPage } from './passkey-page.ts'
import { startAuthServer } from './server.ts'

declare const testPage: TestPage

let script = ''
let browser: Browser
beforeAll(async () => {
  const entry = resolve('test/better-auth/passkey-page.ts')
  const result = await build({
    configFile: false,
    logLevel: 'error',
    plugins: [providers()],
    resolve: { conditions: ['totp-flow-source', 'module', 'browser', 'production'] },
    build: { write: false, target: 'es2024', rolldownOptions: { input: entry } },
  })
  const chunks = [result].flat().flatMap((bundle) => ('output' in bundle ? bundle.output : []))
  script = chunks.map((chunk) => (chunk.type === 'chunk' ? chunk.code : '')).join('\n')
  browser = await launchChromium()
}, 60_000)
afterAll(() => browser?.close())

let page: Page
let devtools: CDPSession
let authenticatorId: string
beforeEach(async () => {
  const broken: string[] = []
  const server = await startAuthServer()
  const context = await browser.newContext()
  onTestFinished(async () => {
    await context.close()
    server.close()
  })
  page = await context.newPage()
  await page.route(`${server.origin}/`, (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>App</title>' }),
  )
  page.on('pageerror', (error) => broken.push(error.message))
  await page.goto(`${server.origin}/`)
  await page.addScriptTag({ type: 'module', content: script })
  devtools = await context.newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  const added = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
    },
  })
  authenticatorId = added.authenticatorId
  await expect.poll(() => page.evaluate(() => 'testPage' in globalThis)).toBe(true)
  expect(broken).toEqual([])
})

it('a passkey is made, and answers a prompt', async () => {
  await page.evaluate(() => testPage.signUp('ann@example.com'))
  expect(await page.evaluate(() => testPage.register('Phone'))).toBe('added')
  expect(await page.evaluate(() => testPage.list())).toEqual(['Phone'])
  expect(await page.evaluate(() => testPage.authenticate())).toBe('verified')
  expect(await page.evaluate(() => testPage.whoIsIn())).toBe('ann@example.com')
})

it('a machine that has a passkey of the user makes no second one', async () => {
  await page.evaluate(() => testPage.signUp('ann@example.com'))
  await page.evaluate(() => testPage.register('Phone'))
  expect(await page.evaluate(() => testPage.register('Again'))).toBe('passkey_exists')
  expect(await page.evaluate(() => testPage.list())).toEqual(['Phone'])
})

it('a user without passkeys is not switched by that of another on this machine', async () => {
  await page.evaluate(() => testPage.signUp('ann@example.com'))
  await page.evaluate(() => testPage.register('Phone'))
  await page.context().clearCookies()
  await page.evaluate(() => testPage.signUp('bob@example.com'))
  expect(await page.evaluate(() => testPage.authenticate())).toBe('invalid_passkey')
  expect(await page.evaluate(() => testPage.whoIsIn())).toBe('bob@example.com')
})

it('a prompt that is canceled while the browser asks ends what it shows', async () => {
  await page.evaluate(() => testPage.signUp('ann@example.com'))
  await page.evaluate(() => testPage.register('Phone'))
  // Nobody touches it.
  await devtools.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled: false })
  const left = await page.evaluate(() => testPage.cancelWhileAsked())
  expect(left).toEqual({ state: 'idle', error: null })
  await devtools.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled: true })
  // Chromium refuses a ceremony while another is open.
  expect(await page.evaluate(() => testPage.authenticate())).toBe('verified')
})
