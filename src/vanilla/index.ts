/**
 * A flow bound to plain HTML of yours: README.md#without-react. `createTotpFlow` stands here too, for pages with nothing else.
 *
 * @module totp-flow/vanilla
 */
export { createTotpFlow } from '../flow/create-totp-flow.ts'
export { bindTotpFlow } from './bind.ts'
