import { createElement } from 'react'
import { PREVIEW_INITIALIZED, STORY_CHANGED } from 'storybook/internal/core-events'
import { addons, types } from 'storybook/manager-api'
import '../../packages/statescope/src/statechart/element.ts'
import { MESSAGE, PANEL } from './channel.ts'
import { StatechartPanel } from './panel.tsx'
import { seen } from './seen.ts'

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
