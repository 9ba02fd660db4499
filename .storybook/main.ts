import { fileURLToPath } from 'node:url'
import type { StorybookConfig } from '@storybook/react-vite'
import { mergeConfig } from 'vite'

const config: StorybookConfig = {
  framework: '@storybook/react-vite',
  stories: ['../stories/docs/*.mdx', '../stories/*.stories.tsx'],
  addons: ['@storybook/addon-docs', '@storybook/addon-a11y', '@storybook/addon-vitest'],
  core: { disableTelemetry: true, disableWhatsNewNotifications: true },
  features: { sidebarOnboardingChecklist: false },
  // Before Storybook's own addons, so that its tab comes first: a narrow page has room for only one.
  managerEntries: (entries: string[] = []) => [
    fileURLToPath(import.meta.resolve('../packages/statescope/src/storybook/manager.ts')),
    ...entries,
  ],
  // The stories import the package by its public names, which this condition resolves to src/.
  viteFinal: (vite) =>
    mergeConfig(vite, {
      resolve: {
        conditions: ['totp-flow-source', 'statescope-source', 'module', 'browser', 'development|production'],
      },
      // Imported when a chart is first drawn. If Vite discovered it only then, it would reload the page.
      optimizeDeps: { include: ['elkjs/lib/elk.bundled.js'] },
    }),
}
export default config
