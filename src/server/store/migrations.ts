import type { Kysely } from 'kysely'
import type { Migration, MigrationProvider } from 'kysely/migration'

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
}

export const migrationProvider: MigrationProvider = { getMigrations: async () => migrations }
