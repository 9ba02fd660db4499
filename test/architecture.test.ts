import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, it } from 'vitest'

/** Who may import whom. Read a line as "flow may import machines, the contract and nothing else". */
const mayImport: Record<string, string[]> = {
  'src/contract': [],
  'src/contract/wire': ['src/contract'],
  machines: ['src/contract'],
  'src/flow': ['machines', 'src/contract'],
  'src/messages': ['src/contract'],
  'src/qr': [],
  'src/ui': ['machines', 'src/flow', 'src/messages', 'src/contract'],
  'src/passkeys': ['src/flow', 'src/messages', 'src/ui', 'src/contract'],
  'src/react': ['src/react/components', 'src/react/flow', 'src/react/hooks'],
  'src/react/password': ['src/react/flow', 'src/react/parts', 'src/ui'],
  'src/react/passkeys': ['src/react/flow', 'src/react/parts', 'src/passkeys', 'src/messages', 'src/ui'],
  'src/react/components': ['src/react/flow', 'src/react/parts', 'src/ui'],
  'src/react/parts': ['src/react/flow', 'src/messages', 'src/qr', 'src/ui', 'src/flow'],
  'src/react/hooks': ['src/react/flow', 'src/flow', 'src/contract'],
  'src/react/flow': ['src/messages', 'src/flow'],
  'src/vanilla': ['src/flow', 'src/contract', 'src/messages', 'src/passkeys', 'src/qr', 'src/ui'],
  'src/client': ['src/flow', 'src/contract', 'src/contract/wire'],
  'src/dynamic': ['src/contract', 'src/contract/wire'],
  'src/cognito': ['src/contract'],
  'src/oidc': ['src/contract', 'src/contract/wire'],
  'src/supabase': ['src/contract', 'src/contract/wire'],
  'src/better-auth': ['src/contract', 'src/contract/wire'],

  'src/server/vendored': [],
  'src/server/store': ['src/contract'],
  'src/server/audit': ['src/contract'],
  'src/server/identity': ['src/contract', 'src/contract/wire'],
  'src/server/crypto': ['src/server/store', 'src/contract'],
  'src/server/codes': ['src/server/crypto', 'src/server/store', 'src/contract'],
  'src/server/tokens': [
    'src/server/crypto',
    'src/server/store',
    'src/server/identity',
    'src/server/audit',
    'src/server/vendored',
    'src/contract',
  ],
  'src/server/transfer': [
    'src/server/codes',
    'src/server/crypto',
    'src/server/store',
    'src/server/identity',
    'src/server/audit',
    'src/contract',
  ],
  'src/server/passkeys': ['src/server/crypto', 'src/server/store', 'src/contract', 'src/contract/wire'],
  'src/server/api': [
    'src/server/passkeys',
    'src/server/tokens',
    'src/server/codes',
    'src/server/crypto',
    'src/server/store',
    'src/server/identity',
    'src/server/audit',
    'src/server/vendored',
    'src/contract',
    'src/contract/wire',
  ],
  'src/server/http': [
    'src/server/api',
    'src/server/tokens',
    'src/server/store',
    'src/server/identity',
    'src/server/audit',
    'src/server/vendored',
    'src/contract',
    'src/contract/wire',
  ],
  'src/server': [
    'src/server/passkeys',
    'src/server/http',
    'src/server/transfer',
    'src/server/api',
    'src/server/tokens',
    'src/server/crypto',
    'src/server/store',
    'src/server/identity',
    'src/server/audit',
    'src/contract',
    'src/contract/wire',
  ],
  'src/server/integrations': ['src/server', 'src/server/http', 'src/server/identity', 'src/contract'],
  'src/server/node': [
    'src/server/http',
    'src/server/crypto',
    'src/server/store',
    'src/server/identity',
    'src/contract',
    'src/contract/wire',
    'src/server/audit',
  ],

  'packages/statescope/src/statechart': [],
  'packages/statescope/src/inspect': ['packages/statescope/src/statechart'],
  'packages/statescope/src/storybook': [
    'packages/statescope/src/statechart',
    'packages/statescope/src/inspect',
  ],
  'packages/statescope/src/draw': ['packages/statescope/src/statechart'],
  'packages/statescope/src/cli': ['packages/statescope/src/inspect', 'packages/statescope/src/draw'],
  'src/memory': [
    'src/server',
    'src/server/crypto',
    'src/server/identity',
    'src/contract',
    'src/contract/wire',
  ],
  'src/testing': [
    'machines',
    'src/flow',
    'src/server',
    'src/server/node',
    'src/server/http',
    'src/server/crypto',
    'src/server/identity',
    'src/server/store',
    'src/contract',
    'src/contract/wire',
  ],
  'src/standalone': ['src/client', 'src/contract', 'src/flow', 'src/memory', 'src/messages', 'src/vanilla'],
  'src/cli': [
    'src/server',
    'src/server/node',
    'src/server/http',
    'src/server/identity',
    'src/server/audit',
    'src/server/crypto',
    'src/server/tokens',
    'src/server/passkeys',
    'src/contract',
    'src/server/store',
  ],
}

