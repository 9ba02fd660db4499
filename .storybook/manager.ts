import { addons } from 'storybook/manager-api'
import { PANEL } from '../packages/statescope/src/storybook/channel.ts'

/** These stories show a chart themselves and need the space. */
const WITHOUT_PANEL = ['seeing--flow-in-react', 'seeing--inspector']

addons.setConfig({
  layout: { panelPosition: 'right', rightPanelWidth: 480 },
  layoutCustomisations: {
    showPanel: ({ storyId = '' }: { storyId?: string }, isShown: boolean) =>
      WITHOUT_PANEL.includes(storyId) ? false : isShown,
  },
  selectedPanel: PANEL,
})
