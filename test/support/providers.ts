/**
 * The providers that totp-flow is tested on, real ones. Their packages are installed apart, in `test/providers`, so that what
 * most people install of this repository stays small. Run as a script it installs them where they are missing.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Plugin } from 'vite'

const FOLDER = resolve(import.meta.dirname, '../providers')
const read = (name: string) => JSON.parse(readFileSync(join(FOLDER, name), 'utf8'))
const NAMES: string[] = Object.keys(read('package.json').dependencies)

/** Lets tests and examples import a provider's packages as an app would, which has them beside totp-flow. */
export const providers = (): Plugin => ({
  name: 'providers',
  enforce: 'pre',
  async resolveId(id, _importer, options) {
    if (!NAMES.some((name) => id === name || id.startsWith(`${name}/`))) return undefined
    const found = await this.resolve(id, join(FOLDER, 'package.json'), options)
    // Vite would put a stub in its place, and Vitest keep that.
    if (!found?.id.startsWith(FOLDER)) throw new Error(`${id} is not installed: npm run providers`)
    return found
  },
})

/** What npm wrote when it was done is of this lock. */
function isInstalled(): boolean {
  const installed = 'node_modules/.package-lock.json'
  if (!existsSync(join(FOLDER, installed))) return false
  const { '': _root, ...wanted } = read('package-lock.json').packages
  const { packages } = read(installed)
  const isThere = (path: string) => packages[path]?.version === wanted[path].version
  return Object.keys(wanted).every((path) => wanted[path].optional || isThere(path)) // some are for other systems
}

/** Whether they are there now. */
export function installProviders(): boolean {
  if (isInstalled()) return true
  const args = ['ci', '--prefix', FOLDER, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  console.log(`> npm ${args.join(' ')}`)
  return spawnSync('npm', args, { stdio: 'inherit', timeout: 300_000 }).status === 0
}

if (import.meta.main && !installProviders()) {
  console.error('The providers that the tests run on could not be installed: that takes a network, once.')
  process.exitCode = 1
}
