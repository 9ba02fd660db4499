/**
 * A Storybook panel with the chart of the machine that runs in a story: packages/statescope/README.md#in-storybook. Needs the
 * package `storybook`.
 *
 * @module statescope/storybook
 */
import { addons } from 'storybook/preview-api'
import { createInspector, type Inspector } from '../inspect/index.ts'
import { MESSAGE } from './channel.ts'

export { PANEL } from './channel.ts'

/** Shows the actors of stories in the Statechart panel. Pass it to them as the `inspect` option. */
export const inspect: Inspector['inspect'] = createInspector({
  to: { receive: (message) => addons.getChannel().emit(MESSAGE, JSON.stringify(message)) },
}).inspect
