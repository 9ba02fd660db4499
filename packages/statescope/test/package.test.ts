import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { Browser } from 'playwright'
import { build, type PreviewServer, preview } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { noticeOf } from '../../../release/third-party-notices.ts'
import {
  besidesDist,
  LINTERS,
  listedIn,
  namesFrom,
  packagesIn,
  packed,
  pulledIn,
} from '../../../test/support/packed.ts'
import { examplesOf } from '../../../test/support/page-examples.ts'
import { launchChromium } from '../../../test/support/tools.ts'
import manifest from '../package.json' with { type: 'json' }

const HERE = 'packages/statescope'

/** What each entry pulls in of other people's packages before it is used, all the way down. */
const pullsIn: Record<keyof typeof manifest.exports, string[]> = {
  '.': ['@statelyai/inspect'],
  './state-chart': [],
  './state-inspector': ['xstate', 'lit'],
  './react': ['react'],
  './draw': [],
  './storybook': ['@statelyai/inspect', 'storybook/preview-api'],
  './storybook/manager': [
    'react',
    'storybook/internal/components',
    'storybook/internal/core-events',
    'storybook/manager-api',
    'storybook/theming',
    'xstate',
  ],
}
const entries = Object.entries(manifest.exports)

let folder: string
let installed: string
let app: string

beforeAll(() => {
  ;({ folder, installed, app } = packed('statescope', HERE))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe.each(entries)('statescope%s', (entry, { types, default: file }) => {
  it('the entry is built, with its types', () => {
    expect(readFileSync(join(installed, types), 'utf8')).toMatch(/export/)
  })

  it('the package depends on these packages and no others', () => {
    const named: string[] = pullsIn[entry as keyof typeof pullsIn]
    expect([...pulledIn(join(installed, file))].toSorted()).toEqual(named.toSorted())
  })

  // Storybook loads it into its own page, and nothing else does.
  it.skipIf(entry === './storybook/manager')('can be imported by its name, on a server too', () => {
    expect(namesFrom(app, `statescope${entry.slice(1)}`)).toBeGreaterThan(0)
  })
})

it('the React component says to a server that renders parts of a page that it is for the browser', () => {
  const file = join(installed, manifest.exports['./react'].default)
  expect(readFileSync(file, 'utf8')).toMatch(/^\/\*\*.*?\*\/\n'use client';/s)
})

it.each(LINTERS)('%s finds nothing wrong in what is published', (tool, ...args) => {
  const { status, stdout } = spawnSync(resolve('node_modules/.bin', tool), args, {
    cwd: folder,
    encoding: 'utf8',
  })
  expect(status, stdout).toBe(0)
})

it('holds what is built and the pages that go with it, and says in its source maps what that was built from', () => {
  expect(besidesDist(folder)).toEqual([
    'package/CHANGELOG.md',
    'package/LICENSE',
    'package/README.md',
    'package/docs/inspector.png',
    'package/docs/performance.md',
    'package/docs/tea.svg',
    'package/package.json',
  ])
  const { sourcesContent } = JSON.parse(readFileSync(join(installed, 'dist/inspect/index.js.map'), 'utf8'))
  expect(sourcesContent).toEqual([readFileSync(`${HERE}/src/inspect/index.ts`, 'utf8')])
})

describe('the notices of the viewer’s page', () => {
  const notices = () => readFileSync(join(installed, 'dist/page/THIRD-PARTY-NOTICES.txt'), 'utf8')

  it('list every package that is bundled, with its license, and no other', async () => {
    // The page is packed without source maps, and built again for them.
    const configFile = `${HERE}/src/inspect/page/vite.config.ts`
    const built = await build({ configFile, build: { write: false, sourcemap: true } })
    const files = [built].flat().flatMap((result) => ('output' in result ? result.output : []))
    const maps = files.flatMap(({ fileName, ...file }) =>
      fileName.endsWith('.map') && 'source' in file ? [String(file.source)] : [],
    )
    const bundled = packagesIn(maps)
    expect(bundled).toContain('elkjs')
    expect(listedIn(notices())).toEqual(bundled)
    expect(notices()).toContain('rolldown')
    for (const name of bundled) expect(notices()).toContain(noticeOf(`node_modules/${name}`).trim())
  })

  it('every script of the viewer’s page names the notices at its top', () => {
    const assets = join(installed, 'dist/page/assets')
    const scripts = readdirSync(assets).filter((name) => /^(?!elk-worker).*\.js$/.test(name))
    expect(scripts.length).toBeGreaterThan(0)
    for (const name of scripts)
      expect(readFileSync(join(assets, name), 'utf8')).toMatch(
        /^\/\*! Third-party notices: THIRD-PARTY-NOTICES\.txt \*\//,
      )
  })

  it('tell where the source code of the layout engine is, as EPL-2.0 asks', () => {
    const { version } = JSON.parse(readFileSync('node_modules/elkjs/package.json', 'utf8'))
    expect(notices()).toContain(`The source code of elkjs ${version} is available under EPL-2.0`)
    expect(notices()).toContain('https://github.com/kieler/elkjs')
    expect(notices()).toContain('Eclipse Public License - v 2.0')
  })
})

it('the viewer names the pages that it refuses, each once, and lets in those of an origin that is allowed', async () => {
  const child = spawn(process.execPath, [
    join(installed, manifest.bin.statescope),
    '--port',
    '0',
    '--allow-origin',
    'https://app.example.com/',
  ])
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += chunk
  })
  try {
    await expect.poll(() => /to: '(ws:[^']+)'/.exec(said)?.[1]).toBeDefined()
    const url = /to: '(ws:[^']+)'/.exec(said)?.[1] ?? ''
    const comesIn = (origin: string) =>
      new Promise<boolean>((resolve) => {
        const socket = new WebSocket(url, { origin })
        socket.on('open', () => {
          socket.close()
          resolve(true)
        })
        socket.on('error', () => resolve(false))
      })
    const tried = ['https://app.example.com', 'https://other.example', 'https://other.example', 'null']
    expect(await Promise.all(tried.map(comesIn))).toEqual([true, false, false, false])
    await expect.poll(() => said).toContain('A page without an origin was refused')
    expect(said.match(/A page of .* was refused.*/g)).toEqual([
      'A page of https://other.example was refused. To let it in: --allow-origin https://other.example',
    ])
  } finally {
    child.kill()
  }
})

