import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import manifest from '../package.json' with { type: 'json' }
import { noticeOf } from '../release/third-party-notices.ts'

const testServer = [
  'otplib',
  'srvx/node',
  'kysely',
  'kysely/migration',
  'jose',
  'jose/errors',
  'zod/mini',
  'node:sqlite',
  'node:fs',
  'node:path',
  'node:net',
  'node:dns/promises',
]
type ScriptEntry = Exclude<keyof typeof manifest.exports, './theme.css'>

/** What each entry pulls in of other people's packages before it is used, all the way down. */
const pullsIn: Record<ScriptEntry, string[]> = {
  '.': ['xstate'],
  './machine': ['xstate'],
  './react': ['xstate', '@xstate/react', 'react', 'react/jsx-runtime', 'uqr'],
  './react/parts': ['xstate', '@xstate/react', 'react', 'react/jsx-runtime', 'uqr'],
  './vanilla': ['xstate', 'uqr'],
  './element': ['uqr'],
  './statechart': [],
  './statechart/react': ['react'],
  './inspect': ['@statelyai/inspect', 'safe-stable-stringify'],
  './inspect/viewer': ['xstate', 'lit'],
  './standalone': [],
  './standalone/memory': [],
  './messages': [],
  './client': [],
  './dynamic': ['@dynamic-labs-sdk/client', 'is-network-error'],
  './memory': ['zod/mini', 'otplib', 'jose', 'jose/errors'],
  './qr': ['uqr'],
  './testing': ['otplib'],
  './testing/playwright': ['zxing-wasm/reader', 'otplib', 'node:fs/promises'],
  './testing/server': testServer,
  './testing/vitest': ['vitest', ...testServer],
  './server': ['zod/mini', 'otplib', 'jose', 'jose/errors'],
  './server/sqlite': ['kysely', 'kysely/migration', 'node:sqlite', 'node:fs', 'node:path'],
  './server/postgres': ['kysely', 'kysely/migration', 'pg'],
  './server/verify': ['jose', 'jose/errors', 'zod/mini'],
  './server/hono': [],
  './server/express': [],
  './server/metrics': [],
  './server/node': [
    'srvx/node',
    'kysely',
    'kysely/migration',
    'jose',
    'jose/errors',
    'node:sqlite',
    'node:fs',
    'node:path',
    'node:net',
    'node:dns/promises',
  ],
}
const { './theme.css': theme, ...scripts } = manifest.exports
const entries = Object.entries(scripts)

let folder: string
let installed: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'totp-flow-package-'))
  const pack = ['pack', '--json', '--pack-destination', folder]
  const [{ filename }] = JSON.parse(
    execFileSync('npm', pack, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  )
  renameSync(join(folder, filename), join(folder, 'packed.tgz'))
  execFileSync('tar', ['-xf', 'packed.tgz'], { cwd: folder })
  installed = join(folder, 'package')
  symlinkSync(resolve('node_modules'), join(installed, 'node_modules'))
  mkdirSync(join(folder, 'app/node_modules'), { recursive: true })
  symlinkSync(installed, join(folder, 'app/node_modules/totp-flow'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Every package that a file of the built package leads to. */
function pulledIn(file: string, seen = new Set<string>()): Set<string> {
  const found = new Set<string>()
  if (seen.has(file)) return found
  seen.add(file)
  for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(
    /^(?:import|export)(?: [^;=]*? from)? ['"]([^'"]+)['"];?$/gm,
  )) {
    if (!path.startsWith('.')) found.add(path)
    else for (const name of pulledIn(join(dirname(file), path), seen)) found.add(name)
  }
  return found
}

describe.each(entries)('totp-flow%s', (entry, { types, default: file }) => {
  it('the entry is built, with its types', () => {
    expect(readFileSync(join(installed, types), 'utf8')).toMatch(/export/)
  })

  it('the entry imports exactly the expected packages', () => {
    const named: string[] = pullsIn[entry as keyof typeof pullsIn]
    expect([...pulledIn(join(installed, file))].toSorted()).toEqual(named.toSorted())
  })

  // Vitest can be extended only where it collects tests: test/testing/vitest.test.ts does that.
  if (entry === './testing/vitest') return

  it('the entry can be imported by its name', () => {
    const script = `console.log(Object.keys(await import('totp-flow${entry.slice(1)}')).length)`
    const out = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: join(folder, 'app'),
      encoding: 'utf8',
    })
    expect(Number(out)).toBeGreaterThan(0)
  })
})

it('an entry that needs React is marked as client code for React Server Components', () => {
  const needsReact = entries.filter(([, { default: file }]) => pulledIn(join(installed, file)).has('react'))
  expect(needsReact.map(([entry]) => entry)).toEqual(['./react', './react/parts', './statechart/react'])
  for (const [, { default: file }] of needsReact)
    expect(readFileSync(join(installed, file), 'utf8')).toMatch(/^\/\*\*.*?\*\/\n'use client';/s)
})

it.each([
  ['publint', '--strict', 'package'],
  ['attw', '--profile', 'esm-only', '--no-emoji', '--no-color', 'packed.tgz'],
])('%s finds nothing wrong in what is published', (tool, ...args) => {
  const { status, stdout } = spawnSync(resolve('node_modules/.bin', tool), args, {
    cwd: folder,
    encoding: 'utf8',
  })
  expect(status, stdout).toBe(0)
})

