/** The providers that totp-flow is tested on, real ones. Run as a script it installs them where they are missing. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'vite'
import { folderApart, installApart } from './apart.ts'

const FOLDER = folderApart('providers')
const NAMES: string[] = Object.keys(
  JSON.parse(readFileSync(join(FOLDER, 'package.json'), 'utf8')).dependencies,
)

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

if (import.meta.main && !installApart('providers')) {
  console.error('The providers that the tests run on could not be installed: that takes a network, once.')
  process.exitCode = 1
}
