import { storybookTest } from '@storybook/addon-vitest/vitest-plugin'
import react from '@vitejs/plugin-react'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig, mergeConfig } from 'vitest/config'
import { pageExamples } from './test/support/page-examples.ts'
import { providers } from './test/support/providers.ts'
import { CHROMIUM_FLAGS, chromiumPath } from './test/support/tools.ts'

/** New for each project: Vitest writes into the object it is given. */
const inChromium = (contextOptions: { reducedMotion?: 'reduce' } = {}) => {
  const executablePath = chromiumPath()
  return {
    enabled: true,
    headless: true,
    screenshotFailures: false,
    provider: playwright({
      launchOptions: { ...(executablePath && { executablePath }), args: CHROMIUM_FLAGS },
      contextOptions,
    }),
    instances: [{ browser: 'chromium' as const }],
  }
}
/** No test fails because the machine stood still for a while: what is wrong fails by what it says, or never ends. */
const patience = { testTimeout: 120_000, hookTimeout: 120_000, expect: { poll: { timeout: 30_000 } } }
/** Half of what runs outside a browser waits for a clock or another process. */
const outsideBrowsers = { ...patience, environment: 'node' as const, maxWorkers: 3 }
/** After the others: a page that gets no processor draws nothing, and waits. */
const inBrowsers = {
  ...patience,
  sequence: { groupOrder: 1 },
  setupFiles: ['test/support/never-idle.ts'],
}
const resolve = {
  conditions: ['totp-flow-source', 'statescope-source', 'module', 'browser', 'development|production'],
}
/** The modals and stores of other people's in tests: optimized before the first test, or Vite would reload it. */
const optimizeDeps = {
  include: ['@headlessui/react', '@radix-ui/react-dialog', 'bootstrap', 'focus-trap', 'valtio/vanilla'],
}
/** The oldest XState that a package claims, in the place of the newest. */
const onXState = (name: string) => ({
  ssr,
  resolve: { alias: [{ find: /^xstate(?=\/|$)/, replacement: name }] },
  test: {
    ...outsideBrowsers,
    name,
    env: { OLDEST_XSTATE: name },
    setupFiles: ['test/support/on-oldest-xstate.ts'],
  },
})
const ssr = {
  resolve: { conditions: ['totp-flow-source', 'statescope-source', 'node', 'development|production'] },
}

export default defineConfig({
  test: {
    reporters: ['default', './test/support/tally-reporter.ts'],
    projects: [
      {
        plugins: [pageExamples(), providers()],
        ssr,
        resolve, // for tests in jsdom and happy-dom
        test: {
          name: 'node',
          include: ['test/**/*.test.ts', 'packages/*/test/**/*.test.ts'],
          ...outsideBrowsers,
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
          ...outsideBrowsers,
          provide: { sdkVersion: '1.20.0' },
        },
      },
      mergeConfig(onXState('xstate-5.28'), {
        test: {
          include: [
            'test/flow/{backend-calls,elevate,flow,persistence,secrets,verbs}.test.ts',
            'test/machines/{chart,code-prompt,embedded}.test.ts',
            'test/testing/flow-at.test.ts',
          ],
        },
      }),
      mergeConfig(onXState('xstate-5.19'), {
        test: { include: ['packages/statescope/test/{statechart,inspect}/*.test.ts'] },
      }),
      {
        plugins: [react(), pageExamples()],
        resolve,
        optimizeDeps,
        test: {
          name: 'browser',
          include: ['test/**/*.browser.tsx', 'packages/*/test/**/*.browser.tsx'],
          env: { REACT_MAJOR: '19' },
          ...inBrowsers,
          browser: inChromium(),
        },
      },
      {
        plugins: [react()],
        // The oldest React that the components run on.
        resolve: { ...resolve, alias: [{ find: /^(react(?:-dom)?)(?=\/|$)/, replacement: '$1-18' }] },
        optimizeDeps,
        test: {
          name: 'react-18',
          include: ['test/react/**/*.browser.tsx', 'packages/*/test/inspect/strict-mode.browser.tsx'],
          env: { REACT_MAJOR: '18' },
          ...inBrowsers,
          browser: inChromium(),
        },
      },
      {
        plugins: [storybookTest({ configDir: '.storybook' })],
        // Still, so that no contrast is measured in the middle of a fade.
        test: { name: 'stories', ...inBrowsers, browser: inChromium({ reducedMotion: 'reduce' }) },
      },
    ],
  },
})
