/**
 * Takes the packages as an app would: `npm run consumers`. Packs them, installs the tarballs in a fresh project, imports every
 * entry and goes through a flow on each runtime that is supported, compiles with both ways to resolve modules, and builds and
 * opens a page with Vite, one with Next, and one without any bundler. It downloads those runtimes and Next, so it belongs to a
 * release and not to every test run.
 */
import { execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import manifest from '../package.json' with { type: 'json' }
import statescope from '../packages/statescope/package.json' with { type: 'json' }
import { newMasterKey } from '../src/server/crypto/secrets.ts'
import providers from '../test/providers/package.json' with { type: 'json' }
import { flowsOverCommands } from '../test/support/flows-over-commands.ts'
import { launchChromium, oathtool } from '../test/support/tools.ts'

const RUNTIMES = [
  ['node', '22.13.0'],
  ['node', '24'],
  ['node', '26'],
  ['bun', '1.4.5'],
  ['deno', '2.5.6'],
  ['deno', '2.9.6'],
] as const
/** What comes between the runtime and a file. */
const OPTIONS = { node: [], bun: [], deno: ['run', '--allow-all', '--node-modules-dir=manual'] }
/** A test runner extends the first, and the others are for pages. */
const ELSEWHERE = ['totp-flow/testing/vitest', 'totp-flow/theme.css', 'statescope/storybook/manager']

process.env.NEXT_TELEMETRY_DISABLED = '1'
const secrets = { TOTP_FLOW_MASTER_KEY: newMasterKey(), SESSION_SECRET: newMasterKey() }
const app = mkdtempSync(join(tmpdir(), 'totp-flow-consumer-'))
const run = (command: string, ...args: string[]) =>
  execFileSync(command, args, { cwd: app, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
const write = (name: string, text: string) => writeFileSync(join(app, name), text)
const specifiersOf = ({ name, exports }: { name: string; exports: object }) =>
  Object.keys(exports).map((entry) => `${name}${entry.slice(1)}`)
const say = (done: string) => console.log(`✓ ${done}`)

const tarballs = ['.', 'packages/statescope'].map((folder): string => {
  const pack = ['pack', '--json', '--pack-destination', app]
  const said = execFileSync('npm', pack, { cwd: folder, encoding: 'utf8' })
  return JSON.parse(said.slice(said.indexOf('[')))[0].filename
})
write('package.json', JSON.stringify({ name: 'app', private: true, type: 'module' }))
const wanted: Record<string, string> = {
  ...providers.dependencies,
  ...statescope.devDependencies,
  ...manifest.devDependencies,
}
const also = [
  ...Object.keys({ ...statescope.peerDependencies, ...manifest.peerDependencies }),
  'react-dom',
  'vite',
  'typescript',
  '@types/node',
  '@types/react',
  '@types/react-dom',
]
const peers = also
  .filter((name) => name !== '@dynamic-labs-sdk/client')
  .map((name) => `${name}@${wanted[name]}`)
run('npm', 'install', '--no-audit', '--no-fund', '--legacy-peer-deps', ...tarballs, ...peers)
say('installed')

const entries = [...specifiersOf(manifest), ...specifiersOf(statescope)].filter(
  (entry) => entry !== 'totp-flow/dynamic', // which needs the SDK's 124 MB
)
write(
  'entries.mjs',
  entries
    .filter((entry) => !ELSEWHERE.includes(entry))
    .map((entry) => `await import('${entry}')`)
    .join('\n'),
)
write('where.mjs', 'console.log(process.execPath)')
for (const [name, version] of RUNTIMES) {
  const options = OPTIONS[name]
  const by = ['exec', '--yes', `--package=${name}@${version}`, '--', name, ...options]
  run('npm', ...by, 'entries.mjs')
  const program = run('npm', ...by, 'where.mjs').trim()
  const folder = mkdtempSync(join(app, 'run-'))
  await flowsOverCommands(folder, [program, ...options, join(app, 'node_modules/totp-flow/dist/src/cli.js')])
  say(`every entry, and a flow over the commands, on ${name} ${version}`)
}

const oldest = Object.entries(manifest.peerDependencies)
  .filter(([name]) => name !== '@dynamic-labs-sdk/client')
  .map(([name, range]) => {
    const [major = '', minor = '0', patch = '0'] = /[\d.]+/.exec(range)?.[0].split('.') ?? []
    return `${name}@${major}.${minor}.${patch}`
  })
mkdirSync(join(app, 'oldest'))
write('oldest/package.json', JSON.stringify({ private: true, type: 'module' }))
const ours = tarballs.slice(0, 1).map((name) => join(app, name))
run(
  'npm',
  'install',
  '--prefix',
  'oldest',
  '--no-audit',
  '--no-fund',
  '--legacy-peer-deps',
  ...ours,
  ...oldest,
)
write(
  'oldest/entries.mjs',
  entries
    .filter((entry) => entry.startsWith('totp-flow') && !ELSEWHERE.includes(entry))
    .map((entry) => `await import('${entry}')`)
    .join('\n'),
)
run('node', 'oldest/entries.mjs')
say('every entry with the oldest version of each package that it takes')

write(
  'all.tsx',
  entries.map((entry, index) => `import * as e${index} from '${entry}'\nvoid e${index}`).join('\n'),
)
for (const [module, moduleResolution] of [
  ['nodenext', 'nodenext'],
  ['preserve', 'bundler'],
] as const) {
  const compilerOptions = {
    target: 'es2024',
    lib: ['es2024', 'dom', 'dom.iterable'],
    module,
    moduleResolution,
    jsx: 'react-jsx',
    strict: true,
    noEmit: true,
    types: ['node'],
  }
  write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['all.tsx'] }))
  run('npx', 'tsc')
  say(`types with ${moduleResolution}, and without skipLibCheck`)
}

