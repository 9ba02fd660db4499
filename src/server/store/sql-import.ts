import type { Transaction } from 'kysely'
import { chunksOf, inParts } from './sql-chunks.ts'
import { NO_FAILURES, Rollback, type Tables } from './sql-database.ts'
import { passkeyRow } from './sql-passkeys.ts'
import { ownersOf } from './sql-users.ts'
import type { ImportedDevice, StoredPasskey, StoredUser } from './store.ts'

type Users = readonly StoredUser<ImportedDevice>[]

/**
 * Adds the users who conflict with nobody, and returns the ids of those who exist now. All imports lock the rows in the
 * same order, which prevents deadlocks.
 */
export async function importIn(
  trx: Transaction<Tables>,
  users: Users,
  mostParameters: number,
): Promise<string[]> {
  const inOrder = users.toSorted((a, b) => (a.userId < b.userId ? -1 : 1))
  const bringing = inOrder.filter(({ passkeys }) => passkeys.length > 0).map(({ userId }) => userId)
  await lockAll(trx, bringing, mostParameters)
  const known = await idsOfPasskeys(trx, inOrder, mostParameters)
  const isFree = ({ userId, passkeys }: Users[number]) =>
    passkeys.every(({ credentialId, id }) => (known.ofCredentials.get(credentialId) ?? id) === id) &&
    (known.ofUsers.get(userId) ?? []).every((id) => passkeys.some((brought) => brought.id === id))
  const free = inOrder.filter(isFree)
  const freed = free.filter(({ passkeys }) => passkeys.length > 0).map(({ userId }) => userId)
  for (const part of chunksOf(freed, mostParameters)) {
    await trx
      .deleteFrom('totp_flow_devices')
      .where('user_id', 'in', part)
      .where('verified_at', 'is', null)
      .execute()
  }
  const devices = await importDevices(
    trx,
    free.flatMap(({ device }) => device ?? []),
    mostParameters,
  )
  const withDevice = await usersWithDevice(
    trx,
    free.filter(({ device }) => !device).map(({ userId }) => userId),
    mostParameters,
  )
  const added = free.filter(({ userId, device }) =>
    device ? devices.has(device.id) : !withDevice.has(userId),
  )
  const there = new Set([...known.ofUsers.values()].flat())
  await addPasskeys(
    trx,
    added.flatMap(({ passkeys }) => passkeys).filter(({ id }) => !there.has(id)),
    mostParameters,
  )
  return added.map(({ userId }) => userId)
}

/** Does what `lockRules` does for one user. A row without rules is swept away soon. */
async function lockAll(
  trx: Transaction<Tables>,
  userIds: readonly string[],
  mostParameters: number,
): Promise<void> {
  const none = { generation: 0, live_from: 0, registers_from: 0, spared_session: null, changed_at: 0 }
  const rows = userIds.map((userId) => ({ ...none, user_id: userId }))
  for (const part of inParts(rows, mostParameters)) {
    await trx
      .insertInto('totp_flow_session_rules')
      .values(part)
      .onConflict((conflict) =>
        conflict
          .column('user_id')
          .doUpdateSet((of) => ({ changed_at: of.ref('totp_flow_session_rules.changed_at') })),
      )
      .execute()
  }
}

async function idsOfPasskeys(trx: Transaction<Tables>, users: Users, mostParameters: number) {
  const ofUsers = new Map<string, string[]>()
  const userIds = users.map(({ userId }) => userId)
  for (const part of chunksOf(userIds, mostParameters)) {
    const rows = await trx
      .selectFrom('totp_flow_passkeys')
      .select(['user_id', 'id'])
      .where('user_id', 'in', part)
      .execute()
    for (const { user_id, id } of rows) ofUsers.set(user_id, [...(ofUsers.get(user_id) ?? []), id])
  }
  const credentialIds = users.flatMap(({ passkeys }) => passkeys.map(({ credentialId }) => credentialId))
  const owners = await ownersOf(trx, credentialIds, mostParameters)
  return { ofUsers, ofCredentials: new Map(owners.map(({ credentialId, id }) => [credentialId, id])) }
}

async function usersWithDevice(
  trx: Transaction<Tables>,
  userIds: readonly string[],
  mostParameters: number,
): Promise<Set<string>> {
  const found = new Set<string>()
  for (const part of chunksOf(userIds, mostParameters)) {
    const rows = await trx
      .selectFrom('totp_flow_devices')
      .select('user_id')
      .where('user_id', 'in', part)
      .execute()
    for (const { user_id } of rows) found.add(user_id)
  }
  return found
}

/** Rolls everything back if someone has registered one of the credentials meanwhile: the next run sees whose it is. */
async function addPasskeys(
  trx: Transaction<Tables>,
  passkeys: readonly StoredPasskey[],
  mostParameters: number,
): Promise<void> {
  for (const part of inParts(passkeys.map(passkeyRow), mostParameters)) {
    const added = await trx
      .insertInto('totp_flow_passkeys')
      .values(part)
      .onConflict((conflict) => conflict.column('credential_id').doNothing())
      .returning('id')
      .execute()
    if (added.length < part.length) throw new Rollback<null>(null)
  }
}

/** Returns the ids of the devices that exist now. */
async function importDevices(
  trx: Transaction<Tables>,
  devices: readonly ImportedDevice[],
  mostParameters: number,
): Promise<Set<string>> {
  const rows = devices.map((device) => ({
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
  return ids
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
