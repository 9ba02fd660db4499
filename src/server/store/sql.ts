import { type ExpressionBuilder, type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import { TotpFlowError } from '../../contract/errors.ts'
import { migrate, pendingMigrations } from './migrations.ts'
import type {
  AddressCalls,
  CodeAttempt,
  CodeAttemptResult,
  Proof,
  ProvenAct,
  RecoveryAttempt,
  RecoveryAttemptResult,
  Refusal,
  SealedValue,
  Store,
  StoredDevice,
  StoredMfaToken,
  StoredSigningKey,
  ThrottlePolicy,
} from './store.ts'
import { SPENT_TOKEN_KEPT_MS } from './throttle.ts'

interface Tables {
  devices: {
    user_id: string
    id: string
    sealed_secret: string
    created_at: number
    verified_at: number | null
    last_step: number
    failures: number
    retry_at: number
    recovery_failures: number
    recovery_retry_at: number
    recovery_acknowledged: number
  }
  recovery_codes: { device_id: string; hash: string }
  mfa_tokens: { hash: string; user_id: string; expires_at: number }
  spent_tokens: { jti: string; expires_at: number }
  address_calls: { address: string; window_end: number; calls: number }
  signing_keys: {
    generation: number
    kid: string
    signs_from: number
    public_jwk: string
    sealed_private_jwk: string
  }
}
export type Database = Kysely<Tables>

/**
 * Runs a database's work again where that is safe. `repeatable`: doing it twice is the same as doing it once, so it may
 * also run again when the connection broke and nobody knows whether it was done.
 */
export type Retry = <Result>(repeatable: boolean, work: () => Promise<Result>) => Promise<Result>

/** Thrown inside a transaction to undo it and answer `result`. */
class Undo<Result> extends Error {
  readonly result: Result
  constructor(result: Result) {
    super('undone')
    this.result = result
  }
}

/**
 * The verbs in SQL that SQLite and PostgreSQL share. Each is one statement, or a transaction that begins by locking the
 * user's row. It speaks only what databases with PostgreSQL's protocol have in common: upserts, `returning`, row locks.
 */
export function sqlStore(db: Database, retry: Retry): Store {
  const read = <Result>(work: () => Promise<Result>) => retry(true, work)
  const once = <Result>(work: () => Promise<Result>) => retry(false, work)
  const inTransaction = <Result>(work: (trx: Transaction<Tables>) => Promise<Result>) =>
    once(() => undoable(db, work))

  return {
    prepare: (note = () => {}) => read(() => migrate(db, note)),
    pendingSteps: () => read(() => pendingMigrations(db)),
    async ping() {
      await read(() => sql`select 1`.execute(db))
    },

    async find(userId) {
      const row = await read(() =>
        db.selectFrom('devices').selectAll().where('user_id', '=', userId).executeTakeFirst(),
      )
      return row ? deviceFrom(row) : null
    },

    // The same id replaces the same pending device, so without a proof to spend it may run again.
    addPendingDevice: (device, proof, now) =>
      retry(proof === null, () =>
        undoable(db, async (trx) => {
          const { id, userId, sealedSecret, createdAt } = device
          const pending = {
            id,
            sealed_secret: sealedSecret,
            created_at: createdAt,
            verified_at: null,
            last_step: -1,
            recovery_acknowledged: 0,
          }
          const added = await trx
            .insertInto('devices')
            .values({ ...pending, ...NO_FAILURES, user_id: userId })
            .onConflict((conflict) =>
              conflict.column('user_id').doUpdateSet(pending).where('devices.verified_at', 'is', null),
            )
            .returning('id')
            .executeTakeFirst()
          if (!added) return 'device_limit'
          await pay(trx, userId, proof, now)
          return 'added'
        }),
      ),

    // Never run again blindly: the code may be spent already, and then a second run would call it used.
    attempt: (attempt) => once(() => attemptCode(db, attempt)),
    attemptRecovery: (attempt) => inTransaction((trx) => attemptRecoveryIn(trx, attempt)),

    recoveryCodesLeft: (deviceId) => read(() => codesLeft(db, deviceId)),
    replaceRecoveryCodes: (act, hashes) =>
      inTransaction(async (trx) => {
        const { userId, deviceId, now, proof } = act
        const locked = await trx
          .updateTable('devices')
          .set({ recovery_acknowledged: 0 })
          .where('user_id', '=', userId)
          .where('id', '=', deviceId)
          .where('verified_at', 'is not', null)
          .returning('id')
          .executeTakeFirst()
        if (!locked) return 'no_device'
        await pay(trx, userId, proof, now)
        await trx.deleteFrom('recovery_codes').where('device_id', '=', deviceId).execute()
        await addRecoveryCodes(trx, deviceId, hashes)
        return 'replaced'
      }),
    async acknowledgeRecoveryCodes(userId) {
      await read(() =>
        db
          .updateTable('devices')
          .set({ recovery_acknowledged: 1 })
          .where('user_id', '=', userId)
          .where('verified_at', 'is not', null)
          .execute(),
      )
    },
    removeDevice: (act) => inTransaction((trx) => removeIn(trx, act)),

    consumeToken: ({ jti, expiresAt }) => once(() => spend(db, jti, expiresAt)),
    isConsumed: (jti) =>
      read(async () => {
        const row = await db
          .selectFrom('spent_tokens')
          .select('jti')
          .where('jti', '=', jti)
          .executeTakeFirst()
        return row !== undefined
      }),

    async countCalls({ windowEnd, calls }) {
      const added = await Promise.all(
        inBatches(calls).map((batch) => once(() => addCalls(db, windowEnd, batch))),
      )
      return added.flat()
    },

    addSigningKey: ({ generation, kid, signsFrom, publicJwk, sealedPrivateJwk }) =>
      read(async () => {
        await db
          .insertInto('signing_keys')
          .values({
            generation,
            kid,
            signs_from: signsFrom,
            public_jwk: publicJwk,
            sealed_private_jwk: sealedPrivateJwk,
          })
          .onConflict((conflict) => conflict.doNothing())
          .execute()
        return signingKeys(db)
      }),
    signingKeys: () => read(() => signingKeys(db)),
    async dropSigningKey(kid) {
      await read(() => db.deleteFrom('signing_keys').where('kid', '=', kid).execute())
    },

    sealedDevices: ({ notBy, after, limit }) =>
      read(async () => {
        const rows = await db
          .selectFrom('devices')
          .select(['user_id', 'id', 'sealed_secret'])
          .where('user_id', '>', after)
          .where('sealed_secret', 'not like', `${notBy}.%`)
          .orderBy('user_id')
          .limit(limit)
          .execute()
        return rows.map(
          ({ user_id, id, sealed_secret }): SealedValue => ({
            kind: 'device',
            userId: user_id,
            id,
            sealed: sealed_secret,
          }),
        )
      }),
    countSealedDevices: (notBy) =>
      read(async () => {
        const { count } = await db
          .selectFrom('devices')
          .select((row) => row.fn.countAll<number>().as('count'))
          .where('sealed_secret', 'not like', `${notBy}.%`)
          .executeTakeFirstOrThrow()
        return Number(count)
      }),
    reseal: ({ kind, userId, id, sealed }, to) =>
      once(async () => {
        const { numUpdatedRows } =
          kind === 'device'
            ? await db
                .updateTable('devices')
                .set({ sealed_secret: to })
                .where('user_id', '=', userId)
                .where('id', '=', id)
                .where('sealed_secret', '=', sealed)
                .executeTakeFirst()
            : await db
                .updateTable('signing_keys')
                .set({ sealed_private_jwk: to })
                .where('kid', '=', id)
                .where('sealed_private_jwk', '=', sealed)
                .executeTakeFirst()
        return numUpdatedRows > 0n
      }),

    async sweep(now) {
      await once(async () => {
        await db
          .deleteFrom('spent_tokens')
          .where('expires_at', '<=', now - SPENT_TOKEN_KEPT_MS)
          .execute()
        await db.deleteFrom('mfa_tokens').where('expires_at', '<=', now).execute()
        await db.deleteFrom('address_calls').where('window_end', '<=', now).execute()
      })
    },
    close: () => db.destroy(),
  }
}

async function undoable<Result>(
  db: Database,
  work: (trx: Transaction<Tables>) => Promise<Result>,
): Promise<Result> {
  try {
    return await db.transaction().execute(work)
  } catch (error) {
    if (error instanceof Undo) return error.result
    throw error
  }
}

const NO_RECOVERY_FAILURES = { recovery_failures: 0, recovery_retry_at: 0 }
const NO_FAILURES = { failures: 0, retry_at: 0, ...NO_RECOVERY_FAILURES }

const deviceFrom = (row: Tables['devices']): StoredDevice => ({
  id: row.id,
  userId: row.user_id,
  sealedSecret: row.sealed_secret,
  createdAt: row.created_at,
  verifiedAt: row.verified_at,
  recoveryAcknowledged: row.recovery_acknowledged === 1,
  throttle: { failures: row.failures, retryAt: row.retry_at },
  recoveryThrottle: { failures: row.recovery_failures, retryAt: row.recovery_retry_at },
})

type DeviceExpressions = ExpressionBuilder<Tables, 'devices'>

/** Until when to wait after one failure more than the row counts, computed where the row is locked. */
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

/** The ceiling is for what is bound to a user already: a pending device guards nothing, and registering anew replaces it. */
const isBelow = (ceiling: number) => (row: DeviceExpressions) =>
  row.or([row('verified_at', 'is', null), row('failures', '<', ceiling)])

/**
 * One statement decides, counts and spends, so attempts in parallel are in some order, and each is judged by those before
 * it. When it touches no row, a look at the row says why; if that says nothing, the row changed in between: once more.
 */
async function attemptCode(db: Database, attempt: CodeAttempt): Promise<CodeAttemptResult> {
  const { step } = attempt
  for (let turn = 0; turn < 3; turn++) {
    const device = turn === 0 ? null : await lookAt(db, attempt)
    const isPending = device ? device.verified_at === null : attempt.recoveryHashes.length > 0
    const result =
      step === null ? await countWrong(db, attempt) : await acceptStep(db, attempt, step, isPending)
    if (result) return result
    const why = await whyNot(db, attempt)
    if (why) return why
  }
  throw new TotpFlowError('server')
}

const lookAt = (db: Database, { userId, deviceId }: { userId: string; deviceId: string }) =>
  db
    .selectFrom('devices')
    .selectAll()
    .where('user_id', '=', userId)
    .where('id', '=', deviceId)
    .executeTakeFirst()

async function countWrong(db: Database, attempt: CodeAttempt): Promise<Refusal | null> {
  const { userId, deviceId, now, throttle } = attempt
  const counted = await db
    .updateTable('devices')
    .set((row) => ({ failures: row('failures', '+', 1), retry_at: retryAtAfter('failures', now, throttle) }))
    .where('user_id', '=', userId)
    .where('id', '=', deviceId)
    .where('retry_at', '<=', now)
    .where(isBelow(throttle.ceiling))
    .returning('retry_at')
    .executeTakeFirst()
  return counted ? { outcome: 'wrong', retryAt: counted.retry_at } : null
}

async function acceptStep(
  db: Database,
  attempt: CodeAttempt,
  step: number,
  isPending: boolean,
): Promise<CodeAttemptResult | null> {
  const { userId, deviceId, now, throttle, recoveryHashes, mfaToken } = attempt
  const accept = async (on: Database) => {
    const accepted = await on
      .updateTable('devices')
      .set({ last_step: step, failures: 0, retry_at: 0, ...(isPending && { verified_at: now }) })
      .where('user_id', '=', userId)
      .where('id', '=', deviceId)
      .where('last_step', '<', step)
      .where('retry_at', '<=', now)
      .where(isBelow(throttle.ceiling))
      .where('verified_at', isPending ? 'is' : 'is not', null)
      .returning('id')
      .executeTakeFirst()
    return accepted ? ({ outcome: 'accepted', enrolled: isPending } as const) : null
  }
  if (!isPending && !mfaToken) return accept(db)
  return db.transaction().execute(async (trx) => {
    const accepted = await accept(trx)
    if (accepted && isPending) await addRecoveryCodes(trx, deviceId, recoveryHashes)
    if (accepted && mfaToken) await addMfaToken(trx, mfaToken)
    return accepted
  })
}

async function whyNot(db: Database, attempt: CodeAttempt): Promise<CodeAttemptResult | null> {
  const { now, step, throttle } = attempt
  const device = await lookAt(db, attempt)
  if (!device) return { outcome: 'gone' }
  if (device.retry_at > now) return { outcome: 'throttled', retryAt: device.retry_at }
  if (device.verified_at !== null && device.failures >= throttle.ceiling) return { outcome: 'locked' }
  return step !== null && device.last_step >= step ? { outcome: 'reused' } : null
}

async function attemptRecoveryIn(
  trx: Transaction<Tables>,
  attempt: RecoveryAttempt,
): Promise<RecoveryAttemptResult> {
  const { userId, deviceId, now, throttle, hashes, forgiving, mfaToken } = attempt
  const ofDevice = trx
    .updateTable('devices')
    .where('user_id', '=', userId)
    .where('id', '=', deviceId)
    .where('verified_at', 'is not', null)
  const counted = await ofDevice
    .set((row) => ({
      recovery_failures: row('recovery_failures', '+', 1),
      recovery_retry_at: retryAtAfter('recovery_failures', now, throttle),
    }))
    .where('recovery_retry_at', '<=', now)
    .where('recovery_failures', '<', throttle.ceiling)
    .returning('recovery_retry_at')
    .executeTakeFirst()
  if (!counted) {
    const device = await lookAt(trx, attempt)
    if (!device || device.verified_at === null) return { outcome: 'gone' }
    return device.recovery_failures >= throttle.ceiling
      ? { outcome: 'locked' }
      : { outcome: 'throttled', retryAt: device.recovery_retry_at }
  }
  const spent = await trx
    .deleteFrom('recovery_codes')
    .where('device_id', '=', deviceId)
    .where('hash', 'in', hashes)
    .returning('hash')
    .executeTakeFirst()
  if (!spent) return { outcome: 'wrong', retryAt: counted.recovery_retry_at }
  await ofDevice.set(forgiving.includes(spent.hash) ? NO_FAILURES : NO_RECOVERY_FAILURES).execute()
  if (mfaToken) await addMfaToken(trx, mfaToken)
  return { outcome: 'accepted', left: await codesLeft(trx, deviceId) }
}

async function codesLeft(db: Database, deviceId: string): Promise<number> {
  const { count } = await db
    .selectFrom('recovery_codes')
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('device_id', '=', deviceId)
    .executeTakeFirstOrThrow()
  return Number(count)
}

async function addRecoveryCodes(trx: Transaction<Tables>, deviceId: string, hashes: readonly string[]) {
  if (hashes.length === 0) return
  await trx
    .insertInto('recovery_codes')
    .values(hashes.map((hash) => ({ device_id: deviceId, hash })))
    .execute()
}

const addMfaToken = (trx: Transaction<Tables>, { hash, userId, expiresAt }: StoredMfaToken) =>
  trx.insertInto('mfa_tokens').values({ hash, user_id: userId, expires_at: expiresAt }).execute()

async function removeIn(trx: Transaction<Tables>, { userId, deviceId, now, proof }: ProvenAct) {
  const removed = await trx
    .deleteFrom('devices')
    .where('id', '=', deviceId)
    .where('user_id', '=', userId)
    .returning('id')
    .executeTakeFirst()
  await pay(trx, userId, proof, now)
  if (!removed) throw new Undo<'no_device'>('no_device')
  await trx.deleteFrom('recovery_codes').where('device_id', '=', deviceId).execute()
  await trx.deleteFrom('mfa_tokens').where('user_id', '=', userId).execute()
  return 'removed' as const
}

/** Spends the proof inside the transaction of the act that it pays for; undoes that act when it is spent already. */
async function pay(trx: Transaction<Tables>, userId: string, proof: Proof, now: number): Promise<void> {
  if (proof && 'jti' in proof && !(await spend(trx, proof.jti, proof.expiresAt))) {
    throw new Undo<'proof_refused'>('proof_refused')
  }
  if (proof && 'mfaTokenHash' in proof) {
    const token = await trx
      .deleteFrom('mfa_tokens')
      .where('hash', '=', proof.mfaTokenHash)
      .where('user_id', '=', userId)
      .where('expires_at', '>', now)
      .returning('hash')
      .executeTakeFirst()
    if (!token) throw new Undo<'proof_refused'>('proof_refused')
  }
}

async function spend(db: Database, jti: string, expiresAt: number): Promise<boolean> {
  const spent = await db
    .insertInto('spent_tokens')
    .values({ jti, expires_at: expiresAt })
    .onConflict((conflict) => conflict.doNothing())
    .returning('jti')
    .executeTakeFirst()
  return spent !== undefined
}

/** One statement takes so many rows at most: databases limit its parameters. */
const MOST_ROWS = 1024

/** In batches whose sizes are powers of two: of few lengths, since each makes a statement that the driver keeps. */
function inBatches(calls: readonly AddressCalls[]): AddressCalls[][] {
  // All nodes lock the rows in the same order, so none waits for one that waits for it.
  const left = calls.toSorted((a, b) => (a.address < b.address ? -1 : 1))
  const batches: AddressCalls[][] = []
  for (let size = MOST_ROWS; left.length > 0; ) {
    if (size > left.length) size /= 2
    else batches.push(left.splice(0, size))
  }
  return batches
}

const addCalls = (db: Database, windowEnd: number, batch: readonly AddressCalls[]): Promise<AddressCalls[]> =>
  db
    .insertInto('address_calls')
    .values(batch.map(({ address, calls }) => ({ address, window_end: windowEnd, calls })))
    .onConflict((conflict) =>
      conflict
        .columns(['address', 'window_end'])
        .doUpdateSet((row) => ({ calls: row('address_calls.calls', '+', row.ref('excluded.calls')) })),
    )
    .returning(['address', 'calls'])
    .execute()

async function signingKeys(db: Database): Promise<StoredSigningKey[]> {
  const rows = await db.selectFrom('signing_keys').selectAll().orderBy('generation', 'desc').execute()
  return rows.map(({ generation, kid, signs_from, public_jwk, sealed_private_jwk }) => ({
    generation,
    kid,
    signsFrom: signs_from,
    publicJwk: public_jwk,
    sealedPrivateJwk: sealed_private_jwk,
  }))
}
