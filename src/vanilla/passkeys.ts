/**
 * Importing this module lets `bindTotpFlow` bind a button that answers a prompt with a passkey
 * (`data-totp-do="submit-passkey"`). `showPasskeys` lists the passkeys of the account: docs/plain-html.md.
 *
 * @module totp-flow/vanilla/passkeys
 */
import { passkeyWords } from '../messages/passkeys/words-in.ts'
import { passkeyFacts, passkeyHint } from '../passkeys/passkey-facts.ts'
import { optional } from './optional.ts'
import { verbs } from './verbs.ts'

export { bindTotpFlow } from './bind.ts'
export { type ShowPasskeysOptions, showPasskeys } from './show-passkeys.ts'

verbs['submit-passkey'] = ({ flow }) => flow.submitPasskey()
optional.addPasskeys = (presentation, view, messages) => {
  const facts = passkeyFacts(view)
  const isOpen = facts['passkey-open']
  return {
    ...presentation,
    ...(facts['passkey-alone'] && { texts: { ...presentation.texts, hint: passkeyHint(messages) } }),
    shown: { ...presentation.shown, ...facts },
    enabled: { ...presentation.enabled, 'submit-passkey': view.can.submitPasskey || isOpen },
    busy: { ...presentation.busy, 'submit-passkey': isOpen },
  }
}
optional.addPasskeyWords = (messages) => ({ ...messages, passkeys: passkeyWords(messages) })
