import { sql } from 'kysely'
import { chunksOf } from './sql-chunks.ts'
import { type Database, deviceFrom, type Tables } from './sql-database.ts'
import { passkeyFrom } from './sql-passkeys.ts'
import type { ExportedDevice, StoredDevice, StoredPasskey, StoredUser } from './store.ts'

interface Page {
  after: string
  limit: number
}

interface UserRows {
  devices: readonly Tables['totp_flow_devices'][]
  passkeys: readonly Tables['totp_flow_passkeys'][]
}

/** Returns a page of all users with a device or passkeys. */
export async function usersIn(db: Database, page: Page): Promise<StoredUser[]> {
  const ids = await idsIn(db, page)
  return usersFrom(ids, await rowsUpTo(db, page.after, ids), deviceFrom)
}

export async function usersToExportIn(
  db: Database,
  page: Page,
  mostParameters: number,
): Promise<StoredUser<ExportedDevice>[]> {
  const ids = await idsIn(db, page)
  const rows = await rowsUpTo(db, page.after, ids)
  const hashes = await recoveryHashesOf(
    db,
    rows.devices.map(({ id }) => id),
    mostParameters,
  )
  return usersFrom(ids, rows, (row) => ({
    ...deviceFrom(row),
    lastStep: row.last_step,
    recoveryHashes: hashes.get(row.id) ?? [],
  }))
}

export async function usersOf(
  db: Database,
  userIds: readonly string[],
  mostParameters: number,
): Promise<StoredUser[]> {
  const parts = chunksOf(userIds, mostParameters).map(
    async (part): Promise<UserRows> => ({
      devices: await db.selectFrom('totp_flow_devices').selectAll().where('user_id', 'in', part).execute(),
      passkeys: await db
        .selectFrom('totp_flow_passkeys')
        .selectAll()
        .where('user_id', 'in', part)
        .orderBy('created_at')
        .orderBy('id')
        .execute(),
    }),
  )
  const rows = await Promise.all(parts)
  return usersFrom(
    userIds,
    { devices: rows.flatMap(({ devices }) => devices), passkeys: rows.flatMap(({ passkeys }) => passkeys) },
    deviceFrom,
  )
}

/** Each half reads its index no further than the page, however many users there are. */
async function idsIn(db: Database, { after, limit }: Page): Promise<string[]> {
  const halfOf = (table: 'totp_flow_devices' | 'totp_flow_passkeys') =>
    db.selectFrom((from) =>
      from
        .selectFrom(table)
        .select('user_id')
        .distinct()
        .where('user_id', '>', after)
        .orderBy('user_id')
        .limit(limit)
        .as('half'),
    )
  const rows = await halfOf('totp_flow_devices')
    .select('user_id')
    .union(halfOf('totp_flow_passkeys').select('user_id'))
    .orderBy('user_id')
    .limit(limit)
    .execute()
  return rows.map(({ user_id }) => user_id)
}

async function rowsUpTo(db: Database, after: string, ids: readonly string[]): Promise<UserRows> {
  const last = ids.at(-1)
  if (last === undefined) return { devices: [], passkeys: [] }
  return {
    devices: await db
      .selectFrom('totp_flow_devices')
      .selectAll()
      .where('user_id', '>', after)
      .where('user_id', '<=', last)
      .execute(),
    passkeys: await db
      .selectFrom('totp_flow_passkeys')
      .selectAll()
      .where('user_id', '>', after)
      .where('user_id', '<=', last)
      .orderBy('user_id')
      .orderBy('created_at')
      .orderBy('id')
      .execute(),
  }
}

/** Keeps the order of the ids. Leaves out users who have lost everything since the ids were read. */
function usersFrom<Device extends StoredDevice>(
  ids: readonly string[],
  { devices, passkeys }: UserRows,
  deviceOf: (row: Tables['totp_flow_devices']) => Device,
): StoredUser<Device>[] {
  const deviceRows = new Map(devices.map((row) => [row.user_id, row]))
  const passkeysBy = Map.groupBy(passkeys, (row) => row.user_id)
  return ids.flatMap((userId) => {
    const row = deviceRows.get(userId)
    const held = passkeysBy.get(userId) ?? []
    return row || held.length > 0
      ? [{ userId, device: row ? deviceOf(row) : null, passkeys: held.map(passkeyFrom) }]
      : []
  })
}

export async function ownersOf(
  db: Database,
  credentialIds: readonly string[],
  mostParameters: number,
): Promise<Pick<StoredPasskey, 'id' | 'credentialId' | 'userId'>[]> {
  const parts = chunksOf(credentialIds, mostParameters).map((part) =>
    db
      .selectFrom('totp_flow_passkeys')
      .select(['id', 'credential_id', 'user_id'])
      .where('credential_id', 'in', part)
      .execute(),
  )
  return (await Promise.all(parts))
    .flat()
    .map(({ id, credential_id, user_id }) => ({ id, credentialId: credential_id, userId: user_id }))
}

export async function countPasskeys(db: Database): Promise<{ passkeys: number; alone: number }> {
  const { rows } = await sql<{ passkeys: number; alone: number }>`select
    count(*) as passkeys,
    count(distinct case when d.user_id is null then p.user_id end) as alone
    from totp_flow_passkeys as p
    left join totp_flow_devices as d on d.user_id = p.user_id`.execute(db)
  const [row] = rows
  return { passkeys: Number(row?.passkeys ?? 0), alone: Number(row?.alone ?? 0) }
}

/** Returns the stored hashes of these devices' recovery codes, by device. */
async function recoveryHashesOf(
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
