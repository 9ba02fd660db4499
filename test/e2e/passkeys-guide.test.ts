/** The examples of docs/passkeys.md together: the server that it makes, and a page with each face that it shows. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import react from '@vitejs/plugin-react'
import { type Browser, chromium } from 'playwright'
import { build } from 'vite'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { toNodeHandler } from '../../src/server/node/index.ts'
import { pageExamples } from '../support/page-examples.ts'
import { CHROMIUM_FLAGS, chromiumPath } from '../support/tools.ts'
import { MASTER_KEY } from '../support/world.ts'

const [, dialog = ''] = /^```html\n(.*?)^```$/ms.exec(readFileSync('docs/passkeys.md', 'utf8')) ?? []
/** What shows the flow, by face. */
const faces: Record<string, string> = {
  React: `import { createElement } from 'react'
    import { createRoot } from 'react-dom/client'
    import { Security } from 'example:docs/passkeys.md/3'
    createRoot(document.querySelector('main')).render(createElement(Security, { flow, account }))`,
  'the elements': `import { show } from 'example:docs/passkeys.md/4'
    show(flow, account)`,
  'HTML of one’s own': `import { bind } from 'example:docs/passkeys.md/5'
    document.body.innerHTML = ${JSON.stringify(`<main>${dialog}</main>`)}
    bind(document.querySelector('main'), flow, account)`,
}
const names = Object.keys(faces)

const FOLDER = 'test-results/passkeys-guide'
const scripts = new Map<string, string>()
let browser: Browser
const http = createServer()

async function bundled(name: string): Promise<string> {
  const file = resolve(FOLDER, `${names.indexOf(name)}.js`)
  writeFileSync(
    file,
    `import { account, flow } from 'example:docs/passkeys.md/2'
    ${faces[name]}
    globalThis.flow = flow`,
  )
  const result = await build({
    logLevel: 'error',
    configFile: false,
    plugins: [react(), pageExamples()],
    resolve: { conditions: ['totp-flow-source', 'module', 'browser', 'production'] },
    build: {
      write: false,
      target: 'es2024',
      rolldownOptions: { input: file, output: { codeSplitting: false } },
    },
  })
  const outputs = [result].flat().flatMap((bundle) => ('output' in bundle ? bundle.output : []))
  return outputs.flatMap((one) => (one.type === 'chunk' ? one.code : [])).join('\n')
}

beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true })
  vi.stubGlobal('masterKey', MASTER_KEY)
  vi.stubGlobal('identity', (user: string) => ({ userId: user, account: `${user}@example.com` }))
  const { server } = await import('example:docs/passkeys.md/1')
  for (const name of names) scripts.set(`/${names.indexOf(name)}.js`, await bundled(name))
  const api = toNodeHandler(server.fetch)
  http.on('request', (request, response) => {
    const script = scripts.get(request.url ?? '')
    if (script !== undefined) response.writeHead(200, { 'content-type': 'text/javascript' }).end(script)
    else if (/^\/\d$/.test(request.url ?? ''))
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end(
          `<!doctype html><main></main><script>sessionToken = 'user${request.url?.slice(1)}'</script><script type="module" src="${request.url}.js"></script>`,
        )
    else api(request, response)
  })
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done))
  const { port } = http.address() as AddressInfo
  browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: [...CHROMIUM_FLAGS, `--host-resolver-rules=MAP localhost:5173 127.0.0.1:${port}`],
  })
})
afterAll(async () => {
  await browser?.close()
  http.close()
  vi.unstubAllGlobals()
})

it.each(names)(
  'passkeys: in %s a passkey is added, confirms by itself and is removed, as the guide shows',
  async (name) => {
    const page = await browser.newPage()
    const cdp = await page.context().newCDPSession(page)
    await cdp.send('WebAuthn.enable')
    await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    })
    await page.goto(`http://localhost:5173/${names.indexOf(name)}`)
    const button = (words: string) => page.getByRole('button', { name: words, exact: true })
    await button('Add a passkey').click()
    await button('Remove Passkey').waitFor()
    await page.evaluate('flow.stepUp(["wallet:export"])')
    await button('Use a passkey').click()
    await expect.poll(() => page.evaluate('flow.getView().state')).toBe('elevated')
    await button('Remove Passkey').click()
    await button('Remove Passkey').click()
    await button('Use a passkey').click()
    await page.getByText('No passkeys yet').waitFor()
    await page.close()
  },
)
