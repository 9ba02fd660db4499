import type { Transaction } from 'kysely'
import { type Database, Rollback, type Tables } from './sql-database.ts'
import { consumeProof } from './sql-proofs.ts'
import { changeRules, endingAll } from './sql-sessions.ts'
import type { FactorsMove, Removal } from './store.ts'

export async function removeIn(
  trx: Transaction<Tables>,
  { userId, deviceId, now, proof, sessionId, endsOthers }: Removal,
) {
  await changeRules(trx, userId, now, afterRemoval(sessionId, endsOthers))
  const removed = await trx
    .deleteFrom('totp_flow_devices')
    .where('id', '=', deviceId)
    .where('user_id', '=', userId)
    .returning('id')
    .executeTakeFirst()
  await consumeProof(trx, userId, proof, now)
  if (!removed) throw new Rollback<'no_device'>('no_device')
  await forgetDevice(trx, userId, deviceId)
  return 'removed' as const
}

/** No earlier session may register (with `endsOthers`, none lives on), except the one that removed the device. */
export const afterRemoval = (spared: string | null, endsOthers: boolean) => (generation: number) => ({
  registersFrom: generation,
  spared,
  ...(endsOthers && { liveFrom: generation }),
})

/** Locks both users' rows in one order, so that two opposite moves cannot deadlock. */
export async function moveIn(
  trx: Transaction<Tables>,
  { from, to, device, now }: FactorsMove,
): Promise<'moved'> {
  for (const userId of [from, to].sort()) {
    await changeRules(trx, userId, now, endingAll)
    await trx.deleteFrom('totp_flow_mfa_tokens').where('user_id', '=', userId).execute()
  }
  const ofUser = (table: 'totp_flow_devices' | 'totp_flow_passkeys', userId: string) =>
    trx.selectFrom(table).select(['id']).where('user_id', '=', userId).executeTakeFirst()
  const isTaken = (await ofUser('totp_flow_devices', to)) ?? (await ofUser('totp_flow_passkeys', to))
  if (isTaken) throw new Rollback<'device_limit'>('device_limit')
  if (!device && (await ofUser('totp_flow_devices', from))) throw new Rollback<'changed'>('changed')
  if (device) {
    const moved = await trx
      .updateTable('totp_flow_devices')
      .set({ user_id: to, sealed_secret: device.resealed })
      .where('user_id', '=', from)
      .where('id', '=', device.id)
      .where('sealed_secret', '=', device.sealedSecret)
      .returning('id')
      .executeTakeFirst()
    if (!moved) throw new Rollback<'changed'>('changed')
  }
  const passkeys = await trx
    .updateTable('totp_flow_passkeys')
    .set({ user_id: to })
    .where('user_id', '=', from)
    .returning('id')
    .execute()
  if (!device && passkeys.length === 0) throw new Rollback<'nothing'>('nothing')
  return 'moved'
}

/** Deletes what belongs to a removed device. */
export async function forgetDevice(
  trx: Transaction<Tables>,
  userId: string,
  deviceId: string,
): Promise<void> {
  await trx.deleteFrom('totp_flow_recovery_codes').where('device_id', '=', deviceId).execute()
  await trx.deleteFrom('totp_flow_mfa_tokens').where('user_id', '=', userId).execute()
}

export async function codesLeft(db: Database, deviceId: string): Promise<number> {
  const { count } = await db
    .selectFrom('totp_flow_recovery_codes')
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('device_id', '=', deviceId)
    .executeTakeFirstOrThrow()
  return Number(count)
}

export async function addRecoveryCodes(
  trx: Transaction<Tables>,
  deviceId: string,
  hashes: readonly string[],
) {
  if (hashes.length === 0) return
  await trx
    .insertInto('totp_flow_recovery_codes')
    .values(hashes.map((hash) => ({ device_id: deviceId, hash })))
    .execute()
}
