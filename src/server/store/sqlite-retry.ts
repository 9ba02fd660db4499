import { TotpFlowError } from '../../contract/errors.ts'
import type { Retry } from './sql-database.ts'
import { StoreUnavailable } from './unavailable.ts'

const BUSY_FOR_MS = 5000

/** The low byte is the kind; the rest is the reason (busy for recovery, for a snapshot). */
const KINDS: Readonly<Record<number, string>> = {
  3: 'SQLITE_PERM',
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  7: 'SQLITE_NOMEM',
  8: 'SQLITE_READONLY',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  19: 'SQLITE_CONSTRAINT',
  26: 'SQLITE_NOTADB',
}
/** Failures of the machine, which may pass. */
const OUTAGES = new Set([
  'SQLITE_BUSY',
  'SQLITE_LOCKED',
  'SQLITE_NOMEM',
  'SQLITE_READONLY',
  'SQLITE_IOERR',
  'SQLITE_FULL',
  'SQLITE_CANTOPEN',
])

/**
 * Retries while another connection is writing, since nothing was done then. SQLite's own `busy_timeout` would block the
 * whole process meanwhile, and forever if the other connection is in the same process.
 */
export const retryOnSqlite: Retry = async (_, work) => {
  const giveUpAt = performance.now() + BUSY_FOR_MS
  while (true) {
    try {
      return await work()
    } catch (error) {
      const kind = kindOf(error)
      // Node's own code says only that the error is SQLite's.
      if (error instanceof Error && kind !== undefined) Object.assign(error, { code: kind })
      if (kind !== 'SQLITE_BUSY' || performance.now() > giveUpAt)
        throw kind !== undefined && OUTAGES.has(kind)
          ? new StoreUnavailable(error)
          : TotpFlowError.from(error)
      await new Promise((resolve) => setTimeout(resolve, 1 + Math.random() * 10))
    }
  }
}

/** By the number that `node:sqlite` sets, or the name that other drivers use, such as `SQLITE_BUSY_SNAPSHOT`. */
function kindOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if ('errcode' in error && typeof error.errcode === 'number') return KINDS[error.errcode & 0xff]
  const named = 'code' in error ? /^SQLITE_[A-Z]+/.exec(String(error.code)) : null
  return named?.[0]
}
