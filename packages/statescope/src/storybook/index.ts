import { createInspector } from 'statescope'
import { addons } from 'storybook/preview-api'
import { MESSAGE } from './channel.ts'

/** For stories: an `inspect` that shows in the panel what their actors do. */
export const { inspect: panel } = createInspector({
  to: { receive: (message) => addons.getChannel().emit(MESSAGE, JSON.stringify(message)) },
})
