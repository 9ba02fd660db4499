import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    reporters: ['default', './test/support/tally-reporter.ts'],
    projects: [{ test: { name: 'node', include: ['test/**/*.test.ts'], environment: 'node' } }],
  },
})
