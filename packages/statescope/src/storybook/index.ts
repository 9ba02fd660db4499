/**
 * A panel for Storybook with the chart of the machine that runs in a story: packages/statescope/README.md#in-storybook.
 * Needs the package `storybook`.
 *
 * @module statescope/storybook
 */
import { addons } from 'storybook/preview-api'
import { createInspector, type Inspector } from '../inspect/index.ts'
import { MESSAGE } from './channel.ts'

export { PANEL } from './channel.ts'

/** For the actors of stories: shows in the Statechart panel where they are. Pass it as their `inspect` option. */
export const inspect: Inspector['inspect'] = createInspector({
  to: { receive: (message) => addons.getChannel().emit(MESSAGE, JSON.stringify(message)) },
}).inspect
