/** `totp-flow/standalone/memory`: `memoryBackend` for a page with `totp-flow/standalone`. Serve both files from one folder. */
export { memoryBackend } from '../memory/index.ts'

// Keeps the code that both share in that file, without a third one.
import './totp-flow.ts'
