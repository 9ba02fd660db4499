/** `totp-flow/vanilla`: a flow bound to plain HTML. `createTotpFlow` stands here too, for pages with nothing else. */
export { createTotpFlow } from '../flow/create-totp-flow.ts'
export { bindTotpFlow } from './bind.ts'
