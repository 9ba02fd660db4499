import { type ExpressionBuilder, type RawBuilder, sql, type Transaction } from 'kysely'
import { TotpFlowError } from '../../contract/errors.ts'
import { compiledOnce } from './compiled-once.ts'
import { mayRegister } from './session-rules.ts'
import { type Database, deviceFrom, NO_FAILURES, Rollback, type Tables, transaction } from './sql-database.ts'
import { addRecoveryCodes, codesLeft } from './sql-devices.ts'
import { addMfaToken } from './sql-proofs.ts'
import { failOnReserve, refillReserve } from './sql-reserves.ts'
import { lockRules } from './sql-sessions.ts'
import type {
  CodeAttempt,
  CodeAttemptResult,
  RecoveryAttempt,
  RecoveryAttemptResult,
  Refusal,
  Throttle,
  ThrottlePolicy,
} from './store.ts'
import { longestWait, waitsUntil } from './throttle.ts'

/**
 * One statement decides, counts and consumes, so parallel attempts have an order, and each is judged by those before
 * it. If it changes no row, reading the row shows why. If that explains nothing, the row changed meanwhile, and the
 * attempt is retried.
 */
export async function attemptCode(db: Database, attempt: CodeAttempt): Promise<CodeAttemptResult> {
  const { step } = attempt
  let { isPending } = attempt
  for (let turn = 0; turn < 3; turn++) {
    const result =
      step === null ? await countWrong(db, attempt) : await acceptStep(db, attempt, step, isPending)
    if (result) return result
    const device = await lookAt(db, attempt)
    if (!device) return { outcome: 'gone' }
    const bar = barOf(deviceFrom(device).throttle, attempt, device.verified_at !== null)
    if (bar) return attemptOnReserve(db, attempt, bar)
    if (step !== null && device.last_step >= step) return { outcome: 'reused' }
    isPending = device.verified_at === null
  }
  throw new TotpFlowError('server')
}

const lookAt = (db: Database, { userId, deviceId }: { userId: string; deviceId: string }) =>
  db
    .selectFrom('totp_flow_devices')
    .selectAll()
    .where('user_id', '=', userId)
    .where('id', '=', deviceId)
    .executeTakeFirst()

async function countWrong(db: Database, attempt: CodeAttempt): Promise<Refusal | null> {
  const { userId, deviceId, now, throttle, reserve } = attempt
  const count = async (on: Database): Promise<number | null> => {
    const counted = await on
      .updateTable('totp_flow_devices')
      .set((row) => ({
        failures: row('failures', '+', 1),
        retry_at: retryAtAfter('failures', now, throttle),
      }))
      .where('user_id', '=', userId)
      .where('id', '=', deviceId)
      .where(takes('retry_at', latestOf(now, throttle)))
      .where(isBelow(throttle.ceiling))
      .returning('retry_at')
      .executeTakeFirst()
    return counted?.retry_at ?? null
  }
  const retryAt = reserve
    ? await db.transaction().execute(async (trx) => {
        const bars = await count(trx)
        return bars === null ? null : failOnReserve(trx, 'code', { ...attempt, ...reserve }, bars)
      })
    : await count(db)
  return retryAt === null ? null : { outcome: 'wrong', retryAt }
}

interface Step {
  userId: string
  deviceId: string
  step: number
  now: number
  latest: number
  ceiling: number
}

const consumeStep = (db: Database, given: Step) =>
  db
    .updateTable('totp_flow_devices')
    .set({ last_step: given.step, failures: 0, retry_at: 0 })
    .where('user_id', '=', given.userId)
    .where('id', '=', given.deviceId)
    .where('last_step', '<', given.step)
    .where(takes('retry_at', given))
    .where(isBelow(given.ceiling))
    .returning('id')

const verifyStep = compiledOnce((db: Database, given: Step) =>
  consumeStep(db, given).where('verified_at', 'is not', null),
)

const enrollStep = compiledOnce((db: Database, given: Step) =>
  consumeStep(db, given).set({ verified_at: given.now }).where('verified_at', 'is', null),
)

async function acceptStep(
  db: Database,
  attempt: CodeAttempt,
  step: number,
  isPending: boolean,
): Promise<CodeAttemptResult | null> {
  const { userId, deviceId, now, throttle, recoveryHashes, mfaToken, reserve } = attempt
  const accept = async (on: Database) => {
    const given = { userId, deviceId, step, ceiling: throttle.ceiling, ...latestOf(now, throttle) }
    const [accepted] = await (isPending ? enrollStep : verifyStep)(on, given)
    return accepted ? ({ outcome: 'accepted', enrolled: isPending } as const) : null
  }
  if (!isPending && !mfaToken && !reserve?.hasFailed) return accept(db)
  return transaction<CodeAttemptResult | null>(db, async (trx) => {
    if (isPending && !mayRegister(attempt.session, await lockRules(trx, userId, now))) {
      throw new Rollback<CodeAttemptResult>({ outcome: 'gone' })
    }
    const accepted = await accept(trx)
    if (accepted && isPending) await addRecoveryCodes(trx, deviceId, recoveryHashes)
    if (accepted && mfaToken) await addMfaToken(trx, mfaToken)
    if (accepted && reserve) await refillReserve(trx, 'code', reserve)
    return accepted
  })
}

/**
 * Other sessions have used up the device's attempts, but not this one, in which the device was verified before. Counts
 * its failure first, which locks its row, so that parallel attempts have an order. A right code takes the failure back.
 */
