/**
 * The manager's side of the addon, which Storybook loads automatically: `addons: ['statescope/storybook']`.
 *
 * @module statescope/storybook/manager
 */
import { createElement } from 'react'
import { PREVIEW_INITIALIZED, STORY_CHANGED } from 'storybook/internal/core-events'
import { addons, types } from 'storybook/manager-api'
import '../statechart/element.ts'
import { MESSAGE, PANEL } from './channel.ts'
import { StatechartPanel } from './panel.ts'
import { seen } from './seen.ts'

export { PANEL } from './channel.ts'

// Listens from the start, also while another panel is open.
addons.register('statescope', (api) => {
  api.on(MESSAGE, (message: string) => seen.receive(JSON.parse(message)))
  for (const change of [STORY_CHANGED, PREVIEW_INITIALIZED]) api.on(change, seen.clear)
  addons.add(PANEL, {
    type: types.PANEL,
    title: 'Statechart',
    render: ({ active = false }) => createElement(StatechartPanel, { active }),
  })
})
