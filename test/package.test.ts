import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import manifest from '../package.json' with { type: 'json' }
import { noticeOf } from '../release/third-party-notices.ts'
import { besidesDist, LINTERS, listedIn, namesFrom, packagesIn, packed, pulledIn } from './support/packed.ts'

const testServer = [
  'canonicalize',
  'otplib',
  'srvx/node',
  'kysely',
  'jose',
  'jose/errors',
  'node:fs',
  'node:os',
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
  './react/password': ['xstate', '@xstate/react', 'react', 'react/jsx-runtime'],
  './react/passkeys': ['xstate', '@xstate/react', 'react', 'react/jsx-runtime'],
  './vanilla': ['xstate', 'uqr'],
  './vanilla/password': ['xstate', 'uqr'],
  './vanilla/passkeys': ['xstate', 'uqr'],
  './element': ['uqr', 'xstate'],
  './element/gate': ['uqr', 'xstate'],
  './element/password': ['uqr', 'xstate'],
  './element/passkeys': ['uqr', 'xstate'],
  './standalone': [],
  './standalone/memory': [],
  './messages': [],
  './messages/passkeys': [],
  './passkeys': [],
  './client': [],
  './client/passkeys': ['@simplewebauthn/browser'],
  './dynamic': ['@dynamic-labs-sdk/client', '@dynamic-labs-sdk/client/core', 'is-network-error'],
  './better-auth': [],
  './cognito': [],
  './oidc': [],
  './supabase': [],
  './memory': ['canonicalize', 'otplib', 'jose', 'jose/errors'],
  './qr': ['uqr'],
  './testing': ['otplib', 'xstate'],
  './testing/playwright': ['zxing-wasm/reader', 'otplib', 'node:fs/promises'],
  './testing/server': testServer,
  './testing/vitest': ['vitest', ...testServer],
  './server': ['canonicalize', 'otplib', 'jose', 'jose/errors'],
  './server/passkeys': ['@simplewebauthn/server', '@simplewebauthn/server/helpers'],
  './server/sqlite': ['kysely', 'node:fs', 'node:path'],
  './server/postgres': ['kysely', 'node:crypto', 'pg'],
  './server/sql': ['kysely'],
  './server/durable-object': ['kysely'],
  './server/verify': ['canonicalize', 'jose', 'jose/errors'],
  './server/hono': [],
  './server/express': [],
  './server/metrics': [],
  './server/node': [
    'srvx/node',
    'kysely',
    'jose',
    'jose/errors',
    'node:fs',
    'node:os',
    'node:path',
    'node:net',
    'node:dns/promises',
  ],
}
const { './theme.css': theme, ...scripts } = manifest.exports
const entries = Object.entries(scripts)

let folder: string
let installed: string
let app: string

beforeAll(() => {
  ;({ folder, installed, app } = packed('totp-flow'))
})
afterAll(() => rmSync(folder, { recursive: true }))

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
    expect(namesFrom(app, `totp-flow${entry.slice(1)}`)).toBeGreaterThan(0)
  })
})

it('an entry that needs React is marked as client code for React Server Components', () => {
  const needsReact = entries.filter(([, { default: file }]) => pulledIn(join(installed, file)).has('react'))
  expect(needsReact.map(([entry]) => entry)).toEqual([
    './react',
    './react/parts',
    './react/password',
    './react/passkeys',
  ])
  for (const [, { default: file }] of needsReact)
    expect(readFileSync(join(installed, file), 'utf8')).toMatch(/^\/\*\*.*?\*\/\n'use client';/s)
})

it.each(LINTERS)('%s finds nothing wrong in what is published', (tool, ...args) => {
  const { status, stdout } = spawnSync(resolve('node_modules/.bin', tool), args, {
    cwd: folder,
    encoding: 'utf8',
  })
  expect(status, stdout).toBe(0)
})

it('the package holds what is built, the guides and what they point to, and its source maps name the sources', () => {
  const guides = globSync('docs/{,decisions/,providers/}*.md').map((page) => `package/${page}`)
  const others = besidesDist(folder).filter((name) => !name.startsWith('package/examples/'))
  expect(others).toEqual(
    [
      'package/CHANGELOG.md',
      'package/LICENSE',
      'package/README.md',
      'package/SECURITY.md',
      'package/docs/openapi.json',
      'package/docs/performance.svg',
      ...['enroll-dark.png', 'enroll-light.png', 'statechart-dark.svg', 'statechart-light.svg'].map(
        (name) => `package/docs/pictures/${name}`,
      ),
      'package/package.json',
      ...guides,
    ].toSorted(),
  )
  const { sourcesContent } = JSON.parse(readFileSync(join(installed, 'dist/src/index.js.map'), 'utf8'))
  expect(sourcesContent).toEqual([readFileSync('src/index.ts', 'utf8')])
})

it('every link and picture of the shipped README and guides leads to a shipped file', () => {
  const shipped = globSync('**/*.md', { cwd: installed, exclude: ['node_modules', 'CHANGELOG.md'] })
  expect(shipped).toContain('docs/README.md')
  const links = shipped.flatMap((page) =>
    [
      ...readFileSync(join(installed, page), 'utf8').matchAll(
        /\]\((?!\w+:|#)([^)#\s]+)|\b(?:src|srcset)="(?!\w+:|#)([^"#]+)"/g,
      ),
    ].map(({ 1: link, 2: picture }) => ({ page, path: join(dirname(page), link ?? picture ?? '') })),
  )
  expect(links.length).toBeGreaterThan(150)
  expect(links.filter(({ path }) => !existsSync(join(installed, path)))).toEqual([])
})

describe.each([
  ['dist/standalone', ['totp-flow.js', 'memory.js'], 'xstate'],
  ['dist/src/server/vendored', ['zod.js'], 'zod'],
])('in %s', (bundle, scripts, one) => {
  const fileOf = (name: string) => readFileSync(join(installed, bundle, name), 'utf8')

  it('the notices list every bundled package with its license, and no other', () => {
    const maps = scripts.map((name) => readFileSync(join(bundle, `${name}.map`), 'utf8'))
    const bundled = packagesIn(maps)
    expect(bundled).toContain(one)
    const notices = fileOf('THIRD-PARTY-NOTICES.txt')
    expect(listedIn(notices)).toEqual(bundled)
    for (const name of bundled) expect(notices).toContain(noticeOf(`node_modules/${name}`).trim())
  })

  it('every script of the bundle names the notices at its top', () => {
    const written = readdirSync(join(installed, bundle)).filter((name) => name.endsWith('.js'))
    expect(written).toEqual(expect.arrayContaining(scripts))
    for (const name of written)
      expect(fileOf(name)).toMatch(/^\/\*! Third-party notices: THIRD-PARTY-NOTICES\.txt \*\//)
  })
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
