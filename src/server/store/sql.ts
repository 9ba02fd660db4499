import { type ExpressionBuilder, type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import { TotpFlowError } from '../../contract/errors.ts'
import { compiledOnce } from './compiled-once.ts'
import { migrate, pendingMigrations } from './migrations.ts'
import { generationAfter, mayRegister, SESSION_RULES_KEPT_MS } from './session-rules.ts'
import type {
  AddressCalls,
  CodeAttempt,
  CodeAttemptResult,
  Proof,
  RecoveryAttempt,
  RecoveryAttemptResult,
  Refusal,
  Removal,
  SealedValue,
  SessionRules,
  Standing,
  Store,
  StoredDevice,
  StoredMfaToken,
  StoredSigningKey,
  Throttle,
  ThrottlePolicy,
} from './store.ts'
import { longestWait, SPENT_TOKEN_KEPT_MS, waitsUntil } from './throttle.ts'

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
  /** Of the user `''`: what goes for the sessions of all. */
  session_rules: {
    user_id: string
    generation: number
    live_from: number
    registers_from: number
    spared_session: string | null
    changed_at: number
  }
  session_reserves: { session_id: string; kind: ReserveKind; failures: number; counts_until: number }
  signing_keys: {
    generation: number
    kid: string
    signs_from: number
    public_jwk: string
    sealed_private_jwk: string
  }
}
export type Database = Kysely<Tables>
type ReserveKind = 'code' | 'recovery'

/**
 * Runs a database's work again where that is safe. `repeatable`: doing it twice is the same as doing it once, so it may
 * also run again when the connection broke and nobody knows whether it was done.
 */
export type Retry = <Result>(repeatable: boolean, work: () => Promise<Result>) => Promise<Result>

/** Thrown inside a transaction to undo it and answer `result`. */
class Rollback<Result> extends Error {
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
    once(() => transaction(db, work))

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

    standing: (userId, sessionId) => read(() => standingOf(db, userId, sessionId)),

    // The same id replaces the same pending device, so without a proof to spend it may run again.
    addPendingDevice: (device, proof, now, session) =>
      retry(proof === null, () =>
        transaction(db, async (trx) => {
          const { id, userId, sealedSecret, createdAt } = device
          const rules = await lockRules(trx, userId, now)
          if (!mayRegister(session, rules)) {
            throw new Rollback<'session_too_old'>('session_too_old')
          }
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
          await consumeProof(trx, userId, proof, now)
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
        await consumeProof(trx, userId, proof, now)
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
    resetUser: ({ userId, now }) =>
      inTransaction(async (trx) => {
        await changeRules(trx, userId, now, endingAll)
        const removed = await trx
          .deleteFrom('devices')
          .where('user_id', '=', userId)
          .returning('id')
          .executeTakeFirst()
        if (removed) await forgetDevice(trx, userId, removed.id)
        return removed !== undefined
      }),
    endSessions: ({ userId, now }) =>
      inTransaction(async (trx) => {
        await changeRules(trx, userId, now, endingAll)
        await trx.deleteFrom('mfa_tokens').where('user_id', '=', userId).execute()
      }),
    async endSessionsBefore(moment) {
      const rules = { live_from: moment, changed_at: moment }
      await read(async () => {
        await db
          .insertInto('session_rules')
          .values({ ...rules, user_id: ALL_USERS, generation: 0, registers_from: 0, spared_session: null })
          .onConflict((conflict) =>
            conflict.column('user_id').doUpdateSet(rules).where('session_rules.live_from', '<', moment),
          )
          .execute()
        await db.deleteFrom('mfa_tokens').execute()
      })
    },

    consumeToken: ({ jti, expiresAt }) => once(() => consumeToken(db, jti, expiresAt)),
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
        await db
          .deleteFrom('session_rules')
          .where('changed_at', '<=', now - SESSION_RULES_KEPT_MS)
          .execute()
        await db.deleteFrom('session_reserves').where('counts_until', '<=', now).execute()
      })
    },
    close: () => db.destroy(),
  }
}

