import type { ExpressionBuilder, Transaction } from 'kysely'
import type { ReserveKind, Tables } from './sql-database.ts'
import type { CodeAttempt } from './store.ts'

/**
 * Counts a failure of the session. Answers until when it has to wait: 0 as long as something is left, then as others do;
 * `null`, with nothing counted, where `isLimited` and nothing was left.
 */
export async function failOnReserve(
  trx: Transaction<Tables>,
  kind: ReserveKind,
  { sessionId, now, throttle: { reserve } }: Pick<CodeAttempt, 'now' | 'throttle'> & { sessionId: string },
  retryAt: number,
  { isLimited = false } = {},
): Promise<number | null> {
  const countsUntil = now + reserve.milliseconds
  /** Also what lies further ahead: it was written by a clock that was fast. */
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