/** Every file with the files that it imports, types included. */
const imports = new Map(
  ['src', 'machines', 'packages/statescope/src'].flatMap((top) =>
    readdirSync(top, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name) && !name.endsWith('vite.config.ts')) // which is run, and not imported
      .map((name) => join(top, name))
      .map((file) => [file, importsOf(file)] as const),
  ),
)

function importsOf(file: string): string[] {
  const paths = readFileSync(file, 'utf8').matchAll(/(?:from |import |import\()'(\.[^']+\.tsx?)'/g)
  return [...paths].map(([, path]) => normalize(join(dirname(file), path ?? '')))
}

/** Where the entries of the packages lie. */
const entries = ['src', 'packages/statescope/src']

const folders = Object.keys(mayImport).sort((a, b) => b.length - a.length)
/** The room that a file is in; `undefined` for an entry (src/*.ts of a package), which may import all of its package. */
const folderOf = (file: string) => folders.find((folder) => file.startsWith(`${folder}/`))

const inRooms = [...imports].filter(([file]) => folderOf(file) !== undefined)
it.each(inRooms)('%s imports only what its folder may', (file, imported) => {
  const folder = folderOf(file) ?? ''
  for (const target of imported)
    expect([folder, ...(mayImport[folder] ?? [])], `${file} imports ${target}`).toContain(folderOf(target))
})

it('every folder of a package stands in the table of imports, and the table allows nothing that is not used', () => {
  const strays = [...imports.keys()].filter(
    (file) => folderOf(file) === undefined && !entries.includes(dirname(file)),
  )
  expect(strays).toEqual([])
  const used = new Set(
    [...imports].flatMap(([file, all]) => all.map((one) => `${folderOf(file)} ${folderOf(one)}`)),
  )
  const allowed = folders.flatMap((folder) => (mayImport[folder] ?? []).map((other) => `${folder} ${other}`))
  expect(allowed.filter((pair) => !used.has(pair))).toEqual([])
})

it.each([
  ['statescope knows nothing of totp-flow', 'packages/statescope/src/', 'totp-flow'],
  ['what totp-flow publishes does without statescope', '', 'statescope'],
])('%s, by its name or by a path', (_claim, own, other) => {
  const isOwn = (file: string) => (own ? file.startsWith(own) : !file.startsWith('packages/'))
  const files = [...imports.keys()].filter(isOwn)
  expect(files.length).toBeGreaterThan(20)
  const strangers = files.flatMap((file) => (imports.get(file) ?? []).filter((target) => !isOwn(target)))
  expect(strangers).toEqual([])
  const named = new RegExp(`(?:from |import |import\\()'${other}['/]`)
  expect(files.filter((file) => named.test(readFileSync(file, 'utf8')))).toEqual([])
})

it('nothing that is published makes HTML of a text, which pages with Trusted Types refuse', () => {
  const sinks =
    /innerHTML|outerHTML|insertAdjacentHTML|DOMParser|createContextualFragment|setHTML|document\.write|srcdoc/
  const files = [...imports.keys()]
  expect(files.length).toBeGreaterThan(200)
  expect(files.filter((file) => sinks.test(readFileSync(file, 'utf8')))).toEqual([])
})

it('no file imports itself by way of others, types included', () => {
  expect(circleIn(imports)).toBeNull()
})

it('no folder imports itself by way of others, types included', () => {
  const between = new Map(folders.map((folder) => [folder, new Set<string>()]))
  for (const [file, all] of imports) {
    const from = folderOf(file)
    for (const to of all.map(folderOf)) if (from && to && from !== to) between.get(from)?.add(to)
  }
  expect(circleIn(between)).toBeNull()
})

it('a circle of imports would be found', () => {
  const through = { a: ['b'], b: ['c'], c: ['d', 'b'], d: [] }
  expect(circleIn(new Map(Object.entries(through)))).toEqual(['b', 'c', 'b'])
})

/** A way that leads back to where it began; `null` if there is none. */
function circleIn(arrows: ReadonlyMap<string, Iterable<string>>): string[] | null {
  const done = new Set<string>()
  const walk = (from: string, way: readonly string[]): string[] | null => {
    if (way.includes(from)) return [...way.slice(way.indexOf(from)), from]
    if (done.has(from)) return null
    for (const to of arrows.get(from) ?? []) {
      const circle = walk(to, [...way, from])
      if (circle) return circle
    }
    done.add(from)
    return null
  }
  for (const from of arrows.keys()) {
    const circle = walk(from, [])
    if (circle) return circle
  }
  return null
}
