/** A synchronous standby that is away: the primary answers reads, and every commit waits. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { command } from '../support/cli-in-process.ts'
import { hasDebianPostgres, type Node, type Operated, operate } from '../support/debian-postgres.ts'
import { query } from '../support/postgres.ts'

describe.skipIf(!hasDebianPostgres)('a synchronous standby', () => {
  let operated: Operated
  let primary: Node
  const doctor = () => command(['doctor'], { DATABASE_URL: primary.url, TOTP_FLOW_MASTER_KEY: KEY })
  const KEY = randomBytes(32).toString('base64url')

  beforeAll(async () => {
    operated = operate()
    primary = await operated.primary()
    const env = { DATABASE_URL: primary.url, TOTP_FLOW_MASTER_KEY: KEY }
    expect(await command(['migrate', '--new-database'], env)).toMatchObject({ code: 0 })
  })
  afterAll(() => operated?.end())

  it('doctor says that writes wait for a missing synchronous standby, and leaves nothing waiting', async () => {
    const standby = await operated.standby(primary)
    await query(primary.url, "alter system set synchronous_standby_names = 'other'")
    await query(primary.url, 'select pg_reload_conf()')
    await expect
      .poll(() => query(primary.url, 'select sync_state from pg_stat_replication'))
      .toEqual([{ sync_state: 'sync' }])
    expect((await doctor()).err).toContain('✓ the database accepts writes')

    standby.control('-m', 'immediate', 'stop')
    const { code, err } = await doctor()
    expect(code).toBe(1)
    expect(err).toContain(
      '✗ the database accepts writes: each write waits for a synchronous standby, and none answers (synchronous_standby_names is other).',
    )
    expect(await query(primary.url, "select 1 from pg_stat_activity where wait_event = 'SyncRep'")).toEqual(
      [],
    )
  })
})