it('the viewer runs as it is installed, and serves all that its page asks for', async () => {
  const bin = join(installed, manifest.bin.statescope)
  expect(readFileSync(bin, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
  const viewer = spawn(process.execPath, [bin, '--port', '0'])
  try {
    const [line] = await once(viewer.stderr, 'data')
    const url = /http:\S+/.exec(String(line))?.[0] ?? ''
    const page = await (await fetch(url)).text()
    const scripts = [...page.matchAll(/src="([^"]+\.js)"/g)].map(([, path]) => path ?? '')
    expect(scripts).not.toEqual([])
    for (const path of scripts)
      expect((await fetch(new URL(path, url))).headers.get('content-type')).toContain('javascript')
  } finally {
    viewer.kill()
    await once(viewer, 'exit')
  }
})

it('the command says in one line that its port is taken, and what to do', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const bin = join(installed, manifest.bin.statescope)
  const viewer = spawn(process.execPath, [bin], { env: { ...process.env, STATESCOPE_PORT: String(port) } })
  const [[said], [status]] = await Promise.all([once(viewer.stderr, 'data'), once(viewer, 'exit')])
  other.close()
  expect(String(said)).toBe(`Port ${port} is taken. Stop what uses it, or give another --port.\n`)
  expect(status).toBe(1)
})

it('the command line tells its version as it is installed', () => {
  const bin = join(installed, manifest.bin.statescope)
  expect(spawnSync(process.execPath, [bin, '--version'], { encoding: 'utf8' })).toMatchObject({
    status: 0,
    stdout: `${manifest.version}\n`,
  })
})

describe('the command draw, with the dependencies of the package and nothing else', () => {
  let bare: string
  beforeAll(() => {
    bare = join(folder, 'bare')
    cpSync(join(installed, 'dist'), join(bare, 'node_modules/statescope/dist'), { recursive: true })
    cpSync(join(installed, 'package.json'), join(bare, 'node_modules/statescope/package.json'))
    for (const name of [...Object.keys(manifest.dependencies), 'xstate']) {
      mkdirSync(dirname(join(bare, 'node_modules', name)), { recursive: true })
      symlinkSync(resolve('node_modules', name), join(bare, 'node_modules', name))
    }
    writeFileSync(
      join(bare, 'door.ts'),
      `import { createMachine } from 'xstate'
      enum Door { Open = 'open', Shut = 'shut' }
      export default createMachine({ id: 'door', initial: Door.Shut, states: { [Door.Shut]: {}, [Door.Open]: {} } })`,
    )
  })
  const draw = (...args: string[]) =>
    spawnSync(
      process.execPath,
      [join(bare, 'node_modules/statescope', manifest.bin.statescope), 'draw', 'door.ts', ...args],
      { cwd: bare, encoding: 'utf8' },
    )

  it('draws an SVG and a Mermaid diagram', () => {
    expect(draw()).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('door.shut') })
    expect(draw('--format', 'mmd').stdout).toContain('state "shut" as s_door_shut')
  })

  it('draws the machine of the README from the file that also watches it', () => {
    writeFileSync(join(bare, 'door.ts'), examplesOf(`${HERE}/README.md`)[0]?.text ?? '')
    expect(draw()).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('light.green') })
  })

  it('says what to install for a PNG', () => {
    expect(draw('-o', 'door.png')).toMatchObject({
      status: 1,
      stderr: 'A PNG needs the package sharp: npm install --save-dev sharp\n',
    })
  })
})

