import { TotpFlowError } from '../../contract/errors.ts'
import { Sealed } from '../../contract/sealed.ts'

const LONGEST_CHAIN = 5

/** `ECONNREFUSED`, `SQLITE_FULL`, `53300`: a word of a system or a database, which holds nothing of a request. */
const isCode = (code: unknown): code is string =>
  typeof code === 'string' && /^[0-9A-Z][0-9A-Z_]{2,39}$/.test(code)

/** The cause's own code: the outermost that an error or its causes have. */
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
    // a stranger's object may throw at any touch
  }
  return undefined
}