async function attemptOnReserve(db: Database, attempt: CodeAttempt, bar: Bar): Promise<CodeAttemptResult> {
  const { userId, deviceId, step, mfaToken, reserve } = attempt
  if (!reserve) return bar
  const own = { ...attempt, ...reserve }
  return transaction<CodeAttemptResult>(db, async (trx) => {
    const retryAt = await failOnReserve(trx, 'code', own, retryAtOf(bar), { isLimited: true })
    if (retryAt === null) return bar
    if (step === null) return { outcome: 'wrong', retryAt }
    const accepted = await trx
      .updateTable('totp_flow_devices')
      .set({ last_step: step, failures: 0, retry_at: 0 })
      .where('user_id', '=', userId)
      .where('id', '=', deviceId)
      .where('verified_at', 'is not', null)
      .where('last_step', '<', step)
      .returning('id')
      .executeTakeFirst()
    if (!accepted) {
      const isThere = await lookAt(trx, attempt)
      throw new Rollback<CodeAttemptResult>(isThere ? { outcome: 'reused' } : { outcome: 'gone' })
    }
    await refillReserve(trx, 'code', reserve)
    if (mfaToken) await addMfaToken(trx, mfaToken)
    return { outcome: 'accepted', enrolled: false }
  })
}

export async function attemptRecoveryIn(
  trx: Transaction<Tables>,
  attempt: RecoveryAttempt,
): Promise<RecoveryAttemptResult> {
  const { userId, deviceId, now, throttle, hashes, mfaToken, reserve } = attempt
  const ofDevice = trx
    .updateTable('totp_flow_devices')
    .where('user_id', '=', userId)
    .where('id', '=', deviceId)
    .where('verified_at', 'is not', null)
  const counted = await ofDevice
    .set((row) => ({
      recovery_failures: row('recovery_failures', '+', 1),
      recovery_retry_at: retryAtAfter('recovery_failures', now, throttle),
    }))
    .where(takes('recovery_retry_at', latestOf(now, throttle)))
    .where('recovery_failures', '<', throttle.ceiling)
    .returning('recovery_retry_at')
    .executeTakeFirst()
  let retryAt: number | null = counted?.recovery_retry_at ?? 0
  if (!counted) {
    const device = await lookAt(trx, attempt)
    if (!device || device.verified_at === null) return { outcome: 'gone' }
    const bar = barOf(deviceFrom(device).recoveryThrottle, attempt, true)
    if (!bar) throw new TotpFlowError('server') // the row changed meanwhile; a retry reads its new state
    if (!reserve) return bar
    const own = { ...attempt, ...reserve }
    retryAt = await failOnReserve(trx, 'recovery', own, retryAtOf(bar), { isLimited: true })
    if (retryAt === null) return bar
  } else if (reserve) {
    retryAt = await failOnReserve(trx, 'recovery', { ...attempt, ...reserve }, retryAt)
  }
  const spent = await trx
    .deleteFrom('totp_flow_recovery_codes')
    .where('device_id', '=', deviceId)
    .where('hash', 'in', hashes)
    .returning('hash')
    .executeTakeFirst()
  if (!spent) return { outcome: 'wrong', retryAt: retryAt ?? 0 }
  if (reserve) await refillReserve(trx, 'recovery', reserve)
  await ofDevice.set(NO_FAILURES).execute()
  if (mfaToken) await addMfaToken(trx, mfaToken)
  return { outcome: 'accepted', left: await codesLeft(trx, deviceId) }
}

type DeviceExpressions = ExpressionBuilder<Tables, 'totp_flow_devices'>

/** Until when to wait after one more failure, computed in the statement that locks the row. */
function retryAtAfter(
  failures: 'failures' | 'recovery_failures',
  now: number,
  { waits }: ThrottlePolicy,
): RawBuilder<number> {
  const steps = waits.map((wait, index) =>
    wait === 0
      ? sql`when ${sql.ref(failures)} = ${sql.lit(index)} then 0`
      : sql`when ${sql.ref(failures)} = ${sql.lit(index)} then cast(${now} as bigint) + ${sql.lit(wait)}`,
  )
  return sql<number>`case ${sql.join(steps, sql` `)} else cast(${now} as bigint) + ${sql.lit(waits.at(-1) ?? 0)} end`
}

/** The condition that `waitsUntil` checks, in SQL. `latest` is when the longest wait that begins now would end. */
const takes =
  (column: 'retry_at' | 'recovery_retry_at', { now, latest }: { now: number; latest: number }) =>
  (row: DeviceExpressions) =>
    row.or([row(column, '<=', now), row(column, '>', latest)])

const latestOf = (now: number, policy: ThrottlePolicy) => ({ now, latest: now + longestWait(policy) })

/** The limit protects a verified device. A pending one protects nothing yet, and registering again replaces it. */
const isBelow = (ceiling: number) => (row: DeviceExpressions) =>
  row.or([row('verified_at', 'is', null), row('failures', '<', ceiling)])

type Bar = Extract<Refusal, { outcome: 'throttled' | 'locked' }>

function barOf(
  counted: Throttle,
  { now, throttle }: Pick<CodeAttempt, 'now' | 'throttle'>,
  isVerified: boolean,
): Bar | null {
  const retryAt = waitsUntil(counted, throttle, now)
  if (retryAt !== null) return { outcome: 'throttled', retryAt }
  return isVerified && counted.failures >= throttle.ceiling ? { outcome: 'locked' } : null
}

const retryAtOf = (bar: Bar) => (bar.outcome === 'throttled' ? bar.retryAt : 0)
