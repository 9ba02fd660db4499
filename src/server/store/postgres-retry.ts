import { TotpFlowError } from '../../contract/errors.ts'
import type { Retry } from './sql-database.ts'
import { StoreUnavailable } from './unavailable.ts'

/** It rolled back in favor of another transaction: serialization failure, deadlock. */
const CONFLICTS = new Set(['40001', '40P01'])

/** What a database says of a prepared statement where a pooler lends out connections on which nobody prepared it, or others did. */
export const NOT_PREPARED: ReadonlySet<string> = new Set(['26000', '42P05'])

/**
 * Codes after which the database has certainly done nothing and may soon recover: it never accepted the call (starting,
 * stopping, full, unreachable), or it is read-only, like a former primary after a switchover.
 */
const NOT_NOW = new Set([
  '57P03',
  '53300',
  '25006',
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTCONN',
  ...NOT_PREPARED,
])

/** Codes that leave open whether the work was done: the connection broke, or the database closed it, before it answered. */
const UNKNOWN = new Set(['57P01', '57P02', '57P05', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'])
const isUnknownCode = (code: string) => UNKNOWN.has(code) || /^08(?!P)/.test(code)

/**
 * Outages that a retry cannot fix: out of disk or memory, too busy to answer in time, or closed to this node because
 * its password, its trust in the certificate or its privileges are out of date.
 */
const isOutageCode = (code: string) =>
  /^(?:28|53|58)|CERT|^UNABLE_TO_VERIFY/.test(code) || ['42501', '55P03', '57014', 'EAGAIN'].includes(code)

/** Errors that `pg` reports without a code. Nothing was sent over a connection that is not queryable. */
const WORDS: readonly [RegExp, string][] = [
  [/client password must be a/i, '28P01'],
  [/not queryable/i, 'ENOTCONN'],
  [/timeout exceeded when trying to connect/i, 'EAGAIN'], // all connections are in use, so a retry would add to the load
  [/connection timeout|read timeout/i, 'ETIMEDOUT'],
  [/connection terminated|client has encountered a connection error/i, 'ECONNRESET'],
]

/** Adds the system's code to errors that `pg` reports without one, for people who read logs. */
export function coded<Thrown>(error: Thrown): Thrown {
  if (!(error instanceof Error) || codeOf(error) !== '') return error
  const code = WORDS.find(([words]) => words.test(error.message))?.[1]
  return code === undefined ? error : Object.assign(error, { code })
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

/** A pooler's permanent refusals, in its own words. */
const REFUSED_BY_POOLER: readonly [RegExp, string][] = [
  [/parameter|packet|pkt|protocol|message|no such database/i, '08P01'],
  [/authentication failed|password|no such user|login rejected/i, '28000'],
]

/** A pooler's words for a call that it passed on, or may have: the connection behind it broke, or took too long. */
const PASSED_ON = /crashed|query[ _]timeout|transaction[ _]timeout|lifetime|closed|dropped|idle/i

/**
 * PgBouncer reports its own troubles as protocol violations (08P01). PostgreSQL names the routine that found a violation; a
 * pooler does not. Returns the code that a database would have reported instead.
 */
function meaningOf(error: unknown): string {
  const code = codeOf(error)
  const isPooler =
    code === '08P01' &&
    error instanceof Error &&
    'severity' in error &&
    error.severity === 'FATAL' &&
    !('routine' in error && error.routine)
  if (!isPooler) return code
  const refusal = REFUSED_BY_POOLER.find(([words]) => words.test(error.message))
  return refusal?.[1] ?? (PASSED_ON.test(error.message) ? 'ECONNRESET' : '57P03')
}

/** Errors from before a commit, or anything at all, was sent. */
const undone = new WeakSet<object>()

/** Records that the work was certainly not done, whatever the error leaves open. */
export function markUndone(error: unknown): void {
  if (error instanceof Error) undone.add(error)
}

const PAUSES_MS = [10, 40, 160, 400, 800]
/** Longer than a restart or a switchover of a few seconds, and shorter than a caller waits. */
const PATIENCE_MS = 5000

/**
 * Runs the work again if it was certainly not done, or if doing it twice equals doing it once.
 *
 * A commit whose answer was lost is neither: a code or a token may have been consumed, or a failure counted. A second
 * run would accept nothing twice, since it finds the step, the token or the code consumed. But it would tell the user
 * "already used" about a code that was never answered, or count a wrong code twice. So it ends in a retryable error,
 * and the truth is in the database.
 */
export const retryOnPostgres: Retry = async (repeatable, work, patience = PATIENCE_MS) => {
  const giveUpAt = performance.now() + patience
  for (let turn = 0; ; turn++) {
    try {
      return await work()
    } catch (thrown) {
      const error = coded(thrown)
      const code = meaningOf(error)
      const isOpen = isUnknownCode(code)
      const isUndone = NOT_NOW.has(code) || (isOpen && error instanceof Error && undone.has(error))
      const again = CONFLICTS.has(code) || isUndone || (isOpen && repeatable)
      const left = giveUpAt - performance.now()
      if (!again || left <= 0) throw said(error, code, isUndone || isOpen)
      const pause = (PAUSES_MS[Math.min(turn, PAUSES_MS.length - 1)] ?? 0) * (0.5 + Math.random())
      await new Promise((resolve) => setTimeout(resolve, Math.min(pause, left)))
    }
  }
}

const said = (error: unknown, code: string, isAway: boolean) =>
  (isAway || CONFLICTS.has(code) || isOutageCode(code)) && !(error instanceof TotpFlowError)
    ? new StoreUnavailable(error)
    : TotpFlowError.from(error)
