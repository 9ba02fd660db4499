import { createTotpFlow } from 'totp-flow'
import { createInspector } from 'totp-flow/inspect'
import { memoryBackend } from 'totp-flow/memory'

const inspector = createInspector() // to the viewer of `npx totp-flow inspect`, on this machine
export const flow = createTotpFlow({ backend: memoryBackend(), inspect: inspector.inspect })
export const stop = () => inspector.stop()
