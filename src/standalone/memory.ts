/** `totp-flow/standalone/memory`: `memoryBackend` for such a page; lies next to the file of `totp-flow/standalone`. */
export { memoryBackend } from '../memory/index.ts'

// What the two share is then in that file, and in no third one.
import './totp-flow.ts'
