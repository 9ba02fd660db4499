/**
 * Importing this module defines `<totp-flow>` with the form for the user's password, for a backend that takes one.
 *
 * @module totp-flow/element/password
 */
import './password.ts'
import './password-form.ts' // before the element, which draws it

export { TotpFlowElement } from './element.ts'

// Redraws elements that were drawn without the form.
for (const element of globalThis.document?.querySelectorAll('totp-flow') ?? [])
  if ('messages' in element) {
    const { messages } = element
    element.messages = messages
  }
