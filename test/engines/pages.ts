import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'vite'
import { serveViewer, type ViewerServer } from '../../packages/statescope/src/inspect/viewer-server.ts'

const BOUND = `<!doctype html>
<html lang="en">
<meta name="viewport" content="width=device-width">
<title>Security</title>
<main hidden data-totp-cloak tabindex="-1" data-totp-focus>
  <h1>Security</h1>
  <p data-totp-text="status"></p>
  <button data-totp-do="register" data-totp-show="none" data-totp-words="device.setUp"></button>
  <form data-totp-do="submit-code" data-totp-show="enrolling">
    <svg data-totp-qr data-totp-show="picture" role="img" data-totp-label="enrollment.qrCode" width="240" height="240"></svg>
    <p><span data-totp-words="enrollment.setupKey"></span> <code data-totp-text="secret"></code></p>
    <label for="first" data-totp-text="label"></label> <input id="first" name="code" autofocus>
    <p role="alert" data-totp-text="error"></p>
    <button data-totp-words="code.verify"></button>
  </form>
  <section data-totp-show="recovery-codes">
    <ol data-totp-list="recovery-codes" data-totp-label="recovery.list"></ol>
    <button data-totp-do="copy-codes" data-totp-text="copy-codes"></button>
    <button data-totp-do="download-codes" data-totp-words="recovery.download"></button>
    <button data-totp-do="acknowledge" data-totp-words="recovery.keep"></button>
  </section>
  <div data-totp-show="on">
    <button data-totp-do="step-up" data-totp-scopes="wallet:export">Export private key</button>
    <button data-totp-do="delete" data-totp-words="device.remove"></button>
    <p id="exported"></p>
  </div>
  <dialog data-totp-dialog aria-labelledby="title">
    <h2 id="title" data-totp-text="title"></h2>
    <form data-totp-do="submit-code">
      <label for="later" data-totp-text="label"></label> <input id="later" name="code" autofocus>
      <p role="alert" data-totp-text="error"></p>
      <button data-totp-words="code.verify"></button>
      <button type="button" data-totp-do="switch-method" data-totp-show="recovery-offered" data-totp-text="other-method"></button>
    </form>
  </dialog>
</main>
<script type="module" src="/bound.js"></script>`

const SCRIPT = `import { createTotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import { bindTotpFlow } from 'totp-flow/vanilla'
const flow = createTotpFlow({ backend: memoryBackend() })
bindTotpFlow(document.querySelector('main'), flow)
flow.on('elevated', () => {
  if (flow.takeElevatedToken('wallet:export')) document.querySelector('#exported').textContent = 'The key is exported.'
})`

/** No HTML from text, by any policy, and nothing from elsewhere. */
const STRICT =
  "default-src 'self'; script-src 'self'; style-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'"

interface Served {
  url: string
  close(): Promise<void>
}

/** HTML of one's own over `bindTotpFlow`, with the service in the page, under a strict policy. */
export async function serveBoundPage(): Promise<Served> {
  mkdirSync('test-results', { recursive: true })
  const folder = mkdtempSync('test-results/bound-') // inside the package, where its own name resolves
  const input = join(folder, 'bound.js')
  writeFileSync(input, SCRIPT)
  const result = await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['totp-flow-source', 'module', 'browser', 'production'] },
    build: {
      write: false,
      modulePreload: false,
      rolldownOptions: { input, output: { entryFileNames: 'bound.js' } },
    },
  })
  const files = [result].flat().flatMap((bundle) => ('output' in bundle ? bundle.output : []))
  const script = files.flatMap((file) => (file.type === 'chunk' ? file.code : []))[0] ?? ''
  const server = createServer(({ url }, response) => {
    const isScript = url === '/bound.js'
    const type = isScript ? 'text/javascript' : 'text/html; charset=utf-8'
    response.writeHead(url === '/' || isScript ? 200 : 404, {
      'content-type': type,
      'content-security-policy': STRICT,
    })
    response.end(isScript ? script : BOUND)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async close() {
      server.closeAllConnections()
      server.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** `statescope`, with its page built anew. */
export async function serveStatescope(): Promise<ViewerServer> {
  mkdirSync('test-results', { recursive: true })
  const outDir = join(process.cwd(), mkdtempSync('test-results/viewer-'))
  await build({ configFile: 'packages/statescope/src/inspect/page/vite.config.ts', build: { outDir } })
  const server = await serveViewer({ port: 0, page: pathToFileURL(`${outDir}/`) })
  return {
    ...server,
    async close() {
      await server.close()
      rmSync(outDir, { recursive: true })
    },
  }
}
