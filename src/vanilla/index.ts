/**
 * Binds a flow to your own HTML: docs/plain-html.md#your-own-html. Also exports `createTotpFlow`, so a page needs no other import.
 *
 * @module totp-flow/vanilla
 */
export { createTotpFlow } from '../flow/create-totp-flow.ts'
export { createGate, type GateScreen, type SignInGate } from '../ui/gate.ts'
export { type BindOptions, bindTotpFlow } from './bind.ts'
