/**
 * The words of the interface, in English, German and Arabic. Give one of them, or a language of your own, to
 * `TotpFlowProvider`, `<totp-flow>` or `bindTotpFlow`. What is not imported is not shipped.
 *
 * @module totp-flow/messages
 */
export { ar } from './ar.ts'
export { de } from './de.ts'
export { dateAndTime, duration } from './duration.ts'
export { en } from './en.ts'
export type { Messages } from './messages.ts'
export { sentenceOf } from './sentence.ts'
