import type { TotpView } from '../flow/view.ts'
import { isSupported } from '../ui/passkeys-supported.ts'

/** What `data-totp-show` can name about passkeys. */
export function passkeyFacts({
  methods,
  checking,
  showsCodeField,
}: Pick<TotpView, 'methods' | 'checking' | 'showsCodeField'>) {
  const isTaken = methods.includes('passkey')
  const isAlone = isTaken && !showsCodeField
  return {
    /** A passkey may answer the prompt, and the browser has some to offer. */
    passkey: isTaken && isSupported(),
    /** So it is, and nothing else may answer. */
    'passkey-alone': isAlone && isSupported(),
    /** Nothing else may answer, and this browser has none. */
    'passkey-missing': isAlone && !isSupported(),
    /** The browser asks for it. */
    'passkey-open': checking === 'passkey',
  }
}
