import { type Kysely, sql } from 'kysely'
import { type Migration, type MigrationProvider, Migrator } from 'kysely/migration'

/** Forward only; a migration that was released is never edited. */
const migrations: Record<string, Migration> = {
  '2026-11-24-devices-attempts-tokens-keys': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('devices')
        .addColumn('user_id', 'varchar(255)', (column) => column.primaryKey()) // one device per user
        .addColumn('id', 'varchar(64)', (column) => column.notNull().unique())
        .addColumn('sealed_secret', 'text', (column) => column.notNull())
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('verified_at', 'bigint')
        .addColumn('last_step', 'bigint', (column) => column.notNull().defaultTo(-1))
        .execute()
      await db.schema
        .createTable('attempts')
        .addColumn('user_id', 'varchar(255)', (column) => column.primaryKey())
        .addColumn('failures', 'integer', (column) => column.notNull())
        .addColumn('retry_at', 'bigint', (column) => column.notNull())
        .execute()
      await db.schema
        .createTable('mfa_tokens')
        .addColumn('hash', 'varchar(64)', (column) => column.primaryKey())
        .addColumn('user_id', 'varchar(255)', (column) => column.notNull())
        .addColumn('single_use', 'integer', (column) => column.notNull())
        .addColumn('expires_at', 'bigint', (column) => column.notNull())
        .execute()
      await db.schema.createIndex('mfa_tokens_by_user').on('mfa_tokens').column('user_id').execute()
      await db.schema
        .createTable('spent_tokens')
        .addColumn('jti', 'varchar(64)', (column) => column.primaryKey())
        .addColumn('expires_at', 'bigint', (column) => column.notNull())
        .execute()
      await db.schema.createIndex('spent_tokens_by_expiry').on('spent_tokens').column('expires_at').execute()
      await db.schema
        .createTable('signing_keys')
        .addColumn('generation', 'integer', (column) => column.primaryKey())
        .addColumn('kid', 'varchar(64)', (column) => column.notNull().unique())
        .addColumn('public_jwk', 'text', (column) => column.notNull())
        .addColumn('sealed_private_jwk', 'text', (column) => column.notNull())
        .execute()
    },
  },
  '2026-11-25-throttle-in-the-device-row': {
    async up(db: Kysely<unknown>) {
      for (const column of [
        'failures',
        'retry_at',
        'recovery_failures',
        'recovery_retry_at',
        'recovery_acknowledged',
      ]) {
        await db.schema
          .alterTable('devices')
          .addColumn(column, 'bigint', (definition) => definition.notNull().defaultTo(0))
          .execute()
      }
      await sql`update devices set
        failures = coalesce((select failures from attempts where attempts.user_id = devices.user_id), 0),
        retry_at = coalesce((select retry_at from attempts where attempts.user_id = devices.user_id), 0)`.execute(
        db,
      )
      await db.schema.dropTable('attempts').execute()
    },
  },
  '2026-11-26-recovery-codes-addresses-key-overlap': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('recovery_codes')
        .addColumn('device_id', 'varchar(64)', (column) => column.notNull())
        .addColumn('hash', 'varchar(64)', (column) => column.notNull())
        .addPrimaryKeyConstraint('recovery_codes_pk', ['device_id', 'hash'])
        .execute()
      await db.schema
        .createTable('address_calls')
        .addColumn('address', 'varchar(64)', (column) => column.notNull())
        .addColumn('window_start', 'bigint', (column) => column.notNull())
        .addColumn('calls', 'integer', (column) => column.notNull())
        .addPrimaryKeyConstraint('address_calls_pk', ['address', 'window_start'])
        .execute()
      await db.schema
        .createIndex('address_calls_by_window')
        .on('address_calls')
        .column('window_start')
        .execute()
      await db.schema.createIndex('mfa_tokens_by_expiry').on('mfa_tokens').column('expires_at').execute()
      await db.schema
        .alterTable('signing_keys')
        .addColumn('signs_from', 'bigint', (column) => column.notNull().defaultTo(0))
        .execute()
      await db.schema.alterTable('mfa_tokens').dropColumn('single_use').execute()
    },
  },
  '2026-11-28-address-calls-by-the-end-of-their-window': {
    async up(db: Kysely<unknown>) {
      await sql`delete from address_calls`.execute(db) // a count of a minute, kept by its start
      await db.schema.alterTable('address_calls').renameColumn('window_start', 'window_end').execute()
    },
  },
  '2026-11-28-session-rules-and-reserves': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('session_rules')
        .addColumn('user_id', 'varchar(255)', (column) => column.primaryKey()) // '' for all users
        .addColumn('generation', 'bigint', (column) => column.notNull())
        .addColumn('live_from', 'bigint', (column) => column.notNull())
        .addColumn('registers_from', 'bigint', (column) => column.notNull())
        .addColumn('spared_session', 'varchar(255)')
        .addColumn('changed_at', 'bigint', (column) => column.notNull())
        .execute()
      await db.schema
        .createIndex('session_rules_by_change')
        .on('session_rules')
        .column('changed_at')
        .execute()
      await db.schema
        .createTable('session_reserves')
        .addColumn('session_id', 'varchar(64)', (column) => column.notNull())
        .addColumn('kind', 'varchar(16)', (column) => column.notNull())
        .addColumn('failures', 'integer', (column) => column.notNull())
        .addColumn('counts_until', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('session_reserves_pk', ['session_id', 'kind'])
        .execute()
      await db.schema
        .createIndex('session_reserves_by_end')
        .on('session_reserves')
        .column('counts_until')
        .execute()
    },
  },
}

const provider: MigrationProvider = { getMigrations: async () => migrations }

/**
 * Brings the schema up to date in one transaction. Nodes that start at once queue at a row of our own table: an
 * advisory lock, which Kysely takes on PostgreSQL, is not there on every database that speaks its protocol.
 */
export async function migrate<Tables>(db: Kysely<Tables>, note: (step: string) => void): Promise<void> {
  await makeLockRow(db)
  await db.transaction().execute(async (trx) => {
    await sql`update totp_flow_migration_lock set holders = holders + 1`.execute(trx)
    const { error, results = [] } = await new Migrator({ db: trx, provider }).migrateToLatest()
    if (error) throw error
    for (const { migrationName } of results) note(`migrated ${migrationName}`)
  })
}

export async function pendingMigrations<Tables>(db: Kysely<Tables>): Promise<string[]> {
  const known = await new Migrator({ db, provider }).getMigrations()
  return known.filter(({ executedAt }) => executedAt === undefined).map(({ name }) => name)
}

/** `if not exists` can still collide with another node that creates the same at the same time; then it is there. */
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
