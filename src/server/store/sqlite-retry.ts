import { TotpFlowError } from '../../contract/errors.ts'
import type { Retry } from './sql-database.ts'
import { StoreUnavailable } from './unavailable.ts'

const BUSY_FOR_MS = 5000

/** The low byte is the kind; the rest tells why (busy for recovery, for a snapshot). */
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
/** Those that are of the machine, and may end. */
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
 * Another connection is writing: nothing was done, so it is tried again. Not by SQLite's own `busy_timeout`, which would
 * stop the whole process for as long, and for good if the other connection is in this same process.
 */
export const retryOnSqlite: Retry = async (_, work) => {
  const giveUpAt = performance.now() + BUSY_FOR_MS
  while (true) {
    try {
      return await work()
    } catch (error) {
      const kind = kindOf(error)
      // Node's own code says no more than that it was SQLite.
      if (error instanceof Error && kind !== undefined) Object.assign(error, { code: kind })
      if (kind !== 'SQLITE_BUSY' || performance.now() > giveUpAt)
        throw kind !== undefined && OUTAGES.has(kind)
          ? new StoreUnavailable(error)
          : TotpFlowError.from(error)
      await new Promise((resolve) => setTimeout(resolve, 1 + Math.random() * 10))
    }
  }
}

/** By the number that `node:sqlite` gives, or by the name that other drivers do, such as `SQLITE_BUSY_SNAPSHOT`. */
function kindOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if ('errcode' in error && typeof error.errcode === 'number') return KINDS[error.errcode & 0xff]
  const named = 'code' in error ? /^SQLITE_[A-Z]+/.exec(String(error.code)) : null
  return named?.[0]
}
