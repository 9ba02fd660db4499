import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vite'
import { thirdPartyNotices } from './release/third-party-notices.ts'

const entry = (name: string) => fileURLToPath(new URL(`src/standalone/${name}.ts`, import.meta.url))

/** What a page compares by class, whichever file it comes from. */
const SHARED = /\/src\/contract\/(?:totp-flow-error|sealed)\.ts$/
const OWN = '?memory'

/**
 * Gives memory.js its own copy of whatever else both files need. Otherwise the first would export its internals to the
 * second, under minified names.
 */
const ownCopies: Plugin = {
  name: 'own-copies',
  enforce: 'pre',
  async resolveId(source, importer, options) {
    if (!importer?.endsWith(OWN) && importer !== entry('memory')) return undefined
    const found = await this.resolve(source, importer.replace(OWN, ''), { ...options, skipSelf: true })
    const isShared = !found || SHARED.test(found.id) || found.id === entry('totp-flow')
    return isShared ? found : { ...found, id: found.id + OWN }
  },
}

/** The two files for pages without a build. */
export default defineConfig({
  logLevel: 'warn',
  plugins: [ownCopies, thirdPartyNotices()],
  resolve: { conditions: ['totp-flow-source', 'module', 'browser', 'production'] },
  build: {
    outDir: 'dist/standalone',
    target: 'es2024',
    minify: true,
    // For the test that names every package in here: not published, since they are larger than the scripts.
    sourcemap: 'hidden',
    lib: { entry: { 'totp-flow': entry('totp-flow'), memory: entry('memory') }, formats: ['es'] },
    // Vite leaves the spaces in a library for the next bundler, and here there is none.
    rolldownOptions: { preserveEntrySignatures: 'allow-extension', output: { minify: true } },
  },
})
