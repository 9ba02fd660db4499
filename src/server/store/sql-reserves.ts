import type { ExpressionBuilder, Transaction } from 'kysely'
import type { ReserveKind, Tables } from './sql-database.ts'
import type { CodeAttempt } from './store.ts'

/**
 * Counts a failure of the session, and returns until when it must wait: 0 while its reserve lasts, then as long as others. With
 * `isLimited`, counts nothing and returns `null` if the reserve was already used up.
 */
export async function failOnReserve(
  trx: Transaction<Tables>,
  kind: ReserveKind,
  { sessionId, now, throttle: { reserve } }: Pick<CodeAttempt, 'now' | 'throttle'> & { sessionId: string },
  retryAt: number,
  { isLimited = false } = {},
): Promise<number | null> {
  const countsUntil = now + reserve.milliseconds
  /** Also true for a time too far ahead, which was written by a clock that ran fast. */
  const isOverIn = (row: ExpressionBuilder<Tables, 'totp_flow_session_reserves'>) =>
    row.or([
      row('totp_flow_session_reserves.counts_until', '<=', now),
      row('totp_flow_session_reserves.counts_until', '>', countsUntil),
    ])
  const counted = await trx
    .insertInto('totp_flow_session_reserves')
    .values({ session_id: sessionId, kind, failures: 1, counts_until: countsUntil })
    .onConflict((conflict) =>
      conflict
        .columns(['session_id', 'kind'])
        .doUpdateSet((row) => ({
          failures: row
            .case()
            .when(isOverIn(row))
            .then(1)
            .else(row('totp_flow_session_reserves.failures', '+', 1))
            .end(),
          counts_until: countsUntil,
        }))
        .where((row) =>
          row.or([
            row.lit(!isLimited),
            row('totp_flow_session_reserves.failures', '<', reserve.failures),
            isOverIn(row),
          ]),
        ),
    )
    .returning('failures')
    .executeTakeFirst()
  if (!counted) return null
  return counted.failures < reserve.failures ? 0 : retryAt
}

export const refillReserve = (
  trx: Transaction<Tables>,
  kind: ReserveKind,
  { sessionId }: { sessionId: string },
) =>
  trx
    .deleteFrom('totp_flow_session_reserves')
    .where('session_id', '=', sessionId)
    .where('kind', '=', kind)
    .execute()
