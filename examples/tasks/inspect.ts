import { createInspector } from 'statescope'
import { createTotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'

const inspector = createInspector() // to the viewer of `npx statescope`, on this machine
export const flow = createTotpFlow({ backend: memoryBackend(), inspect: inspector.inspect })
export const stop = () => inspector.stop()
