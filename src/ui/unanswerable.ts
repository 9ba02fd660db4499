import { TotpFlowError } from '../contract/errors.ts'
import type { TotpFlow } from '../flow/totp-flow.ts'

/**
 * For a UI that cannot answer the prompt: cancels the flow and tells the developer how to fix it. If the prompt was for a password,
 * the person also sees an error.
 */
export function unanswerable(flow: TotpFlow, what: 'password' | 'passkey', mend: string): void {
  const cause = new TypeError(`totp-flow: the backend asks for the user’s ${what}. ${mend}`)
  console.error(cause)
  flow.actor.send({ type: 'password.unavailable', error: new TotpFlowError('server', { cause }) })
  flow.cancel()
}
