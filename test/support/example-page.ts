/** The page of an example, bundled as an app would, and a browser on the example's server. */
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright'
import { build } from 'vite'
import { afterAll, beforeAll } from 'vitest'
import { providers } from './providers.ts'
import { launchChromium } from './tools.ts'

const TYPES: Record<string, string> = { html: 'text/html', js: 'text/javascript', css: 'text/css' }

/** Answers what the page of an example in `examples/` consists of, and leaves the rest to the example. */
export async function withPage(folder: string, listener: RequestListener): Promise<RequestListener> {
  const root = resolve('examples', folder)
  const result = await build({
    root,
    configFile: false,
    logLevel: 'error',
    plugins: [providers()],
    resolve: { conditions: ['totp-flow-source', 'module', 'browser', 'production'] },
    build: { write: false, target: 'es2024', rolldownOptions: { input: resolve(root, 'index.html') } },
  })
  const outputs = [result].flat().flatMap((bundle) => ('output' in bundle ? bundle.output : []))
  const files = new Map(
    outputs.map((file) => [
      file.fileName === 'index.html' ? '/' : `/${file.fileName}`,
      {
        type: TYPES[file.fileName.split('.').at(-1) ?? ''] ?? 'text/plain',
        body: file.type === 'chunk' ? file.code : file.source,
      },
    ]),
  )
  return (request, response) => {
    const file = files.get(request.url?.split('?')[0] ?? '')
    if (!file) return listener(request, response)
    response.writeHead(200, { 'content-type': file.type }).end(file.body)
  }
}

interface Served {
  /** `http://localhost:<port>`: another origin of the same site, to a browser, than that of any other port. */
  origin: string
  close(): void
}
export async function serveOnLocalhost(listener: RequestListener): Promise<Served> {
  // A client may send on a connection at the moment at which the server gives it up: then the call fails.
  const server = createServer({ keepAliveTimeout: 0 }, listener).listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

interface ExampleInBrowser {
  origin: string
  context: BrowserContext
  page: Page
  /** What the page broke with. */
  broken: string[]
}

/** The example, served, and a fresh browser on it for all tests of one file. */
export function exampleInBrowser(start: () => Promise<RequestListener>): ExampleInBrowser {
  const here = { broken: [] as string[] } as ExampleInBrowser
  let browser: Browser | undefined
  let served: Served | undefined
  beforeAll(async () => {
    served = await serveOnLocalhost(await start())
    browser = await launchChromium()
    here.origin = served.origin
    here.context = await browser.newContext()
    here.page = await here.context.newPage()
    here.page.on('pageerror', (error) => here.broken.push(error.message))
  })
  afterAll(async () => {
    await browser?.close()
    served?.close()
  })
  return here
}