it('the package holds what is built and nothing else, and its source maps name the sources', () => {
  const listed = execFileSync('tar', ['-tf', join(folder, 'packed.tgz')], { encoding: 'utf8' })
  const others = listed.split('\n').filter((name) => !name.startsWith('package/dist/'))
  expect(others.toSorted()).toEqual([
    '',
    'package/CHANGELOG.md',
    'package/LICENSE',
    'package/README.md',
    'package/package.json',
  ])
  const { sourcesContent } = JSON.parse(readFileSync(join(installed, 'dist/src/index.js.map'), 'utf8'))
  expect(sourcesContent).toEqual([readFileSync('src/index.ts', 'utf8')])
})

/** The packages whose code a bundle contains, by its source maps. */
const packagesIn = (maps: readonly string[]) => {
  const sources = maps.flatMap((map): string[] => JSON.parse(map).sources)
  const names = sources.flatMap((source) => /^.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? [])
  return [...new Set(names)].toSorted()
}

/** The maps of the bundles in a folder of the package. The page of the viewer is packed without, and built again for them. */
async function mapsOf(bundle: string): Promise<string[]> {
  if (bundle === 'standalone') {
    const folder = join(installed, 'dist/standalone')
    return ['totp-flow', 'memory'].map((name) => readFileSync(join(folder, `${name}.js.map`), 'utf8'))
  }
  const configFile = 'packages/statescope/src/inspect/page/vite.config.ts'
  const built = await build({ configFile, build: { write: false, sourcemap: true } })
  const files = [built].flat().flatMap((result) => ('output' in result ? result.output : []))
  return files.flatMap(({ fileName, ...file }) =>
    fileName.endsWith('.map') && 'source' in file ? [String(file.source)] : [],
  )
}

describe.each([
  ['standalone', 'xstate'],
  ['inspect-page', 'elkjs'],
])('the notices of dist/%s', (bundle, one) => {
  const notices = () => readFileSync(join(installed, 'dist', bundle, 'THIRD-PARTY-NOTICES.txt'), 'utf8')

  it('the notices list every bundled package with its license, and no other', async () => {
    const bundled = packagesIn(await mapsOf(bundle))
    expect(bundled).toContain(one)
    const listed = [...notices().matchAll(/^-+\n\n(\S+) \S+, under /gm)].map(([, name]) => name)
    const bundlers = ['rolldown', 'vite'] // what they add is in no source map
    expect(listed.filter((name = '') => !bundlers.includes(name)).toSorted()).toEqual(bundled)
    expect(listed).toContain('rolldown')
    for (const name of bundled) expect(notices()).toContain(noticeOf(`node_modules/${name}`).trim())
  })

  it('every script of the bundle names the notices at its top', () => {
    const folder = join(installed, 'dist', bundle, bundle === 'standalone' ? '' : 'assets')
    const scripts = readdirSync(folder).filter((name) => /^(?!elk-worker).*\.js$/.test(name))
    expect(scripts.length).toBeGreaterThan(0)
    for (const name of scripts)
      expect(readFileSync(join(folder, name), 'utf8')).toMatch(
        /^\/\*! Third-party notices: THIRD-PARTY-NOTICES\.txt \*\//,
      )
  })
})

it('the notices say where the source code of the layout engine is, as EPL-2.0 requires', () => {
  const notices = readFileSync(join(installed, 'dist/inspect-page/THIRD-PARTY-NOTICES.txt'), 'utf8')
  const { version } = JSON.parse(readFileSync('node_modules/elkjs/package.json', 'utf8'))
  expect(notices).toContain(`The source code of elkjs ${version} is available under EPL-2.0`)
  expect(notices).toContain('https://github.com/kieler/elkjs')
  expect(notices).toContain('Eclipse Public License - v 2.0')
})

it.each<[string, object, string[], RegExp]>([
  ['a license that nobody has read', { license: 'GPL-3.0-only' }, ['LICENSE'], /a is under GPL-3.0-only/],
  ['no license', {}, ['LICENSE'], /a is under undefined/],
  ['no text', { license: 'MIT' }, ['README.md', 'NOTICE'], /a has no file with its license/],
  [
    'no source code to point to',
    { license: 'EPL-2.0' },
    ['LICENSE'],
    /does not say where its source code is/,
  ],
])('the build ends at a package with %s', (_what, fields, files, complaint) => {
  const package_ = mkdtempSync(join(folder, 'package-'))
  writeFileSync(join(package_, 'package.json'), JSON.stringify({ name: 'a', version: '1.0.0', ...fields }))
  for (const file of files) writeFileSync(join(package_, file), 'A text.')
  expect(() => noticeOf(package_)).toThrow(complaint)
})

it('the theme is packed as it is written', () => {
  expect(readFileSync(join(installed, theme.default), 'utf8')).toBe(readFileSync('src/theme.css', 'utf8'))
})

it('the command line runs as it is installed', () => {
  const bin = join(installed, manifest.bin['totp-flow'])
  expect(readFileSync(bin, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
  const out = execFileSync(process.execPath, [bin, '--version'], { encoding: 'utf8' })
  expect(out.trim()).toBe(manifest.version)
})

it('the viewer runs as it is installed, and serves all that its page asks for', async () => {
  const viewer = spawn(process.execPath, [
    join(installed, manifest.bin['totp-flow']),
    'inspect',
    '--port',
    '0',
  ])
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
