import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { generateSync } from 'otplib'
import type { Browser, Page } from 'playwright'
import { build, type InlineConfig } from 'vite'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { launchChromium } from '../support/tools.ts'

/** As strict as a page can be that loads its own scripts and styles: no HTML from text, by any policy, and no inline style. */
const STRICT =
  "default-src 'self'; script-src 'self'; style-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'"

const FLOW = `import { createTotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
const flow = createTotpFlow({ backend: memoryBackend() })
globalThis.stepUp = () => flow.stepUp(['wallet:export'])
`
const HTML = `<main>
  <button data-totp-do="register" data-totp-show="none" data-totp-words="device.setUp"></button>
  <p data-totp-text="status"></p>
  <svg data-totp-qr data-totp-show="picture" role="img" aria-label="QR code"></svg>
  <output data-totp-text="secret" aria-label="Setup key"></output>
  <form data-totp-do="submit-code" data-totp-show="enrolling">
    <label><span data-totp-text="label"></span><input name="code"></label>
  </form>
  <ol data-totp-list="recovery-codes" aria-label="Recovery codes"></ol>
  <dialog data-totp-dialog aria-label="Step up">
    <button data-totp-do="cancel" data-totp-words="code.cancel"></button>
  </dialog>
</main>`

/** Pages by name: what stands in their body, their script, and whether the theme is a file of theirs. */
const pages: Record<string, { body: string; script: string; hasTheme: boolean }> = {
  'React components': {
    body: '<main></main>',
    script: `${FLOW}
      import { createElement as h } from 'react'
      import { createRoot } from 'react-dom/client'
      import { DeviceCard, StepUpDialog, TotpFlowProvider } from 'totp-flow/react'
      import 'totp-flow/theme.css'
      const card = [h(DeviceCard, { key: 1 }), h(StepUpDialog, { key: 2 })]
      createRoot(document.querySelector('main')).render(h(TotpFlowProvider, { flow }, card))`,
    hasTheme: true,
  },
  '<totp-flow> of the package': {
    body: '<totp-flow></totp-flow>',
    script: `${FLOW}
      import 'totp-flow/element'
      document.querySelector('totp-flow').flow = flow`,
    hasTheme: true,
  },
  '<totp-flow> of the standalone file': {
    body: '<totp-flow></totp-flow>',
    script: `import { createTotpFlow } from '/standalone/totp-flow.js'
      import { memoryBackend } from '/standalone/memory.js'
      const flow = createTotpFlow({ backend: memoryBackend() })
      globalThis.stepUp = () => flow.stepUp(['wallet:export'])
      document.querySelector('totp-flow').flow = flow`,
    hasTheme: true,
  },
  'HTML over bindTotpFlow': {
    body: HTML,
    script: `${FLOW}
      import { bindTotpFlow } from 'totp-flow/vanilla'
      bindTotpFlow(document.querySelector('main'), flow)`,
    hasTheme: false,
  },
}
const names = Object.keys(pages)

/** Inside the package, where its own name resolves, and out of Git's sight. */
mkdirSync('test-results', { recursive: true })
const folder = mkdtempSync('test-results/strict-')
/** What the server serves, by path. */
const files = new Map<string, string | Uint8Array>()
let browser: Browser
let server: Server
let url: string

async function addBuilt(prefix: string, config: InlineConfig) {
  const result = await build({ logLevel: 'error', ...config })
  for (const bundle of [result].flat())
    for (const file of 'output' in bundle ? bundle.output : [])
      files.set(`${prefix}${file.fileName}`, file.type === 'chunk' ? file.code : file.source)
}

