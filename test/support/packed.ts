/** A package as npm packs it, built and unpacked beside an app that has it installed: for tests of what is published. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, renameSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

/** Packs the package of a folder. */
export function packed(name: string, from = '.') {
  const folder = mkdtempSync(join(tmpdir(), `${name}-package-`))
  const pack = ['pack', '--json', '--pack-destination', folder]
  const [{ filename }] = JSON.parse(
    execFileSync('npm', pack, { cwd: from, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  )
  renameSync(join(folder, filename), join(folder, 'packed.tgz'))
  execFileSync('tar', ['-xf', 'packed.tgz'], { cwd: folder })
  const installed = join(folder, 'package')
  symlinkSync(resolve('node_modules'), join(installed, 'node_modules'))
  const app = join(folder, 'app')
  mkdirSync(join(app, 'node_modules'), { recursive: true })
  symlinkSync(installed, join(app, 'node_modules', name))
  return { folder, installed, app }
}

/** Every file of the package that is neither built nor in a folder of what is. */
export const besidesDist = (folder: string) =>
  execFileSync('tar', ['-tf', join(folder, 'packed.tgz')], { encoding: 'utf8' })
    .split('\n')
    .filter((name) => name !== '' && !name.startsWith('package/dist/'))
    .toSorted()

/** Every package that a file of the built package leads to. */
export function pulledIn(file: string, seen = new Set<string>()): Set<string> {
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

/** The number of names that an app gets from an entry. */
export function namesFrom(app: string, specifier: string): number {
  const script = `console.log(Object.keys(await import('${specifier}')).length)`
  const options = { cwd: app, encoding: 'utf8' as const }
  return Number(execFileSync(process.execPath, ['--input-type=module', '--eval', script], options))
}

/** What says what is wrong with a package: run in the folder of `packed.tgz`. */
export const LINTERS: [tool: string, ...args: string[]][] = [
  ['publint', '--strict', 'package'],
  ['attw', '--profile', 'esm-only', '--no-emoji', '--no-color', 'packed.tgz'],
]

/** The packages whose code a bundle contains, by its source maps. */
export const packagesIn = (maps: readonly string[]) => {
  const sources = maps.flatMap((map): string[] => JSON.parse(map).sources)
  const names = sources.flatMap((source) => /^.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? [])
  return [...new Set(names)].toSorted()
}

/** The packages that notices list, but for the bundlers, which are in no source map. */
export const listedIn = (notices: string) =>
  [...notices.matchAll(/^-+\n\n(\S+) \S+, under /gm)]
    .map(([, name = '']) => name)
    .filter((name) => !['rolldown', 'vite'].includes(name))
    .toSorted()
