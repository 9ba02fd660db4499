import { type Kysely, sql } from 'kysely'
import { adopt, hasTable, RENAMING, standIn, stepsBefore } from './migrations-adopt.ts'

type Schema = Pick<Kysely<unknown>, 'schema' | 'getExecutor'>

/**
 * Forward only, in this order. A released step is never edited. All names begin with `totp_flow_`, since the schema may be the
 * host's.
 */
const steps: Readonly<Record<string, (db: Schema) => Promise<void>>> = {
  async '2026-11-24-devices-attempts-tokens-keys'(db) {
    await db.schema
      .createTable('totp_flow_devices')
      .addColumn('user_id', 'varchar(255)', (column) => column.primaryKey()) // one device per user
      .addColumn('id', 'varchar(64)', (column) => column.notNull().unique())
      .addColumn('sealed_secret', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('verified_at', 'bigint')
      .addColumn('last_step', 'bigint', (column) => column.notNull().defaultTo(-1))
      .execute()
    await db.schema
      .createTable('totp_flow_attempts')
      .addColumn('user_id', 'varchar(255)', (column) => column.primaryKey())
      .addColumn('failures', 'integer', (column) => column.notNull())
      .addColumn('retry_at', 'bigint', (column) => column.notNull())
      .execute()
    await db.schema
      .createTable('totp_flow_mfa_tokens')
      .addColumn('hash', 'varchar(64)', (column) => column.primaryKey())
      .addColumn('user_id', 'varchar(255)', (column) => column.notNull())
      .addColumn('single_use', 'integer', (column) => column.notNull())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .execute()
    await db.schema
      .createIndex('totp_flow_mfa_tokens_by_user')
      .on('totp_flow_mfa_tokens')
      .column('user_id')
      .execute()
    await db.schema
      .createTable('totp_flow_spent_tokens')
      .addColumn('jti', 'varchar(64)', (column) => column.primaryKey())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .execute()
    await db.schema
      .createIndex('totp_flow_spent_tokens_by_expiry')
      .on('totp_flow_spent_tokens')
      .column('expires_at')
      .execute()
    await db.schema
      .createTable('totp_flow_signing_keys')
      .addColumn('generation', 'integer', (column) => column.primaryKey())
      .addColumn('kid', 'varchar(64)', (column) => column.notNull().unique())
      .addColumn('public_jwk', 'text', (column) => column.notNull())
      .addColumn('sealed_private_jwk', 'text', (column) => column.notNull())
      .execute()
  },
  async '2026-11-25-throttle-in-the-device-row'(db) {
    for (const column of [
      'failures',
      'retry_at',
      'recovery_failures',
      'recovery_retry_at',
      'recovery_acknowledged',
    ]) {
      await db.schema
        .alterTable('totp_flow_devices')
        .addColumn(column, 'bigint', (definition) => definition.notNull().defaultTo(0))
        .execute()
    }
    await sql`update totp_flow_devices as d set
        failures = coalesce((select a.failures from totp_flow_attempts as a where a.user_id = d.user_id), 0),
        retry_at = coalesce((select a.retry_at from totp_flow_attempts as a where a.user_id = d.user_id), 0)`.execute(
      db,
    )
    await db.schema.dropTable('totp_flow_attempts').execute()
  },
  async '2026-11-26-recovery-codes-addresses-key-overlap'(db) {
    await db.schema
      .createTable('totp_flow_recovery_codes')
      .addColumn('device_id', 'varchar(64)', (column) => column.notNull())
      .addColumn('hash', 'varchar(64)', (column) => column.notNull())
      .addPrimaryKeyConstraint('totp_flow_recovery_codes_pk', ['device_id', 'hash'])
      .execute()
    await db.schema
      .createTable('totp_flow_address_calls')
      .addColumn('address', 'varchar(64)', (column) => column.notNull())
      .addColumn('window_start', 'bigint', (column) => column.notNull())
      .addColumn('calls', 'integer', (column) => column.notNull())
      .addPrimaryKeyConstraint('totp_flow_address_calls_pk', ['address', 'window_start'])
      .execute()
    await db.schema
      .createIndex('totp_flow_address_calls_by_window')
      .on('totp_flow_address_calls')
      .column('window_start')
      .execute()
    await db.schema
      .createIndex('totp_flow_mfa_tokens_by_expiry')
      .on('totp_flow_mfa_tokens')
      .column('expires_at')
      .execute()
    await db.schema
      .alterTable('totp_flow_signing_keys')
      .addColumn('signs_from', 'bigint', (column) => column.notNull().defaultTo(0))
      .execute()
    await db.schema.alterTable('totp_flow_mfa_tokens').dropColumn('single_use').execute()
  },
  async '2026-11-28-address-calls-by-the-end-of-their-window'(db) {
    await sql`delete from totp_flow_address_calls`.execute(db) // counts of the last minute, kept by the start of their window
    await db.schema.alterTable('totp_flow_address_calls').renameColumn('window_start', 'window_end').execute()
  },
  async '2026-11-28-session-rules-and-reserves'(db) {
    await db.schema
      .createTable('totp_flow_session_rules')
      .addColumn('user_id', 'varchar(255)', (column) => column.primaryKey()) // '' for all users
      .addColumn('generation', 'bigint', (column) => column.notNull())
      .addColumn('live_from', 'bigint', (column) => column.notNull())
      .addColumn('registers_from', 'bigint', (column) => column.notNull())
      .addColumn('spared_session', 'varchar(255)')
      .addColumn('changed_at', 'bigint', (column) => column.notNull())
      .execute()
    await db.schema
      .createIndex('totp_flow_session_rules_by_change')
      .on('totp_flow_session_rules')
      .column('changed_at')
      .execute()
    await db.schema
      .createTable('totp_flow_session_reserves')
      .addColumn('session_id', 'varchar(64)', (column) => column.notNull())
      .addColumn('kind', 'varchar(16)', (column) => column.notNull())
      .addColumn('failures', 'integer', (column) => column.notNull())
      .addColumn('counts_until', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('totp_flow_session_reserves_pk', ['session_id', 'kind'])
      .execute()
    await db.schema
      .createIndex('totp_flow_session_reserves_by_end')
      .on('totp_flow_session_reserves')
      .column('counts_until')
      .execute()
  },
  async '2026-11-29-passkeys'(db) {
    await db.schema
      .createTable('totp_flow_passkeys')
      .addColumn('user_id', 'varchar(255)', (column) => column.notNull())
      .addColumn('id', 'varchar(64)', (column) => column.notNull())
      .addColumn('credential_id', 'varchar(1400)', (column) => column.notNull().unique()) // up to 1023 bytes (WebAuthn §4)
      .addColumn('public_key', 'text', (column) => column.notNull())
      .addColumn('sign_count', 'bigint', (column) => column.notNull())
      .addColumn('transports', 'text', (column) => column.notNull())
      .addColumn('backup_eligible', 'integer', (column) => column.notNull())
      .addColumn('backed_up', 'integer', (column) => column.notNull())
      .addColumn('aaguid', 'varchar(64)', (column) => column.notNull())
      .addColumn('alias', 'varchar(255)', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('last_used_at', 'bigint')
      .addPrimaryKeyConstraint('totp_flow_passkeys_pk', ['user_id', 'id'])
      .execute()
  },
}

/** If this step is pending, nothing was ever stored. */
export const FIRST_STEP = Object.keys(steps)[0] ?? ''

interface Standing {
  /** The names of the steps that are done. */
  done: readonly string[]
  /** Whether they were done under the old names. */
  isUnderOldNames: boolean
}

/** A newer version of this package has changed the database. Continuing as if it had not could lose data. */
const newer = (unknown: readonly string[]) =>
  new Error(
    `This database was made by a newer version of totp-flow (${unknown.join(', ')} is unknown to this one). Run that version, or restore a backup from before.`,
  )

async function standingOf<Tables>(db: Kysely<Tables>): Promise<Standing> {
  const known = Object.keys(steps)
  if (!(await hasTable(db, 'totp_flow_migrations'))) {
    const done = await stepsBefore(db, known)
    return { done, isUnderOldNames: done.length > 0 }
  }
  const { rows } = await sql<{ name: string }>`select name from totp_flow_migrations order by name`.execute(
    db,
  )
  const done = rows.map(({ name }) => name)
  const unknown = done.filter((name) => !known.includes(name))
  if (unknown.length > 0) throw newer(unknown)
  return { done, isUnderOldNames: false }
}

const pendingAfter = ({ done }: Standing) => Object.entries(steps).filter(([name]) => !done.includes(name))

/**
 * Upgrades the schema in one transaction. If nothing is pending, it only reads, so it works for a role that may not
 * change the schema and in a read-only database. Nodes that start at once queue at a row of our own table, since not
 * every database with PostgreSQL's protocol has advisory locks.
 */
export async function migrate<Tables>(db: Kysely<Tables>, note: (step: string) => void): Promise<void> {
  const pending = await pendingMigrations(db)
  if (pending.length === 0) return
  for (const name of await migrateInTurn(db).catch(asRole)) note(`migrated ${name}`)
}

/** Says which privilege is missing, and who can help, in fewer than the 200 characters that a command shows. */
function asRole(error: unknown): never {
  if (!(error instanceof Error && 'code' in error && error.code === '42501')) throw error
  throw new Error(
    `This role may not change the schema: ${error.message} (42501). Run totp-flow migrate as the owner of the tables, or grant it create on the schema`,
  )
}

async function migrateInTurn<Tables>(db: Kysely<Tables>): Promise<string[]> {
  await makeLockRow(db)
  return db.transaction().execute(async (trx) => {
    await sql`update totp_flow_migration_lock set holders = holders + 1`.execute(trx)
    const standing = await standingOf(trx) // another node may have migrated meanwhile
    const pending = pendingAfter(standing)
    await sql`create table if not exists totp_flow_migrations
      (name varchar(255) primary key, done_at bigint not null)`.execute(trx)
    if (standing.isUnderOldNames) await adopt(trx, standing.done)
    for (const [, step] of pending) await step(trx)
    if (standing.isUnderOldNames) await standIn(trx, standing.done)
    const names = standing.isUnderOldNames ? Object.keys(steps) : pending.map(([name]) => name)
    for (const name of names) {
      await sql`insert into totp_flow_migrations (name, done_at) values (${name}, ${Date.now()})`.execute(trx)
    }
    return namesOf(standing)
  })
}

const namesOf = (standing: Standing) => [
  ...(standing.isUnderOldNames ? [RENAMING] : []),
  ...pendingAfter(standing).map(([name]) => name),
]

/** The names of the steps that `migrate` would perform. Rejects for a database of a newer version. */
export const pendingMigrations = async <Tables>(db: Kysely<Tables>): Promise<string[]> =>
  namesOf(await standingOf(db))

/** `if not exists` can still fail if another node creates the table at the same time. A retry then finds it. */
async function makeLockRow<Tables>(db: Kysely<Tables>, triesLeft = 5): Promise<void> {
  try {
    await db.schema
      .createTable('totp_flow_migration_lock')
      .ifNotExists()
      .addColumn('id', 'integer', (column) => column.primaryKey())
      .addColumn('holders', 'bigint', (column) => column.notNull())
      .execute()
    await sql`insert into totp_flow_migration_lock (id, holders) values (1, 0) on conflict do nothing`.execute(
      db,
    )
  } catch (error) {
    if (triesLeft === 0) throw error
    await makeLockRow(db, triesLeft - 1)
  }
}
