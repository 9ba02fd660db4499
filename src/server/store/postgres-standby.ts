import { Kysely, PostgresDialect, sql } from 'kysely'
import { connections } from './postgres-pool.ts'
import { urlsOf } from './postgres-url.ts'

/** Far longer than an available standby takes. */
const PATIENCE_MS = 3000

/**
 * Whether commits wait for a synchronous standby that does not answer. Returns a sentence, or `undefined` if not.
 * Commits a message to the log that changes no data: only a commit waits, and ordinary roles cannot see the state of
 * standbys.
 */
export async function missingStandby(url: string): Promise<string | undefined> {
  const pool = connections(
    urlsOf(url),
    { application_name: 'totp-flow doctor', max: 2, connectionTimeoutMillis: 5000 },
    {},
  )
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
  try {
    return await db.connection().execute(async (connection) => {
      const { rows } = await sql<{ names: string | null; pid: number }>`
        select current_setting('synchronous_standby_names', true) as names, pg_backend_pid() as pid`.execute(
        connection,
      )
      const [row] = rows
      if (!row?.names) return undefined
      const committing = sql`select pg_logical_emit_message(true, 'totp-flow', 'doctor')`
        .execute(connection)
        .then(() => true)
      if (await inTime(committing)) return undefined
      await sql`select pg_cancel_backend(${row.pid})`.execute(db) // it is committed locally, and stops waiting
      await committing
      return `each write waits for a synchronous standby, and none answers (synchronous_standby_names is ${row.names}). Start the standby, or clear the setting on the primary.`
    })
  } finally {
    await db.destroy()
  }
}

function inTime(work: Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), PATIENCE_MS)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}