write(
  'index.html',
  '<!doctype html><title>app</title><div id="react"></div><totp-flow></totp-flow><script type="module" src="/main.tsx"></script>',
)
write(
  'main.tsx',
  `import 'totp-flow/element'
import 'totp-flow/theme.css'
import { createRoot } from 'react-dom/client'
import { createTotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import { DeviceCard, TotpFlowProvider } from 'totp-flow/react'
const flow = createTotpFlow({ backend: memoryBackend() })
document.querySelector('totp-flow')!.flow = flow
createRoot(document.getElementById('react')!).render(<TotpFlowProvider flow={flow}><DeviceCard /></TotpFlowProvider>)
`,
)
run('npx', 'vite', 'build')
write(
  'plain.html',
  `<!doctype html><title>plain</title><totp-flow></totp-flow><script type="module">
import { createTotpFlow } from '/node_modules/totp-flow/dist/standalone/totp-flow.js'
import { memoryBackend } from '/node_modules/totp-flow/dist/standalone/memory.js'
document.querySelector('totp-flow').flow = createTotpFlow({ backend: memoryBackend() })
</script>`,
)

mkdirSync(join(app, 'app'))
write(
  'app/layout.tsx',
  'export default ({ children }: { children: React.ReactNode }) => <html lang="en"><body>{children}</body></html>',
)
write(
  'app/page.tsx',
  `import { TotpFlowProvider } from 'totp-flow/react' // from a server's component
import { Page } from './page-in-the-browser'
export default () => <main data-provider={typeof TotpFlowProvider}><Page /></main>`,
)
write(
  'app/page-in-the-browser.tsx',
  `'use client'
import dynamic from 'next/dynamic'
export const Page = dynamic(() => import('./account'), { ssr: false })`,
)
write(
  'app/account.tsx',
  `import 'totp-flow/theme.css'
import { createTotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import { DeviceCard, TotpFlowProvider } from 'totp-flow/react'
const flow = createTotpFlow({ backend: memoryBackend() })
export default () => <TotpFlowProvider flow={flow}><DeviceCard /></TotpFlowProvider>`,
)
// The app of docs/signed-in-apps.md: a sign-in of the reader's, its route handlers, and a page over them.
cpSync('examples/next', app, { recursive: true })
mkdirSync(join(app, 'app/sign-in'))
write(
  'app/sign-in/route.ts',
  `import { SignJWT } from 'jose'
export async function POST(request: Request) {
  const { email } = await request.json()
  const session = await new SignJWT({ jti: crypto.randomUUID() }).setProtectedHeader({ alg: 'HS256' })
    .setSubject(email).setIssuedAt().sign(new TextEncoder().encode(process.env.SESSION_SECRET))
  return new Response(null, { headers: { 'set-cookie': \`session=\${session}; Path=/; HttpOnly; SameSite=Lax\` } })
}`,
)
mkdirSync(join(app, 'app/signed-in'))
write(
  'app/signed-in/page.tsx',
  `'use client'
import dynamic from 'next/dynamic'
const Page = dynamic(() => import('./security'), { ssr: false })
export default () => <Page />`,
)
write(
  'app/signed-in/security.tsx',
  `import { createTotpFlow } from 'totp-flow'
import { createElevatedFetch, httpBackend } from 'totp-flow/client'
import { DeviceCard, StepUpDialog, TotpFlowProvider } from 'totp-flow/react'
import { useState } from 'react'
await fetch('/sign-in', { method: 'POST', body: JSON.stringify({ email: 'ann@example.com' }) })
const flow = createTotpFlow({
  backend: httpBackend({ baseUrl: '/api/v0', environmentId: 'default', credentials: 'same-origin' }),
})
const elevatedFetch = createElevatedFetch(flow)
export default function Security() {
  const [paidBy, setPaidBy] = useState('')
  const pay = async () => setPaidBy((await (await elevatedFetch('/api/pay', { method: 'POST' })).json()).paidBy)
  return (
    <TotpFlowProvider flow={flow}>
      <DeviceCard><button onClick={pay}>Pay</button><output>{paidBy}</output></DeviceCard>
      <StepUpDialog />
    </TotpFlowProvider>
  )
}`,
)
write(
  'tsconfig.json',
  JSON.stringify({
    compilerOptions: {
      target: 'es2024',
      lib: ['es2024', 'dom', 'dom.iterable'],
      module: 'preserve',
      jsx: 'react-jsx',
      strict: true,
      noEmit: true,
      allowImportingTsExtensions: true,
      skipLibCheck: true,
    },
    include: ['app', 'lib'],
  }),
)
write('next.config.ts', 'export default { cacheComponents: true }') // as its template has it
run('npm', 'install', '--no-audit', '--no-fund', '--legacy-peer-deps', 'next', 'jose')
run('npx', 'next', 'build')

