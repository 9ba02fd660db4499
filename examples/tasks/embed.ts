import { createTotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'

/** One flow for as long as somebody is signed in. For a start, `memoryBackend()` is the service, in the page and gone with it. */
export const flow = createTotpFlow({ backend: memoryBackend() })

flow.subscribe(() => {
  const { state, detail, can, error } = flow.getView() // all that a screen needs
  console.log(state, detail ?? '', can.register ? 'can be set up' : '', error?.message ?? '')
})
flow.on('enrolled', ({ deviceId }) => console.log('set up', deviceId))

/** For a button. After it, `getView().registration` is what to draw, sealed until then; and `flow.submitCode('123 456')`. */
export const setUp = () => flow.register()
