import type { TotpView } from '../flow/view.ts'
import type { Messages } from '../messages/messages.ts'
import { passkeyWords } from '../messages/passkeys/words-in.ts'
import { isSupported } from '../ui/passkeys-supported.ts'

/** What `data-totp-show` can name about passkeys. */
export function passkeyFacts({
  methods,
  checking,
  showsCodeField,
}: Pick<TotpView, 'methods' | 'checking' | 'showsCodeField'>) {
  const isTaken = methods.includes('passkey')
  return {
    /** A passkey may answer the prompt, and the browser supports passkeys. */
    passkey: isTaken && isSupported(),
    /** Only a passkey may answer. */
    'passkey-alone': isTaken && !showsCodeField,
    /** The browser is asking for the passkey. */
    'passkey-open': checking === 'passkey',
  }
}

/** The hint of a prompt that only a passkey may answer. */
export const passkeyHint = (messages: Messages): string =>
  isSupported() ? passkeyWords(messages).hint : messages.errors.passkey_unsupported
