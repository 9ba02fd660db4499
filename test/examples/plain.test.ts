import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright'
import { build } from 'vite'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { button, codeField, scan } from '../e2e/demo-page.ts'
import { launchChromium, oathtool } from '../support/tools.ts'

const built = mkdtempSync(join(tmpdir(), 'totp-flow-standalone-'))
let server: Server
let browser: Browser
let url: string

const pageOfReadme = () => /^```html\n(.*?)^```$/ms.exec(readFileSync('README.md', 'utf8'))?.[1] ?? ''

beforeAll(async () => {
  await build({ configFile: 'standalone.config.ts', build: { outDir: built } })
  server = createServer(({ url: path = '' }, response) => {
    const [, script] = /\/dist\/standalone\/(.+)$/.exec(path) ?? []
    response.setHeader('content-type', script ? 'text/javascript' : 'text/html')
    if (path === '/favicon.ico') response.writeHead(404).end()
    else if (path === '/readme.html') response.end(pageOfReadme())
    else response.end(readFileSync(script ? join(built, script) : join('.', path)))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  server?.close()
  rmSync(built, { recursive: true })
})

it('a page with one script and no build enrolls, asks before what matters, and loads two files', async () => {
  const page = await browser.newPage()
  const loaded: string[] = []
  const complaints: string[] = []
  page.on('request', (request) => loaded.push(request.url()))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => complaints.push(message.text()))
  await page.goto(`${url}/examples/plain/index.html`)
  await button(page, 'Set up authenticator app').click()
  const { secret } = await scan(page, 'plain-enrolling')
  await codeField(page).fill(oathtool(secret))
  await page.getByText('Authenticator app is on').waitFor()
  await button(page, 'Copy codes').click()
  await button(page, 'I have saved these codes').click()

  await button(page, 'Export private key').click()
  await page.getByRole('dialog', { name: 'Confirm it’s you' }).waitFor()
  await codeField(page).fill(oathtool(secret, 30))
  await page.getByText('Exported.').waitFor()

  expect(
    await button(page, 'Remove authenticator app').evaluate((one) => getComputedStyle(one).borderRadius),
  ).toBe('8px')
  const files = loaded.filter((one) => !one.startsWith('data:')).map((one) => one.split('/').at(-1))
  expect(files.sort()).toEqual(['index.html', 'memory.js', 'totp-flow.js'])
  expect(complaints).toEqual([])
})

it('the page that the README shows enrolls, too', async () => {
  const page = await browser.newPage()
  const broken: string[] = []
  page.on('pageerror', (error) => broken.push(error.message))
  await page.goto(`${url}/readme.html`)
  await button(page, 'Set up authenticator app').click()
  const { secret } = await scan(page, 'plain-readme')
  expect(await page.getByText('Shown while the authenticator app is on').isVisible()).toBe(false)
  await codeField(page).fill(oathtool(secret))
  await page.getByText('Shown while the authenticator app is on').waitFor()
  expect(broken).toEqual([])
})

it('the files for pages without a build export what the guide names, by these names', async () => {
  const rows = readFileSync('docs/plain-html.md', 'utf8').matchAll(
    /^\| `totp-flow\/(dist\/standalone\/.*?)` *\| (.*) \|$/gm,
  )
  const named = [...rows].map(([, file = '', names = '']) => ({
    file,
    names: (names.match(/\w+/g) ?? []).sort(),
  }))
  expect(named.map(({ file }) => file)).toEqual(['dist/standalone/totp-flow.js', 'dist/standalone/memory.js'])
  const page = await browser.newPage()
  await page.goto(`${url}/readme.html`)
  for (const { file, names } of named) {
    // As text: Vitest would rewrite the import for Node.
    const exported: string[] = await page.evaluate(`import('/${file}').then(Object.keys)`)
    expect(exported.sort(), file).toEqual(names)
  }
})

it('an error of the backend in the one file is a TotpFlowError of the other', async () => {
  const page = await browser.newPage()
  await page.goto(`${url}/readme.html`)
  const isOne = await page.evaluate(`(async () => {
    const { TotpFlowError } = await import('/dist/standalone/totp-flow.js')
    const { memoryBackend } = await import('/dist/standalone/memory.js')
    const error = await memoryBackend().deleteMfaDevice({ deviceId: 'none' }).catch((cause) => cause)
    return error instanceof TotpFlowError
  })()`)
  expect(isOne).toBe(true)
})
