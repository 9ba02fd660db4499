import { TotpFlowError } from '../contract/errors.ts'
import type { TotpFlow } from '../flow/totp-flow.ts'

/**
 * For a face that has no form for the password which the backend takes: leaves what was begun, with an error that people see,
 * and tells the developer what to do.
 */
export function passwordUnavailable(flow: TotpFlow, mend: string): void {
  const cause = new TypeError(`totp-flow: the backend asks for the user’s password. ${mend}`)
  console.error(cause)
  flow.actor.send({ type: 'password.unavailable', error: new TotpFlowError('server', { cause }) })
}
