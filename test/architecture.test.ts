import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'

/** Who may import whom. Read a line as "flow may import machines and contract". Entries (src/*.ts) may import all. */
const mayImport: Record<string, string[]> = {
  'src/contract': [],
  machines: ['src/contract'],
  'src/flow': ['machines', 'src/contract'],
  'src/client': ['src/contract', 'src/flow'],
  'src/dynamic': ['src/contract'],
  'src/qr': [],
  'src/messages': ['src/contract'],
  'src/ui': ['src/flow', 'src/contract'],
  'src/react': ['src/flow', 'src/contract', 'src/messages', 'src/qr', 'src/ui'],
  'src/vanilla': ['src/flow', 'src/contract', 'src/messages', 'src/qr', 'src/ui'],
  'src/server/store': ['src/contract'],
  'src/server': ['src/contract', 'src/server/store'],
  'src/statechart': [],
  'src/inspect': ['src/statechart'],
  'src/cli': ['src/server', 'src/contract', 'src/inspect'],
  'src/testing': ['src/server', 'src/server/store', 'src/contract'],
  'src/memory': ['src/server', 'src/server/store', 'src/contract'],
  'src/standalone': ['src/client', 'src/contract', 'src/flow', 'src/memory', 'src/messages', 'src/vanilla'],
}

const folders = Object.keys(mayImport).sort((a, b) => b.length - a.length)
const folderOf = (file: string) => folders.find((folder) => file.startsWith(`${folder}/`))
const sources = ['src', 'machines'].flatMap((top) =>
  readdirSync(top, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !name.endsWith('vite.config.ts')) // which is run, and not imported
    .map((name) => join(top, name)),
)

describe.each(sources.filter((file) => folderOf(file) !== undefined))('%s', (file) => {
  const folder = folderOf(file) ?? ''
  const imports = [...readFileSync(file, 'utf8').matchAll(/(?:from |import |import\()'(\.[^']+)'/g)].map(
    ([, path]) => path ?? '',
  )
  it('imports only what its folder may', () => {
    for (const path of imports) {
      const target = folderOf(normalize(join(dirname(file), path)))
      expect([folder, ...(mayImport[folder] ?? [])], `${file} imports ${path}`).toContain(target)
    }
  })
})

it('every folder of src stands in the table', () => {
  const strays = sources.filter((file) => folderOf(file) === undefined && dirname(file) !== 'src')
  expect(strays).toEqual([])
})
