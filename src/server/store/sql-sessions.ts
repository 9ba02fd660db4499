import { type RawBuilder, sql, type Transaction } from 'kysely'
import { TotpFlowError } from '../../contract/errors.ts'
import { compiledOnce } from './compiled-once.ts'
import { generationAfter } from './session-rules.ts'
import { type Database, deviceFrom, type Tables } from './sql-database.ts'
import type { SessionRules, Standing } from './store.ts'

export const ALL_USERS = ''

type DeviceRow = Omit<Tables['totp_flow_devices'], 'last_step'>
type DeviceColumns = { [Column in keyof DeviceRow]: DeviceRow[Column] | null }

type RulesColumns = {
  [Column in keyof Tables['totp_flow_session_rules']]: Tables['totp_flow_session_rules'][Column] | null
}

type StandingRow = DeviceColumns &
  Omit<RulesColumns, 'user_id'> & {
    begun_from: number | null
    ended: string | null
    own_failures: number | null
    passkey_id: string | null
  }

/** Columns by name: a prepared statement that selects all of them fails once a later version of the schema adds one. */
const standingIn = (session: { columns: RawBuilder<unknown>; joins: RawBuilder<unknown> }, userId: string) =>
  sql<StandingRow>`select d.user_id, d.id, d.sealed_secret, d.created_at, d.verified_at, d.failures, d.retry_at,
      d.recovery_failures, d.recovery_retry_at, d.recovery_acknowledged, r.generation, r.live_from, r.registers_from, r.spared_session,
      every.live_from as begun_from, p.id as passkey_id, ${session.columns}
    from (select 1 as one) as always
    left join totp_flow_devices as d on d.user_id = ${userId}
    left join totp_flow_passkeys as p on p.user_id = ${userId}
    left join totp_flow_session_rules as r on r.user_id = ${userId}
    left join totp_flow_session_rules as every on every.user_id = ${ALL_USERS}
    ${session.joins}
    order by p.created_at, p.id`

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
          joins: sql`left join totp_flow_spent_tokens as spent on spent.jti = ${sessionId}
            left join totp_flow_session_reserves as own on own.session_id = ${sessionId} and own.kind = 'code'`,
        },
        userId,
      ).compile(db),
  }),
)

/**
 * One statement, so that all of it is from one moment and a request costs one read. Returns a row for each passkey, or
 * one row.
 */
export async function standingOf(db: Database, userId: string, sessionId: string | null): Promise<Standing> {
  const rows =
    sessionId === null
      ? await standingOfUser(db, { userId })
      : await standingOfSession(db, { userId, sessionId })
  const [row] = rows
  if (!row) throw new TotpFlowError('server')
  return {
    device: isThere(row) ? deviceFrom(row) : null,
    passkeyIds: rows.flatMap(({ passkey_id }) => passkey_id ?? []),
    rules: rulesFrom(row, row.begun_from),
    isEnded: row.ended !== null,
    hasFailed: row.own_failures !== null,
  }
}

/** Whether the outer join found a device. Nullable columns cannot tell. */
const isThere = (row: DeviceColumns): row is DeviceColumns & DeviceRow => row.user_id !== null

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

export const endingAll = (generation: number): Partial<SessionRules> => ({
  liveFrom: generation,
  registersFrom: generation,
})

/**
 * Everything that registers, enrolls, removes or ends sessions takes this lock first, and so runs one after the other
 * for each user: an ended session cannot get in between. Creates the row if it is missing, since a missing row cannot
 * be locked.
 */
export async function lockRules(
  trx: Transaction<Tables>,
  userId: string,
  now: number,
): Promise<SessionRules> {
  const none = { generation: 0, live_from: 0, registers_from: 0, spared_session: null }
  const row = await trx
    .insertInto('totp_flow_session_rules')
    .values({ ...none, user_id: userId, changed_at: now })
    .onConflict((conflict) =>
      conflict
        .column('user_id')
        .doUpdateSet((of) => ({ changed_at: of.ref('totp_flow_session_rules.changed_at') })),
    )
    .returningAll()
    .executeTakeFirstOrThrow()
  return rulesFrom(row, 0)
}

export async function changeRules(
  trx: Transaction<Tables>,
  userId: string,
  now: number,
  change: (generation: number) => Partial<SessionRules>,
): Promise<void> {
  const before = await lockRules(trx, userId, now)
  const generation = generationAfter(before.generation, now)
  const { liveFrom, registersFrom, spared } = { ...before, spared: null, ...change(generation) }
  await trx
    .updateTable('totp_flow_session_rules')
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
