import { TotpFlowError } from '../../contract/errors.ts'
import type { Retry } from './sql-database.ts'

/**
 * What the database says when it has certainly done nothing: it rolled back for another transaction's sake
 * (serialization failure, deadlock), or never took the call (starting, stopping, full, not there).
 */
const NOT_DONE = new Set(['40001', '40P01', '57P03', '53300', 'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'])

/** What leaves open whether it was done: the connection broke, or the database cut it, before it answered. */
const UNKNOWN = new Set(['57P01', '57P02', '08000', '08003', '08006', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'])
const UNKNOWN_WORDS = /connection terminated|client has encountered a connection error|not queryable/i

/** A restart takes a second or two, and a conflict is over in milliseconds; the waits together stay below a caller's patience. */
const PAUSES_MS = [10, 40, 160, 400, 800]

/**
 * Runs the work again if it was certainly not done, or if doing it twice is the same as once.
 *
 * A commit whose answer was lost is neither: a code or a token may be consumed, a failure counted. A second run would
 * accept nothing twice, since it finds the step, the token or the code consumed; but it would tell the user "already used"
 * about a code that was never answered, and count a wrong code twice. So it ends in a retryable error that says so, and the
 * truth is in the database.
 */
export const retryOnPostgres: Retry = async (repeatable, work) => {
  for (const pause of [...PAUSES_MS, null]) {
    try {
      return await work()
    } catch (error) {
      const again = isIn(NOT_DONE, error) || (repeatable && isUnknown(error))
      if (!again || pause === null) throw TotpFlowError.from(error)
      await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random())))
    }
  }
  throw new TotpFlowError('server')
}

const isIn = (codes: ReadonlySet<string>, error: unknown) =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.has(error.code)

const isUnknown = (error: unknown) =>
  isIn(UNKNOWN, error) || (error instanceof Error && UNKNOWN_WORDS.test(error.message))
