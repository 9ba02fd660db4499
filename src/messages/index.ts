/**
 * The words of the interface in English, German, Arabic, Spanish, French, Japanese and Brazilian Portuguese. Pass one of them, or
 * your own language, to `TotpFlowProvider`, `<totp-flow>` or `bindTotpFlow`. Languages that you do not import are not bundled. No
 * native speaker has reviewed the last four yet.
 *
 * @module totp-flow/messages
 */
export { ar } from './ar.ts'
export { de } from './de.ts'
export { dateAndTime, duration } from './duration.ts'
export { en } from './en.ts'
export { es } from './es.ts'
export { fr } from './fr.ts'
export { ja } from './ja.ts'
export type { Messages } from './messages.ts'
export { ptBR } from './pt-br.ts'
export { sentenceOf } from './sentence.ts'
