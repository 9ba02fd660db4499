import type { Transaction } from 'kysely'
import { chunksOf, inParts } from './sql-chunks.ts'
import { type Database, NO_FAILURES, type Tables } from './sql-database.ts'
import type { ImportedDevice } from './store.ts'

/** Adds what is not in anybody's way, and answers the ids of what is there now. */
export async function importIn(
  trx: Transaction<Tables>,
  devices: readonly ImportedDevice[],
  mostParameters: number,
): Promise<string[]> {
  // All imports lock the rows in the same order, so none waits for one that waits for it.
  const rows = devices
    .toSorted((a, b) => (a.userId < b.userId ? -1 : 1))
    .map((device) => ({
      user_id: device.userId,
      id: device.id,
      sealed_secret: device.sealedSecret,
      created_at: device.createdAt,
      verified_at: device.verifiedAt,
      last_step: device.lastStep,
      recovery_acknowledged: device.recoveryAcknowledged ? 1 : 0,
      ...NO_FAILURES,
    }))
  const ids = new Set<string>()
  for (const part of inParts(rows, mostParameters)) {
    for (const { id } of await addRows(trx, part)) ids.add(id)
  }
  const codes = devices
    .filter(({ id }) => ids.has(id))
    .flatMap(({ id, recoveryHashes }) => recoveryHashes.map((hash) => ({ device_id: id, hash })))
  for (const part of inParts(codes, mostParameters)) {
    await trx.insertInto('totp_flow_recovery_codes').values(part).execute()
  }
  const rest = devices.filter(({ id }) => !ids.has(id)).map(({ id }) => id)
  for (const part of chunksOf(rest, mostParameters)) {
    const before = await trx.selectFrom('totp_flow_devices').select('id').where('id', 'in', part).execute()
    for (const { id } of before) ids.add(id)
  }
  return [...ids]
}

const addRows = (trx: Transaction<Tables>, rows: readonly Tables['totp_flow_devices'][]) =>
  trx
    .insertInto('totp_flow_devices')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .column('user_id')
        .doUpdateSet((row) => ({
          id: row.ref('excluded.id'),
          sealed_secret: row.ref('excluded.sealed_secret'),
          created_at: row.ref('excluded.created_at'),
          verified_at: row.ref('excluded.verified_at'),
          last_step: row.ref('excluded.last_step'),
          recovery_acknowledged: row.ref('excluded.recovery_acknowledged'),
          ...NO_FAILURES,
        }))
        .where('totp_flow_devices.verified_at', 'is', null)
        .where('excluded.verified_at', 'is not', null),
    )
    .returning('id')
    .execute()

/** What is stored of the recovery codes of these devices, by device. */
export async function recoveryHashesOf(
  db: Database,
  deviceIds: readonly string[],
  mostParameters: number,
): Promise<Map<string, string[]>> {
  const hashes = new Map<string, string[]>()
  for (const part of chunksOf(deviceIds, mostParameters)) {
    const rows = await db
      .selectFrom('totp_flow_recovery_codes')
      .selectAll()
      .where('device_id', 'in', part)
      .execute()
    for (const { device_id, hash } of rows) hashes.set(device_id, [...(hashes.get(device_id) ?? []), hash])
  }
  return hashes
}
