/**
 * The code in Dynamic's document on authenticator apps compiles and runs here with its imports changed. The document lies
 * beside the checkout and not in it. Where it is absent, these tests are skipped, and test/examples/ shows the same with code
 * of our own.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import react from '@vitejs/plugin-react'
import { createServer } from 'vite'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchChromium, oathtool } from './support/tools.ts'

const DOCUMENT = '../shared/seed/authenticator-apps.txt'
/** Inside the package, where its own name resolves, and out of Git's sight. */
const FOLDER = 'test-results/seed'

/** What the document takes as given: the app's own client, a call of another part of the SDK, an earlier block's import. */
const PLACEHOLDERS = `
type Client = typeof import('totp-flow/client')
declare const dynamicClient: ReturnType<Client['getDefaultClient']>
declare const authenticateTotpMfaDevice: Client['authenticateTotpMfaDevice']
declare const params: { address: string }
declare function exportWaasPrivateKey(params: { address: string }): Promise<void>
`

const PAGE = `
import { createRoot } from 'react-dom/client'
import { createTotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import { TotpFlowProvider } from 'totp-flow/react'
import { TotpEnrollment } from './block-7.tsx'

const flow = createTotpFlow({ backend: memoryBackend() })
Object.assign(window, {
  secretOnScreen: () => flow.getView().registration?.unseal().secret,
  stateOf: () => flow.getView().state,
})
createRoot(document.getElementById('root')!).render(
  <TotpFlowProvider flow={flow}>
    <TotpEnrollment />
  </TotpFlowProvider>,
)
`

/** Shown as skipped without the document. */
const itOfTheDocument = it.skipIf(!existsSync(DOCUMENT))

beforeAll(() => {
  if (!existsSync(DOCUMENT)) return
  mkdirSync(FOLDER, { recursive: true })
  const blocks = [...readFileSync(DOCUMENT, 'utf8').matchAll(/^```(javascript|tsx)[^\n]*\n(.*?)^```$/gms)]
  for (const [index, [, language, code = '']] of blocks.entries()) {
    const changed = code
      .replaceAll("'@dynamic-labs-sdk/client'", "'totp-flow/client'")
      .replaceAll("'@dynamic-labs-sdk/react-hooks'", "'totp-flow/react'")
      // A slip of the document: \`delete\` is a reserved word, and no variable in any JavaScript.
      .replace(/\bconst delete =/, 'const remove =')
    const name = changed.includes('function TotpEnrollment') ? '\nexport { TotpEnrollment }\n' : ''
    writeFileSync(`${FOLDER}/block-${index + 1}.${language === 'tsx' ? 'tsx' : 'ts'}`, `${changed}${name}`)
  }
  writeFileSync(`${FOLDER}/placeholders.d.ts`, PLACEHOLDERS)
  writeFileSync(`${FOLDER}/main.tsx`, PAGE)
  writeFileSync(
    `${FOLDER}/index.html`,
    '<div id="root"></div><script type="module" src="/main.tsx"></script>',
  )
  writeFileSync(
    `${FOLDER}/tsconfig.json`,
    JSON.stringify({ extends: '../../tsconfig.json', include: ['*.ts', '*.tsx'] }),
  )
})
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }))

itOfTheDocument('every code block of Dynamic’s document compiles, strictly', () => {
  const { stdout } = spawnSync('npx', ['tsc', '-p', FOLDER, '--listFilesOnly'], { encoding: 'utf8' })
  expect(stdout.match(/test-results\/seed\/block-\d/g)).toHaveLength(7)
  expect(spawnSync('npx', ['tsc', '-p', FOLDER], { encoding: 'utf8' }).stdout).toBe('')
})

itOfTheDocument('the React component of Dynamic’s document enrolls in a browser', async () => {
  const server = await createServer({
    configFile: false,
    root: FOLDER,
    cacheDir: resolve(FOLDER, '.vite'),
    plugins: [react()],
    resolve: { conditions: ['totp-flow-source', 'module', 'browser', 'development|production'] },
    server: { port: 0, host: '127.0.0.1', fs: { allow: [resolve('.')] } },
    logLevel: 'error',
  })
  const browser = await launchChromium()
  try {
    await server.listen()
    const page = await browser.newPage()
    const complaints: string[] = []
    page.on('pageerror', ({ message }) => complaints.push(message))
    await page.goto(server.resolvedUrls?.local[0] ?? '')
    await page.getByRole('button').click()
    const field = page.getByRole('textbox')
    await field.waitFor()
    await field.fill(oathtool(String(await page.evaluate('secretOnScreen()'))))
    await page.getByRole('button').click()
    await field.waitFor({ state: 'detached' })
    expect(await page.evaluate('stateOf()')).toBe('elevated')
    expect(complaints).toEqual([])
  } finally {
    await browser.close()
    await server.close()
  }
})
