import { type Kysely, sql } from 'kysely'

/** The step in which `migrate` renames the tables of an earlier version. */
export const RENAMING = 'tables-under-names-of-our-own'

const LOG_OF_BEFORE = 'kysely_migration'

/** By the step that created them: the old tables, and other old names in the schema. */
const MADE: Readonly<Record<string, { tables: readonly string[]; indexes: readonly string[] }>> = {
  '2026-11-24-devices-attempts-tokens-keys': {
    tables: ['devices', 'attempts', 'mfa_tokens', 'spent_tokens', 'signing_keys'],
    indexes: ['mfa_tokens_by_user', 'spent_tokens_by_expiry'],
  },
  '2026-11-26-recovery-codes-addresses-key-overlap': {
    tables: ['recovery_codes', 'address_calls'],
    indexes: ['recovery_codes_pk', 'address_calls_pk', 'address_calls_by_window', 'mfa_tokens_by_expiry'],
  },
  '2026-11-28-session-rules-and-reserves': {
    tables: ['session_rules', 'session_reserves'],
    indexes: ['session_rules_by_change', 'session_reserves_pk', 'session_reserves_by_end'],
  },
}
const ATTEMPTS_DROPPED = '2026-11-25-throttle-in-the-device-row'

/** By what its adapter reports, since it may come from another copy of Kysely. PostgreSQL can roll back schema changes. */
export const isSqlite = <Tables>(db: Kysely<Tables>): boolean =>
  !db.getExecutor().adapter.supportsTransactionalDdl

/**
 * Whether statements find a table of that name: on PostgreSQL along the role's search path, as they do. Reads the
 * catalog, since `to_regclass` may answer from a cache that predates another node's migration.
 */
export async function hasTable<Tables>(db: Kysely<Tables>, table: string): Promise<boolean> {
  const look = isSqlite(db)
    ? sql`select name from sqlite_master where type = 'table' and name = ${table}`
    : sql`select relname from pg_class where relname = ${table} and relkind in ('r', 'p') and pg_table_is_visible(oid)`
  const { rows } = await look.execute(db)
  return rows.length > 0
}

/** The steps done by an earlier version. It logged them in the same table as Kysely's own migrator, which the host may use. */
export async function stepsBefore<Tables>(db: Kysely<Tables>, known: readonly string[]): Promise<string[]> {
  if (!(await hasTable(db, LOG_OF_BEFORE))) return []
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(LOG_OF_BEFORE)}`.execute(db)
  return rows.map(({ name }) => name).filter((name) => known.includes(name))
}

/**
 * Renames the tables of an earlier version, and leaves the host's migrator its log. A view stands in for each old
 * table. On PostgreSQL, servers of that version keep reading and writing through the views until they are replaced. A
 * server started by mistake fails at them, instead of creating empty tables and knowing nobody.
 */
export async function adopt<Tables>(db: Kysely<Tables>, done: readonly string[]): Promise<void> {
  for (const [step, { tables, indexes }] of Object.entries(MADE)) {
    if (!done.includes(step)) continue
    const there = tables.filter((name) => name !== 'attempts' || !done.includes(ATTEMPTS_DROPPED))
    for (const name of there) {
      await sql`alter table ${sql.table(name)} rename to ${sql.table(`totp_flow_${name}`)}`.execute(db)
    }
    for (const name of indexes) await renameIndex(db, name)
  }
  await sql`delete from ${sql.table(LOG_OF_BEFORE)} where name in (${sql.join(done)})`.execute(db)
}

/** Call it when all columns exist. */
export async function standIn<Tables>(db: Kysely<Tables>, done: readonly string[]): Promise<void> {
  for (const [step, { tables }] of Object.entries(MADE)) {
    if (!done.includes(step)) continue
    for (const name of tables.filter((table) => table !== 'attempts')) {
      await sql`create view ${sql.table(name)} as select * from ${sql.table(`totp_flow_${name}`)}`.execute(db)
    }
  }
}

async function renameIndex<Tables>(db: Kysely<Tables>, name: string): Promise<void> {
  if (!isSqlite(db)) {
    await sql`alter index if exists ${sql.ref(name)} rename to ${sql.ref(`totp_flow_${name}`)}`.execute(db)
    return
  }
  const { rows } = await sql<{ sql: string }>`select sql from sqlite_master
    where type = 'index' and name = ${name}`.execute(db)
  for (const { sql: made } of rows) {
    await sql`drop index ${sql.ref(name)}`.execute(db)
    await sql.raw(made.replace(name, `totp_flow_${name}`)).execute(db)
  }
}
