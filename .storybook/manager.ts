import { addons } from 'storybook/manager-api'
import { PANEL } from '../packages/statescope/src/storybook/channel.ts'

addons.setConfig({ layout: { panelPosition: 'right', rightPanelWidth: 480 }, selectedPanel: PANEL })
