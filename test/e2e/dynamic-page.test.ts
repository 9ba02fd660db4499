/** A page with Dynamic's own SDK in it, served from another origin than the stand-in, in a real browser. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { createServer } from 'vite'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { authenticator } from '../../src/testing/authenticator.ts'
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts'
import { launchChromium } from '../support/tools.ts'

/** Inside the package, where the SDK resolves, and out of Git's sight. */
const FOLDER = 'test-results/dynamic-page'
/** A UUID, as Dynamic's are: for those alone the SDK signs a sign-in with the device's key. */
const ENVIRONMENT = '2762a57b-faa4-41ce-9f16-abff9300e2c9'

let server: TestServer
let page: { url: string; close(): Promise<void> }
beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(`${FOLDER}/index.html`, '<script type="module" src="/main.ts"></script>')
  const vite = await createServer({
    configFile: false,
    root: FOLDER,
    cacheDir: resolve(FOLDER, '.vite'),
    server: { port: 0, host: '127.0.0.1', fs: { allow: [resolve('.')] } },
    logLevel: 'error',
  })
  await vite.listen()
  page = { url: new URL(vite.resolvedUrls?.local[0] ?? '').origin, close: () => vite.close() }
  server = await startTestServer({ corsOrigins: [page.url], environmentId: ENVIRONMENT })
  writeFileSync(
    `${FOLDER}/main.ts`,
    `import * as sdk from '@dynamic-labs-sdk/client'
     sdk.createDynamicClient({
       environmentId: '${server.environmentId}',
       metadata: { name: 'My app' },
       coreConfig: { apiBaseUrl: '${server.apiBaseUrl}' },
       instrumentation: { enabled: false },
     })
     await sdk.waitForClientInitialized()
     Object.assign(window, { sdk })`,
  )
})
afterAll(async () => {
  await page.close()
  await server.close()
  rmSync(FOLDER, { recursive: true, force: true })
})

it('a page with Dynamic’s SDK signs in, enrolls, steps up and removes across origins, and calls no other server', async () => {
  const browser = await launchChromium()
  try {
    const tab = await browser.newPage()
    const elsewhere: string[] = []
    const sent = new Set<string>()
    tab.on('request', (request) => {
      for (const name of Object.keys(request.headers())) sent.add(name)
      if (![page.url, server.origin].includes(new URL(request.url()).origin)) elsewhere.push(request.url())
    })
    await tab.goto(page.url)
    await tab.waitForFunction('window.sdk')
    const call = (name: string, params?: unknown) =>
      tab.evaluate(`sdk.${name}(${params === undefined ? '' : JSON.stringify(params)})`)

    await call('signInWithExternalJwt', { externalJwt: await server.externalJwt('ann@example.com') })
    const phone = authenticator(
      String(await tab.evaluate('sdk.registerTotpMfaDevice().then(({ uri }) => uri)')),
      {
        clock: server.clock,
        ahead: 1,
      },
    )
    await call('authenticateTotpMfaDevice', { code: await phone.nextUnused() })
    const requestedScopes = ['credential:unlink']
    await call('authenticateTotpMfaDevice', { code: await phone.nextUnused(), requestedScopes })
    await tab.evaluate('sdk.getMfaDevices().then(([{ id }]) => sdk.deleteMfaDevice({ deviceId: id }))')
    expect(await call('getMfaDevices')).toEqual([])
    await call('logout')
    expect(elsewhere).toEqual([])
    expect([...sent]).toContain('x-dynamic-device-nonce')
  } finally {
    await browser.close()
  }
})
