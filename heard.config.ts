import { defineConfig } from 'vitest/config'

/** `npm run heard`. Apart from the other tests: it needs a screen reader, and a quiet machine. */
export default defineConfig({
  ssr: { resolve: { conditions: ['totp-flow-source', 'node', 'development|production'] } },
  test: { include: ['test/heard/*.heard.ts'], testTimeout: 60_000, hookTimeout: 600_000 },
})
