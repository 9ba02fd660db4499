import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import { thirdPartyNotices } from '../../../../../release/third-party-notices.ts'

/** The page that `statescope` serves. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  plugins: [thirdPartyNotices()],
  logLevel: 'error', // hides a warning about the alias
  resolve: {
    conditions: ['statescope-source', 'module', 'browser', 'production'],
    // The page loads its own engine, in a worker.
    alias: { 'elkjs/lib/elk.bundled.js': 'elkjs/lib/elk-api.js' },
  },
  build: {
    outDir: fileURLToPath(new URL('../../../dist/page', import.meta.url)),
    emptyOutDir: true,
    target: 'es2024',
    chunkSizeWarningLimit: 2_000,
    modulePreload: { polyfill: false }, // every browser of this target has it
    rolldownOptions: { output: { codeSplitting: false } }, // the page always shows a chart
  },
})
