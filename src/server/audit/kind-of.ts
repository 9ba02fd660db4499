import { TotpFlowError } from '../../contract/errors.ts'
import { Sealed } from '../../contract/sealed.ts'
import { causeCode } from './cause-code.ts'

/** An error's name and code, without its message, which may quote the request. */
export function kindOf(thrown: unknown): string {
  const cause =
    thrown instanceof TotpFlowError && thrown.cause instanceof Sealed ? thrown.cause.unseal() : thrown
  if (!(cause instanceof Error)) return 'unknown'
  const code = causeCode(cause)
  return code === undefined ? cause.name : `${cause.name} ${code}`
}
