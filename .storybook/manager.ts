import { createElement } from 'react'
import { PREVIEW_INITIALIZED, STORY_CHANGED } from 'storybook/internal/core-events'
import { addons, types } from 'storybook/manager-api'
import '../src/statechart/element.ts'
import { MESSAGE } from './statechart/channel.ts'
import { StatechartPanel } from './statechart/panel.tsx'
import { seen } from './statechart/seen.ts'

const PANEL = 'totp-flow/statechart/panel'

addons.setConfig({ layout: { panelPosition: 'right', rightPanelWidth: 480 }, selectedPanel: PANEL })

// It listens from the beginning, also while another panel is open.
addons.register('totp-flow/statechart', (api) => {
  api.on(MESSAGE, (message: string) => seen.receive(JSON.parse(message)))
  for (const anew of [STORY_CHANGED, PREVIEW_INITIALIZED]) api.on(anew, seen.clear)
  addons.add(PANEL, {
    type: types.PANEL,
    title: 'Statechart',
    render: ({ active = false }) => createElement(StatechartPanel, { active }),
  })
})
