/** The examples of docs/testing.md and docs/dynamic-stand-in.md that take a browser, an app and a server, on all three. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { createServer, type ViteDevServer } from 'vite'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { pageExamples } from '../support/page-examples.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { CHROMIUM_FLAGS, chromiumPath } from '../support/tools.ts'

const port = vi.hoisted(() => ({ of: 0 }))
/** The browser of the example, and the port that it finds the app on: its own may be taken. */
vi.mock(import('playwright'), async (original) => {
  const real = await original()
  const launch = () => {
    const args = [...CHROMIUM_FLAGS, `--host-resolver-rules=MAP localhost:5173 127.0.0.1:${port.of}`]
    return real.chromium.launch({ executablePath: chromiumPath(), args })
  }
  return { ...real, chromium: Object.assign(Object.create(real.chromium), { launch }) }
})

let folder: string
let server: ServerProcess
let app: ViteDevServer
beforeAll(async () => {
  folder = mkdtempSync(`${tmpdir()}/totp-flow-guides-`)
  const [, args = ''] =
    /^npx totp-flow serve (.+)$/m.exec(readFileSync('docs/dynamic-stand-in.md', 'utf8')) ?? []
  server = await startServer({}, args.split(' '), folder)
  const proxy = { '/development': server.origin, '/api': server.origin }
  app = await createServer({
    configFile: false,
    root: 'test/e2e/security-app',
    cacheDir: resolve('test-results/security-app'),
    plugins: [pageExamples()],
    resolve: { conditions: ['totp-flow-source', 'module', 'browser', 'development|production'] },
    define: { 'process.env.MFA_STAND_IN': '"http://localhost:5173"' },
    server: {
      port: 0,
      host: '127.0.0.1',
      allowedHosts: true,
      fs: { allow: [resolve('.')] },
      proxy,
      ws: false,
      hmr: false,
    },
    logLevel: 'error',
  })
  await app.listen()
  port.of = Number(new URL(app.resolvedUrls?.local[0] ?? '').port)
})
afterAll(async () => {
  await app.close()
  await server.end()
  rmSync(folder, { recursive: true })
})

it('testing: a browser test scans, types and exports, in an app on the stand-in', async () => {
  await import('example:docs/testing.md/2')
  const said = server.said.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).type)
  expect(said).toEqual(['signed_in', 'registered', 'enrolled', 'verified'])
})