async function transaction<Result>(
  db: Database,
  work: (trx: Transaction<Tables>) => Promise<Result>,
): Promise<Result> {
  try {
    return await db.transaction().execute(work)
  } catch (error) {
    if (error instanceof Rollback) return error.result
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

const ALL_USERS = ''

type DeviceColumns = { [Column in keyof Tables['devices']]: Tables['devices'][Column] | null }
type RulesColumns = { [Column in keyof Tables['session_rules']]: Tables['session_rules'][Column] | null }

type StandingRow = DeviceColumns &
  Omit<RulesColumns, 'user_id'> & {
    begun_from: number | null
    ended: string | null
    own_failures: number | null
  }

const standingIn = (session: { columns: RawBuilder<unknown>; joins: RawBuilder<unknown> }, userId: string) =>
  sql<StandingRow>`select d.*, r.generation, r.live_from, r.registers_from, r.spared_session,
      every.live_from as begun_from, ${session.columns}
    from (select 1 as one) as always
    left join devices as d on d.user_id = ${userId}
    left join session_rules as r on r.user_id = ${userId}
    left join session_rules as every on every.user_id = ${ALL_USERS}
    ${session.joins}`

const standingOfUser = compiledOnce((db: Database, { userId }: { userId: string }) => ({
  compile: () =>
    standingIn({ columns: sql`null as ended, null as own_failures`, joins: sql`` }, userId).compile(db),
}))

const standingOfSession = compiledOnce(
  (db: Database, { userId, sessionId }: { userId: string; sessionId: string }) => ({
    compile: () =>
      standingIn(
        {
          columns: sql`spent.jti as ended, own.failures as own_failures`,
          joins: sql`left join spent_tokens as spent on spent.jti = ${sessionId}
            left join session_reserves as own on own.session_id = ${sessionId} and own.kind = 'code'`,
        },
        userId,
      ).compile(db),
  }),
)

/** One statement, so that the device and the rules are of one moment, and a request costs one read. */
async function standingOf(db: Database, userId: string, sessionId: string | null): Promise<Standing> {
  const [row] =
    sessionId === null
      ? await standingOfUser(db, { userId })
      : await standingOfSession(db, { userId, sessionId })
  if (!row) throw new TotpFlowError('server')
  return {
    device: isThere(row) ? deviceFrom(row) : null,
    rules: rulesFrom(row, row.begun_from),
    isEnded: row.ended !== null,
    hasFailed: row.own_failures !== null,
  }
}

/** What an outer join found: the columns that may hold nothing do so whether it did or not. */
const isThere = (row: DeviceColumns): row is Tables['devices'] => row.user_id !== null

const rulesFrom = (
  row: Omit<RulesColumns, 'user_id' | 'changed_at'>,
  begunFrom: number | null,
): SessionRules => ({
  generation: row.generation ?? 0,
  liveFrom: row.live_from ?? 0,
  registersFrom: row.registers_from ?? 0,
  spared: row.spared_session,
  begunFrom: begunFrom ?? 0,
})

const endingAll = (generation: number): Partial<SessionRules> => ({
  liveFrom: generation,
  registersFrom: generation,
})

/**
 * What registers, enrolls, removes or ends sessions comes here first, and so one after the other for each user: nothing of
 * a session that is over gets in between. The row is made where there is none, since none cannot be locked.
 */
async function lockRules(trx: Transaction<Tables>, userId: string, now: number): Promise<SessionRules> {
  const none = { generation: 0, live_from: 0, registers_from: 0, spared_session: null }
  const row = await trx
    .insertInto('session_rules')
    .values({ ...none, user_id: userId, changed_at: now })
    .onConflict((conflict) =>
      conflict.column('user_id').doUpdateSet((of) => ({ changed_at: of.ref('session_rules.changed_at') })),
    )
    .returningAll()
    .executeTakeFirstOrThrow()
  return rulesFrom(row, 0)
}

async function changeRules(
  trx: Transaction<Tables>,
  userId: string,
  now: number,
  change: (generation: number) => Partial<SessionRules>,
): Promise<void> {
  const before = await lockRules(trx, userId, now)
  const generation = generationAfter(before.generation, now)
  const { liveFrom, registersFrom, spared } = { ...before, spared: null, ...change(generation) }
  await trx
    .updateTable('session_rules')
    .set({
      generation,
      live_from: liveFrom,
      registers_from: registersFrom,
      spared_session: spared,
      changed_at: now,
    })
    .where('user_id', '=', userId)
    .execute()
}

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

/** See `waitsUntil`, as a condition. `latest` is when the longest wait that begins now would end. */
const takes =
  (column: 'retry_at' | 'recovery_retry_at', { now, latest }: { now: number; latest: number }) =>
  (row: DeviceExpressions) =>
    row.or([row(column, '<=', now), row(column, '>', latest)])

const latestOf = (now: number, policy: ThrottlePolicy) => ({ now, latest: now + longestWait(policy) })

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
    if (why?.outcome === 'throttled' || why?.outcome === 'locked') return attemptOnReserve(db, attempt, why)
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
  const { userId, deviceId, now, throttle, reserve } = attempt
  const count = async (on: Database): Promise<number | null> => {
    const counted = await on
      .updateTable('devices')
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

const spendStep = (db: Database, given: Step) =>
  db
    .updateTable('devices')
    .set({ last_step: given.step, failures: 0, retry_at: 0 })
    .where('user_id', '=', given.userId)
    .where('id', '=', given.deviceId)
    .where('last_step', '<', given.step)
    .where(takes('retry_at', given))
    .where(isBelow(given.ceiling))
    .returning('id')

const verifyStep = compiledOnce((db: Database, given: Step) =>
  spendStep(db, given).where('verified_at', 'is not', null),
)
const enrollStep = compiledOnce((db: Database, given: Step) =>
  spendStep(db, given).set({ verified_at: given.now }).where('verified_at', 'is', null),
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

async function whyNot(db: Database, attempt: CodeAttempt): Promise<CodeAttemptResult | null> {
  const { step } = attempt
  const device = await lookAt(db, attempt)
  if (!device) return { outcome: 'gone' }
  const bar = barOf(deviceFrom(device).throttle, attempt, device.verified_at !== null)
  if (bar) return bar
  return step !== null && device.last_step >= step ? { outcome: 'reused' } : null
}

function barOf(
  counted: Throttle,
  { now, throttle }: Pick<CodeAttempt, 'now' | 'throttle'>,
  isVerified: boolean,
): Bar | null {
  const retryAt = waitsUntil(counted, throttle, now)
  if (retryAt !== null) return { outcome: 'throttled', retryAt }
  return isVerified && counted.failures >= throttle.ceiling ? { outcome: 'locked' } : null
}
type Bar = Extract<Refusal, { outcome: 'throttled' | 'locked' }>

/**
 * Others used up what the device takes; the session in which it was verified before has not. Its failure is counted first,
 * which locks its row, so that attempts in parallel are in some order; a right code takes it back.
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
      .updateTable('devices')
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

/**
 * Counts a failure of the session. Answers until when it has to wait: 0 as long as something is left, then as others do;
 * `null`, with nothing counted, where `isLimited` and nothing was left.
 */
async function failOnReserve(
  trx: Transaction<Tables>,
  kind: ReserveKind,
  { sessionId, now, throttle: { reserve } }: Pick<CodeAttempt, 'now' | 'throttle'> & { sessionId: string },
  retryAt: number,
  { isLimited = false } = {},
): Promise<number | null> {
  const countsUntil = now + reserve.milliseconds
  /** Also what lies further ahead: it was written by a clock that was fast. */
  const isOverIn = (row: ExpressionBuilder<Tables, 'session_reserves'>) =>
    row.or([
      row('session_reserves.counts_until', '<=', now),
      row('session_reserves.counts_until', '>', countsUntil),
    ])
  const counted = await trx
    .insertInto('session_reserves')
    .values({ session_id: sessionId, kind, failures: 1, counts_until: countsUntil })
    .onConflict((conflict) =>
      conflict
        .columns(['session_id', 'kind'])
        .doUpdateSet((row) => ({
          failures: row
            .case()
            .when(isOverIn(row))
            .then(1)
            .else(row('session_reserves.failures', '+', 1))
            .end(),
          counts_until: countsUntil,
        }))
        .where((row) =>
          row.or([
            row.lit(!isLimited),
            row('session_reserves.failures', '<', reserve.failures),
            isOverIn(row),
          ]),
        ),
    )
    .returning('failures')
    .executeTakeFirst()
  if (!counted) return null
  return counted.failures < reserve.failures ? 0 : retryAt
}

const refillReserve = (trx: Transaction<Tables>, kind: ReserveKind, { sessionId }: { sessionId: string }) =>
  trx.deleteFrom('session_reserves').where('session_id', '=', sessionId).where('kind', '=', kind).execute()

const retryAtOf = (bar: Bar) => (bar.outcome === 'throttled' ? bar.retryAt : 0)

async function attemptRecoveryIn(
  trx: Transaction<Tables>,
  attempt: RecoveryAttempt,
): Promise<RecoveryAttemptResult> {
  const { userId, deviceId, now, throttle, hashes, forgiving, mfaToken, reserve } = attempt
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
    .where(takes('recovery_retry_at', latestOf(now, throttle)))
    .where('recovery_failures', '<', throttle.ceiling)
    .returning('recovery_retry_at')
    .executeTakeFirst()
  let retryAt: number | null = counted?.recovery_retry_at ?? 0
  if (!counted) {
    const device = await lookAt(trx, attempt)
    if (!device || device.verified_at === null) return { outcome: 'gone' }
    const bar = barOf(deviceFrom(device).recoveryThrottle, attempt, true)
    if (!bar) throw new TotpFlowError('server') // the row changed in between: the next try finds it as it is
    if (!reserve) return bar
    const own = { ...attempt, ...reserve }
    retryAt = await failOnReserve(trx, 'recovery', own, retryAtOf(bar), { isLimited: true })
    if (retryAt === null) return bar
  } else if (reserve) {
    retryAt = await failOnReserve(trx, 'recovery', { ...attempt, ...reserve }, retryAt)
  }
  const spent = await trx
    .deleteFrom('recovery_codes')
    .where('device_id', '=', deviceId)
    .where('hash', 'in', hashes)
    .returning('hash')
    .executeTakeFirst()
  if (!spent) return { outcome: 'wrong', retryAt: retryAt ?? 0 }
  if (reserve) await refillReserve(trx, 'recovery', reserve)
  const forgave = forgiving.includes(spent.hash)
  await ofDevice.set(forgave ? NO_FAILURES : NO_RECOVERY_FAILURES).execute()
  if (mfaToken) await addMfaToken(trx, mfaToken)
  return { outcome: 'accepted', left: await codesLeft(trx, deviceId), forgave }
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

async function removeIn(
  trx: Transaction<Tables>,
  { userId, deviceId, now, proof, sessionId, endsOthers }: Removal,
) {
  await changeRules(trx, userId, now, (generation) => ({
    registersFrom: generation,
    spared: sessionId,
    ...(endsOthers && { liveFrom: generation }),
  }))
  const removed = await trx
    .deleteFrom('devices')
    .where('id', '=', deviceId)
    .where('user_id', '=', userId)
    .returning('id')
    .executeTakeFirst()
  await consumeProof(trx, userId, proof, now)
  if (!removed) throw new Rollback<'no_device'>('no_device')
  await forgetDevice(trx, userId, deviceId)
  return 'removed' as const
}

/** What goes with a device that is removed. */
async function forgetDevice(trx: Transaction<Tables>, userId: string, deviceId: string): Promise<void> {
  await trx.deleteFrom('recovery_codes').where('device_id', '=', deviceId).execute()
  await trx.deleteFrom('mfa_tokens').where('user_id', '=', userId).execute()
}

/** Spends the proof inside the transaction of the act that it pays for; undoes that act when it is spent already. */
async function consumeProof(
  trx: Transaction<Tables>,
  userId: string,
  proof: Proof,
  now: number,
): Promise<void> {
  if (proof && 'jti' in proof && !(await consumeToken(trx, proof.jti, proof.expiresAt))) {
    throw new Rollback<'proof_refused'>('proof_refused')
  }
  if (proof && 'mfaTokenHash' in proof) {
    const token = await trx
      .deleteFrom('mfa_tokens')
      .where('hash', '=', proof.mfaTokenHash)
      .where('user_id', '=', userId)
      .where('expires_at', '>', now)
      .returning('hash')
      .executeTakeFirst()
    if (!token) throw new Rollback<'proof_refused'>('proof_refused')
  }
}

async function consumeToken(db: Database, jti: string, expiresAt: number): Promise<boolean> {
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
