/** `totp-flow/messages`: the words of the interface, in three languages. What is not imported is not shipped. */
export { ar } from './ar.ts'
export { de } from './de.ts'
export { dateAndTime, duration } from './duration.ts'
export { en } from './en.ts'
export type { Messages } from './messages.ts'
export { sentenceOf } from './sentence.ts'
