import { TotpFlowError } from '../../contract/errors.ts'
import { Sealed } from '../../contract/sealed.ts'

const LONGEST_CHAIN = 5

/** A code of the system or the database, such as `ECONNREFUSED`, `SQLITE_FULL` or `53300`. It holds nothing of a request. */
const isCode = (code: unknown): code is string =>
  typeof code === 'string' && /^[0-9A-Z][0-9A-Z_]{2,39}$/.test(code)

/** The outermost code that an error or one of its causes has. */
export function causeCode(thrown: unknown, left = LONGEST_CHAIN): string | undefined {
  try {
    if (left === 0) return undefined
    if (thrown instanceof Sealed) return causeCode(thrown.unseal(), left)
    if (!(thrown instanceof Error)) return undefined
    if (!(thrown instanceof TotpFlowError) && 'code' in thrown && isCode(thrown.code)) return thrown.code
    const all = thrown instanceof AggregateError ? [...thrown.errors, thrown.cause] : [thrown.cause]
    for (const cause of all) {
      const code = causeCode(cause, left - 1)
      if (code !== undefined) return code
    }
  } catch {
    // a foreign object may throw on any access
  }
  return undefined
}
