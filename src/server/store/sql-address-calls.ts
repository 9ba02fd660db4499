import type { Database } from './sql-database.ts'
import type { AddressCalls } from './store.ts'

/** One statement takes so many rows at most. */
const MOST_ROWS = 1024
const COLUMNS = 3

/** In batches whose sizes are powers of two: of few lengths, since each makes a statement that the driver keeps. */
export function inBatches(calls: readonly AddressCalls[], mostParameters: number): AddressCalls[][] {
  // All nodes lock the rows in the same order, so none waits for one that waits for it.
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
