import { createTotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'

/** One flow for as long as somebody is signed in. `memoryBackend()` is the real service, in the page: for a start. */
export const flow = createTotpFlow({ backend: memoryBackend() })

flow.subscribe(() => {
  const { state, detail, can, error } = flow.getView() // all that a screen needs
  console.log(state, detail ?? '', can.register ? 'can be set up' : '', error?.message ?? '')
})
flow.on('enrolled', ({ deviceId }) => console.log('set up', deviceId))
await flow.settled()
flow.register() // → getView().registration, sealed until you draw it; then flow.submitCode('123 456')
