import { TotpFlowError } from '../contract/errors.ts'
import type { TotpFlow } from '../flow/totp-flow.ts'

/**
 * For a face that has nothing to answer the prompt with: leaves what was begun, with an error that people see where it was a
 * password, and tells the developer what to do.
 */
export function unanswerable(flow: TotpFlow, what: 'password' | 'passkey', mend: string): void {
  const cause = new TypeError(`totp-flow: the backend asks for the user’s ${what}. ${mend}`)
  console.error(cause)
  flow.actor.send({ type: 'password.unavailable', error: new TotpFlowError('server', { cause }) })
  flow.cancel()
}
