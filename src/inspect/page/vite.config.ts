import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

/** The page that `totp-flow inspect` serves. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  logLevel: 'warn',
  resolve: { conditions: ['source', 'module', 'browser', 'production'] },
  build: {
    outDir: fileURLToPath(new URL('../../../dist/inspect-page', import.meta.url)),
    emptyOutDir: true,
    target: 'es2024',
    chunkSizeWarningLimit: 2_000,
  },
})
