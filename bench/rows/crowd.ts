import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sqliteStore } from '../../src/server/store/sqlite.ts'
import { type Contender, type Figures, sideBySide } from '../rounds.ts'
import { oursOn } from './ours.ts'

const ACTING = 200

/** Verifications of users spread over a whole SQLite file. */
export async function crowds<Size extends number>(
  sizes: readonly Size[],
  rounds: number,
): Promise<Map<Size, Figures>> {
  const folder = mkdtempSync(join(tmpdir(), 'totp-flow-bench-'))
  const contenders: Record<string, Contender> = {}
  for (const size of sizes) {
    const own = join(folder, String(size))
    mkdirSync(own)
    const server = await oursOn(() => sqliteStore({ path: join(own, 'ours.db') }), ACTING)
    fill(join(own, 'ours.db'), size - ACTING)
    contenders[`of ${size}`] = server.verifying({ credential: 'session', scopes: ['wallet:export'] })
  }
  const figures = await sideBySide(contenders, { rounds, acts: ACTING, inFlight: 1 })
  await Promise.all(Object.values(contenders).map((contender) => contender.close()))
  rmSync(folder, { recursive: true })
  return new Map(
    sizes.flatMap((size) => {
      const found = figures[`of ${size}`]
      return found ? [[size, found] as const] : []
    }),
  )
}

/** Adds rows as large as real ones, with ids between theirs. No key opens their secrets, which are never read. */
function fill(path: string, rows: number): void {
  const database = new DatabaseSync(path)
  database.exec('pragma synchronous = off; pragma cache_size = -200000; begin immediate')
  database
    .prepare(`
      insert into totp_flow_devices (user_id, id, sealed_secret, created_at, verified_at, last_step)
      with recursive counted (n) as (select 1 union all select n + 1 from counted where n < ?)
      select printf('%08x-filler-%d', (n * 2654435761) & 4294967295, n), printf('%08x-0000-4000-8000-%012x', (n * 2246822519) & 4294967295, n),
        printf('00000000.%032x.%080x', n, n), 1767225600000, 1767225600000, 1
      from counted order by 1`)
    .run(rows)
  // Flushed before the measurement, or the first flush would include it.
  database.exec('commit; pragma synchronous = full; pragma wal_checkpoint(truncate)')
  database.close()
}
