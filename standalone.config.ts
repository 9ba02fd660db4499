import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import { thirdPartyNotices } from './release/third-party-notices.ts'

const entry = (name: string) => fileURLToPath(new URL(`src/standalone/${name}.ts`, import.meta.url))

/** The two files for pages without a build. */
export default defineConfig({
  logLevel: 'warn',
  plugins: [thirdPartyNotices()],
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
