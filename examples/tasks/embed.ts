import { createTotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'

/** One flow per signed-in user. `memoryBackend()` runs the whole service in the page; nothing survives a reload. */
export const flow = createTotpFlow({ backend: memoryBackend() })

flow.subscribe(() => {
  const { state, detail, can, error } = flow.getView() // all that a screen needs
  console.log(state, detail ?? '', can.register ? 'can be set up' : '', error?.message ?? '')
})
flow.on('enrolled', ({ deviceId }) => console.log('set up', deviceId))

/** For a button. Then draw `getView().registration`, and pass what people type to `flow.submitCode('123 456')`. */
export const setUp = () => flow.register()
