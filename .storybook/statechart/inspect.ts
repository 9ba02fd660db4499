/** For stories: shows what their actors do in the panel. */
import { addons } from 'storybook/preview-api'
import { createInspector } from 'totp-flow/inspect'
import { MESSAGE } from './channel.ts'

export const { inspect } = createInspector({
  to: { receive: (message) => addons.getChannel().emit(MESSAGE, JSON.stringify(message)) },
})
