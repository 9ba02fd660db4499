/** Packages that only some tests need are installed apart, so that what most people install of this repository stays small. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** The folder of `test` that has its own packages. */
export const folderApart = (name: string) => resolve(import.meta.dirname, '..', name)

/** What npm wrote when it was done is of this lock. */
function isInstalled(folder: string): boolean {
  const read = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8'))
  const installed = 'node_modules/.package-lock.json'
  if (!existsSync(join(folder, installed))) return false
  const { '': _root, ...wanted } = read('package-lock.json').packages
  const { packages } = read(installed)
  const isThere = (path: string) => packages[path]?.version === wanted[path].version
  return Object.keys(wanted).every((path) => wanted[path].optional || isThere(path)) // some are for other systems
}

/** Whether they are there now. `scripts`: they have some that are to run, which `allowScripts` names. */
export function installApart(name: string, { scripts = false } = {}): boolean {
  const folder = folderApart(name)
  if (isInstalled(folder)) return true
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error', ...(scripts ? [] : ['--ignore-scripts'])]
  console.log(`> npm ${args.join(' ')} (in test/${name})`)
  return spawnSync('npm', args, { cwd: folder, stdio: 'inherit', timeout: 300_000 }).status === 0
}
