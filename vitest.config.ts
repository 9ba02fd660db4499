import { storybookTest } from '@storybook/addon-vitest/vitest-plugin'
import react from '@vitejs/plugin-react'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { pageExamples } from './test/support/page-examples.ts'
import { CHROMIUM_FLAGS, chromiumPath } from './test/support/tools.ts'

/** New for each project: Vitest writes into the object it is given. */
const inChromium = () => {
  const executablePath = chromiumPath()
  return {
    enabled: true,
    headless: true,
    screenshotFailures: false,
    provider: playwright({
      launchOptions: { ...(executablePath && { executablePath }), args: CHROMIUM_FLAGS },
    }),
    instances: [{ browser: 'chromium' as const }],
  }
}
/** What a page does when it is idle comes late on a busy machine. */
const patience = { expect: { poll: { timeout: 10_000 } } }
const resolve = { conditions: ['totp-flow-source', 'module', 'browser', 'development|production'] }
const ssr = { resolve: { conditions: ['totp-flow-source', 'node', 'development|production'] } }

export default defineConfig({
  test: {
    reporters: ['default', './test/support/tally-reporter.ts'],
    projects: [
      {
        plugins: [pageExamples()],
        ssr,
        test: {
          name: 'node',
          include: ['test/**/*.test.ts'],
          environment: 'node',
          globalSetup: 'test/support/postgres.ts',
          provide: { sdkVersion: '1.27.1' },
        },
      },
      {
        // Apps are slow to update: what runs with Dynamic's newest SDK runs with this one, too.
        ssr,
        resolve: { alias: { '@dynamic-labs-sdk/client': 'dynamic-sdk-1.20' } },
        test: {
          name: 'older SDK',
          include: ['test/dynamic/*.test.ts'],
          environment: 'node',
          provide: { sdkVersion: '1.20.0' },
        },
      },
      {
        plugins: [react(), pageExamples()],
        resolve,
        test: {
          name: 'browser',
          include: ['test/**/*.browser.tsx'],
          env: { REACT_MAJOR: '19' },
          ...patience,
          browser: inChromium(),
        },
      },
      {
        plugins: [react()],
        // The oldest React that the components run on.
        resolve: { ...resolve, alias: [{ find: /^(react(?:-dom)?)(?=\/|$)/, replacement: '$1-18' }] },
        test: {
          name: 'react-18',
          include: ['test/react/**/*.browser.tsx'],
          env: { REACT_MAJOR: '18' },
          ...patience,
          browser: inChromium(),
        },
      },
      {
        plugins: [storybookTest({ configDir: '.storybook' })],
        test: { name: 'stories', ...patience, browser: inChromium() },
      },
    ],
  },
})
