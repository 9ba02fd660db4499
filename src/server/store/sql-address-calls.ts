import type { Database } from './sql-database.ts'
import type { AddressCalls } from './store.ts'

/** The maximum number of rows per statement. */
const MOST_ROWS = 1024
const COLUMNS = 3

/** Splits the calls into batches whose sizes are powers of two, since the driver keeps a statement for each size. */
export function inBatches(calls: readonly AddressCalls[], mostParameters: number): AddressCalls[][] {
  // All nodes lock rows in the same order, which prevents deadlocks.
  const left = calls.toSorted((a, b) => (a.address < b.address ? -1 : 1))
  const batches: AddressCalls[][] = []
  let size = Math.min(MOST_ROWS, 2 ** Math.floor(Math.log2(mostParameters / COLUMNS)))
  while (left.length > 0) {
    if (size > left.length) size /= 2
    else batches.push(left.splice(0, size))
  }
  return batches
}

export const addCalls = (
  db: Database,
  windowEnd: number,
  batch: readonly AddressCalls[],
): Promise<AddressCalls[]> =>
  db
    .insertInto('totp_flow_address_calls')
    .values(batch.map(({ address, calls }) => ({ address, window_end: windowEnd, calls })))
    .onConflict((conflict) =>
      conflict.columns(['address', 'window_end']).doUpdateSet((row) => ({
        calls: row('totp_flow_address_calls.calls', '+', row.ref('excluded.calls')),
      })),
    )
    .returning(['address', 'calls'])
    .execute()