beforeAll(async () => {
  const input = names.map((name, index) => {
    const path = join(folder, `page-${index}.js`)
    writeFileSync(path, pages[name]?.script ?? '')
    return path
  })
  await addBuilt('/', {
    configFile: false,
    resolve: { conditions: ['totp-flow-source', 'module', 'browser', 'production'] },
    build: {
      write: false,
      assetsInlineLimit: 0,
      modulePreload: false,
      rolldownOptions: {
        input: input.filter((_, index) => !/standalone/.test(names[index] ?? '')),
        output: { entryFileNames: '[name].js', assetFileNames: '[name][extname]' },
      },
    },
  })
  await addBuilt('/standalone/', { configFile: 'standalone.config.ts', build: { write: false } })
  names.forEach((name, index) => {
    const { body, script } = pages[name] ?? { body: '', script: '' }
    if (/standalone/.test(name)) files.set(`/page-${index}.js`, script)
    const sheet = files.has(`/page-${index}.css`) ? `<link rel="stylesheet" href="/page-${index}.css">` : ''
    const scripts = `<script type="module" src="/page-${index}.js"></script>`
    files.set(`/${index}`, `<!doctype html><html lang="en"><title>Strict</title>${sheet}${body}${scripts}`)
  })
  const inFrame = names.indexOf('<totp-flow> of the standalone file')
  files.set(
    '/framed',
    `<!doctype html><title>Framed</title><totp-flow></totp-flow><script type="module" src="/page-${inFrame}.js"></script>`,
  )
  const sandboxes = { '/frame': 'allow-scripts', '/frame-of-this-origin': 'allow-scripts allow-same-origin' }
  for (const [path, sandbox] of Object.entries(sandboxes))
    files.set(path, `<!doctype html><title>Host</title><iframe sandbox="${sandbox}" src="/framed"></iframe>`)
  server = createServer(({ url: path = '' }, response) => {
    const file = files.get(path)
    const type = /\.js$/.test(path) ? 'text/javascript' : /\.css$/.test(path) ? 'text/css' : 'text/html'
    response.writeHead(file === undefined ? 404 : 200, {
      'content-type': type,
      'access-control-allow-origin': '*', // for the script of a page without an origin
      ...(!path.startsWith('/frame') && { 'content-security-policy': STRICT }),
    })
    response.end(file)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  browser = await launchChromium()
})
afterAll(async () => {
  await browser.close()
  server.close()
  rmSync(folder, { recursive: true })
})

async function open(name: string): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.newPage()
  onTestFinished(() => page.close())
  const complaints: string[] = []
  page.on('pageerror', ({ message }) => complaints.push(message))
  page.on('console', (message) => {
    const isIcon = message.location().url.endsWith('/favicon.ico')
    if (message.type() === 'error' && !isIcon) complaints.push(message.text())
  })
  await page.goto(`${url}/${names.indexOf(name)}`)
  return { page, complaints }
}

it.each(names)('%s enroll and step up under Trusted Types and a strict style-src', async (name) => {
  const { page, complaints } = await open(name)
  await page.getByRole('button', { name: 'Set up authenticator app' }).click()
  const picture = page.getByRole('img', { name: 'QR code' })
  expect(await picture.locator('path').count()).toBe(2)
  const secret = (await page.getByLabel('Setup key').textContent()) ?? ''
  await page.getByRole('textbox', { name: '6-digit code' }).first().fill(generateSync({ secret }))
  await page.getByText('Authenticator app is on').first().waitFor()
  expect(await page.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem').count()).toBe(10)
  await page.evaluate('stepUp()')
  await page.getByRole('dialog').waitFor()
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
  expect(complaints).toEqual([])
})

it.each(names.filter((name) => pages[name]?.hasTheme))(
  '%s have their look under a strict style-src',
  async (name) => {
    const { page } = await open(name)
    const button = page.getByRole('button', { name: 'Set up authenticator app' })
    await button.waitFor()
    const accent = () => button.evaluate((element) => getComputedStyle(element).backgroundColor)
    await expect.poll(accent).toBe('rgb(47, 95, 224)')
  },
)

it('<totp-flow> works in a sandboxed frame, and the console says what printing needs there', async () => {
  const page = await browser.newPage()
  onTestFinished(() => page.close())
  const said: string[] = []
  page.on('console', (message) => said.push(message.text()))
  await page.goto(`${url}/frame`)
  const frame = page.frameLocator('iframe')
  await frame.getByRole('button', { name: 'Set up authenticator app' }).click()
  const secret = (await frame.getByLabel('Setup key').textContent()) ?? ''
  await frame.getByRole('textbox', { name: '6-digit code' }).fill(generateSync({ secret }))
  await frame.getByRole('button', { name: 'Copy codes' }).click()
  await frame.getByText('The codes are selected: copy them from here.').first().waitFor()
  await frame.getByRole('button', { name: 'Print' }).click()
  await expect
    .poll(() => said)
    .toContain('totp-flow: a sandboxed frame needs allow-same-origin and allow-modals to print.')
})

it('a file or a print that a sandboxed frame forbids does not count as saved codes', async () => {
  const page = await browser.newPage()
  onTestFinished(() => page.close())
  const said: string[] = []
  page.on('console', (message) => said.push(message.text()))
  await page.goto(`${url}/frame-of-this-origin`)
  const frame = page.frameLocator('iframe')
  await frame.getByRole('button', { name: 'Set up authenticator app' }).click()
  const secret = (await frame.getByLabel('Setup key').textContent()) ?? ''
  await frame.getByRole('textbox', { name: '6-digit code' }).fill(generateSync({ secret }))
  const keep = frame.getByRole('button', { name: 'I have saved these codes' })
  await frame.getByRole('button', { name: 'Download' }).click()
  await expect
    .poll(() => said)
    .toContain('totp-flow: a sandboxed frame needs allow-downloads to save a file.')
  await frame.getByRole('button', { name: 'Print' }).click()
  await expect.poll(() => said.some((text) => text.startsWith("Ignored call to 'print()'"))).toBe(true)
  expect(await keep.getAttribute('aria-disabled')).toBe('true')
  await frame.getByRole('button', { name: 'Copy codes' }).click()
  await expect.poll(() => keep.getAttribute('aria-disabled')).toBeNull()
})

it('<totp-flow> of the standalone file keeps its look in a document that it moves to', async () => {
  const { page, complaints } = await open('<totp-flow> of the standalone file')
  await page.getByRole('button', { name: 'Set up authenticator app' }).waitFor()
  await page.evaluate(() => {
    const frame = document.body.appendChild(document.createElement('iframe'))
    frame.contentDocument?.body.append(document.querySelector('totp-flow') ?? '')
  })
  const button = page.frameLocator('iframe').getByRole('button', { name: 'Set up authenticator app' })
  const accent = () => button.evaluate((element) => getComputedStyle(element).backgroundColor)
  await expect.poll(accent).toBe('rgb(47, 95, 224)')
  expect(complaints).toEqual([])
})
