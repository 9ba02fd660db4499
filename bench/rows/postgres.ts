import { createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { Pool } from 'pg'
import { postgresStore } from '../../src/server/store/postgres.ts'
import { startPostgres } from '../../test/support/postgres.ts'
import { type Contender, type Figures, sideBySide } from '../rounds.ts'
import { oursOn } from './ours.ts'
import { type Work, workOf } from './profile.ts'
import { peers } from './verification.ts'

const USERS = 200
/** The default of `postgresStore`. */
const CONNECTIONS = 10

export type PostgresRow = Record<'floor' | 'ours' | 'signIn', Figures>

/** Verifications through the fetch handler, in process, one node, on one PostgreSQL with durable commits. */
export async function verificationOnPostgres(
  rounds: number,
): Promise<{ one: PostgresRow; many: PostgresRow; work: Work }> {
  const postgres = await startPostgres({ durable: true })
  const url = (database: string) => postgres.url.replace(/postgres$/, database)
  const admin = new Pool({ connectionString: postgres.url, max: 1 })
  for (const database of ['ours', 'peer']) await admin.query(`create database ${database}`)
  await admin.end()
  const { betterAuthOnPostgres } = await peers()
  const ours = await oursOn(() => postgresStore({ url: url('ours') }), USERS)
  const peer = await betterAuthOnPostgres(url('peer'), USERS)
  const contenders = {
    floor: await floorOnPostgres(url('ours'), USERS),
    ours: ours.verifying({ credential: 'host', scopes: [] }),
    signIn: peer.signIn,
  }
  const one = await sideBySide(contenders, { rounds, acts: USERS, inFlight: 1 })
  const many = await sideBySide(contenders, { rounds, acts: USERS, inFlight: 64 })
  const work = await workOf(contenders.ours, { rounds: 10, acts: USERS, inFlight: 64 })
  await Promise.all([ours.close(), peer.close(), contenders.floor.close()])
  await postgres.stop()
  return { one, many, work }
}

/**
 * What the database and the driver take: the statements of a verification by the host's credential, written out and prepared,
 * on the same tables and as many connections, with the three HMACs and the signature, and nothing in between.
 */
async function floorOnPostgres(connectionString: string, users: number): Promise<Contender> {
  const pool = new Pool({ connectionString, max: CONNECTIONS })
  pool.on('error', () => {}) // the database may be stopped before the last connection has closed
  await pool.query(
    `insert into totp_flow_devices (user_id, id, sealed_secret, created_at, verified_at, last_step, failures, retry_at,
      recovery_failures, recovery_retry_at, recovery_acknowledged)
    select 'floor-' || n, 'device-' || n, 'sealed', 0, 0, 0, 0, 0, 0, 0, 1 from generate_series(0, $1::int - 1) as n`,
    [users],
  )
  const secret = randomBytes(20)
  const { privateKey } = generateKeyPairSync('ed25519')
  const claims = Buffer.from(JSON.stringify({ sub: 'x'.repeat(36), exp: 1e9, jti: 'y'.repeat(36) }))
  let step = 0
  return {
    async ready(count) {
      step++
      const now = step
      return Array.from({ length: count }, (_, act) => async () => {
        const user = `floor-${act % users}`
        const found = await pool.query({ name: 'read', text: READ, values: [user, user, user, ''] })
        for (const each of [0, 1, 2]) createHmac('sha1', secret).update(String(each)).digest()
        const values = [now, 0, 0, user, found.rows[0]?.id, now, 1, 2, 100]
        const { rowCount } = await pool.query({ name: 'write', text: WRITE, values })
        if (rowCount !== 1) throw new Error('nothing was written')
        return sign(null, claims, privateKey)
      })
    },
    close: () => pool.end(),
  }
}

const READ = `select d.user_id, d.id, d.sealed_secret, d.created_at, d.verified_at, d.failures, d.retry_at, d.recovery_failures,
    d.recovery_retry_at, d.recovery_acknowledged, r.generation, r.live_from, r.registers_from, r.spared_session,
    every.live_from as begun_from, p.id as passkey_id, null as ended, null as own_failures
  from (select 1 as one) as always
  left join totp_flow_devices as d on d.user_id = $1
  left join totp_flow_passkeys as p on p.user_id = $2
  left join totp_flow_session_rules as r on r.user_id = $3
  left join totp_flow_session_rules as every on every.user_id = $4
  order by p.created_at, p.id`

const WRITE = `update totp_flow_devices set last_step = $1, failures = $2, retry_at = $3
  where user_id = $4 and id = $5 and last_step < $6 and (retry_at <= $7 or retry_at > $8)
    and (verified_at is null or failures < $9) and verified_at is not null
  returning id`
