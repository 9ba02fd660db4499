import { fileURLToPath } from 'node:url'
import type { StorybookConfig } from '@storybook/react-vite'
import { mergeConfig } from 'vite'

const config: StorybookConfig = {
  framework: '@storybook/react-vite',
  stories: ['../stories/docs/*.mdx', '../stories/*.stories.tsx'],
  addons: ['@storybook/addon-docs', '@storybook/addon-a11y', '@storybook/addon-vitest'],
  core: { disableTelemetry: true, disableWhatsNewNotifications: true },
  features: { sidebarOnboardingChecklist: false },
  // Before Storybook's own, so that its tab is the first: a narrow page has room for no more.
  managerEntries: (entries: string[] = []) => [
    fileURLToPath(import.meta.resolve('../packages/statescope/src/storybook/manager.ts')),
    ...entries,
  ],
  // The stories import the package by its public names; `source` resolves those to src/.
  viteFinal: (vite) =>
    mergeConfig(vite, {
      resolve: {
        conditions: ['totp-flow-source', 'statescope-source', 'module', 'browser', 'development|production'],
      },
      // Read when a chart is first drawn; found by then, the page would be loaded anew.
      optimizeDeps: { include: ['elkjs/lib/elk.bundled.js'] },
    }),
}
export default config
