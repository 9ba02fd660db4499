import { defineConfig } from 'vitest/config'

/** A run like ours, with one test that fails. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['failing.ts'],
    reporters: ['../tally-reporter.ts'],
    globalSetup: '../postgres.ts',
  },
})
