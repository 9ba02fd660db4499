import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import { thirdPartyNotices } from './release/third-party-notices.ts'

/** The packages of which a part is copied into ours, in the place of the module that names that part. */
export default defineConfig({
  logLevel: 'warn',
  plugins: [thirdPartyNotices()],
  build: {
    outDir: 'dist/src/server/vendored',
    emptyOutDir: false,
    target: 'es2024',
    minify: false,
    // For the test that names every package in here: not published, since they are larger than the scripts.
    sourcemap: 'hidden',
    lib: {
      entry: { zod: fileURLToPath(new URL('src/server/vendored/zod.ts', import.meta.url)) },
      formats: ['es'],
    },
  },
})
