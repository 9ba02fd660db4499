/**
 * The words about passkeys, in the languages of `totp-flow/messages` and with the same names: `{ ...de, passkeys: passkeysDe }`.
 * Languages that you do not import are not bundled; English comes with the passkey UIs. No native speaker has reviewed those in
 * Arabic, Spanish, French, Japanese and Brazilian Portuguese yet.
 *
 * @module totp-flow/messages/passkeys
 */
export { ar } from './ar.ts'
export { de } from './de.ts'
export { en } from './en.ts'
export { es } from './es.ts'
export { fr } from './fr.ts'
export { ja } from './ja.ts'
export type { PasskeyMessages } from './messages.ts'
export { ptBR } from './pt-br.ts'