const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' }
const server = createServer((request, response) => {
  try {
    const path = new URL(request.url ?? '/', 'http://app').pathname
    const body = readFileSync(join(app, path.startsWith('/assets') ? join('dist', path) : path))
    response.writeHead(200, { 'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream' }).end(body)
  } catch {
    response.writeHead(404).end()
  }
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const { port } = server.address() as AddressInfo
const next = spawn(join(app, 'node_modules/.bin/next'), ['start', '--port', '0'], {
  cwd: app,
  stdio: ['ignore', 'pipe', 'inherit'],
  env: { ...process.env, ...secrets },
})
const browser = await launchChromium()
try {
  const nextUrl = await readyAt(next.stdout)
  for (const [url, count, name] of [
    [`http://localhost:${port}/dist/index.html`, 2, 'a page built by Vite'],
    [`http://localhost:${port}/plain.html`, 1, 'a page without a bundler'],
    [nextUrl, 1, 'a page of Next'],
  ] as const) {
    const tab = await browser.newPage()
    const errors: unknown[] = []
    tab.on('pageerror', (error) => errors.push(error))
    await tab.goto(url)
    const buttons = tab.getByRole('button', { name: 'Set up authenticator app' })
    await buttons.nth(count - 1).waitFor()
    await buttons.first().click()
    await tab.getByRole('img', { name: 'QR code' }).first().waitFor()
    if (errors.length > 0) throw new Error(`${name}: ${errors}`)
    say(name)
  }
  const tab = await browser.newPage()
  await tab.goto(`${nextUrl}/signed-in`)
  await tab.getByRole('button', { name: 'Set up authenticator app' }).click()
  const secret = (await tab.getByLabel('Setup key').textContent()) ?? ''
  const typeCode = (secondsAhead: number) =>
    tab.getByRole('textbox', { name: '6-digit code' }).fill(oathtool(secret, secondsAhead))
  await typeCode(0)
  await tab.getByRole('button', { name: 'Copy codes' }).click()
  await tab.getByRole('button', { name: 'I have saved these codes' }).click()
  await tab.getByRole('button', { name: 'Pay' }).click()
  await typeCode(30)
  await tab.getByText('ann@example.com', { exact: true }).waitFor()
  say('an app of Next with a session cookie')
} finally {
  await browser.close()
  server.close()
  next.kill()
  rmSync(app, { recursive: true })
}

/** Where a server says that it is; rejects if it ends without. */
async function readyAt(output: Readable): Promise<string> {
  for await (const line of createInterface(output)) {
    const url = /http:\/\/localhost:\d+/.exec(line)?.[0]
    if (url) return url
  }
  throw new Error('Next did not start.')
}