describe('the addon in the Storybook of another project', () => {
  const [main, fan] = examplesOf(`${HERE}/README.md`).filter(({ text }) =>
    text.includes('statescope/storybook'),
  )
  let server: PreviewServer
  let browser: Browser

  beforeAll(async () => {
    for (const name of ['storybook', '@storybook', 'react', 'react-dom', 'xstate', 'vite'])
      symlinkSync(resolve('node_modules', name), join(app, 'node_modules', name))
    mkdirSync(join(app, '.storybook'))
    writeFileSync(join(app, 'package.json'), '{ "type": "module" }')
    writeFileSync(
      join(app, '.storybook/main.ts'),
      `${main?.text}
      export default { framework: '@storybook/react-vite', stories: ['../*.stories.tsx'], addons }`,
    )
    writeFileSync(
      join(app, 'fan.stories.tsx'),
      `${fan?.text}
      export default { component: Fan }
      export const Off = {}`,
    )
    const command = resolve('node_modules/storybook/dist/bin/dispatcher.js')
    const env = { ...process.env, NODE_ENV: 'production', STORYBOOK_DISABLE_TELEMETRY: '1' }
    await promisify(execFile)(process.execPath, [command, 'build', '--quiet'], { cwd: app, env })
    server = await preview({
      configFile: false,
      logLevel: 'error',
      build: { outDir: join(app, 'storybook-static') },
      preview: { host: '127.0.0.1', port: 0 },
    })
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })

  it('a panel follows the machine of a story, and draws the whole chart when asked', async () => {
    const page = await browser.newPage()
    await page.goto(`${server.resolvedUrls?.local[0]}?path=/story/fan--off`)
    await page.getByRole('tab', { name: 'Statechart' }).click()
    const chart = page.locator('state-chart')
    await chart.getByText('In off').waitFor()
    await page.frameLocator('#storybook-preview-iframe').getByRole('button', { name: 'Turn on' }).click()
    await chart.getByText('In on').waitFor()
    expect(await chart.locator('text.event:visible').allTextContents()).toEqual(['turn'])
    await chart.getByRole('button', { name: 'Whole chart' }).click()
    await chart.getByRole('button', { name: 'Whole chart', pressed: true }).waitFor()
    await chart.locator('[data-state="fan.on"][data-active]').waitFor()
  })
})
