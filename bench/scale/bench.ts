/** One PostgreSQL with durable commits, and sites on it. Each site is a database with users, with nodes in their own processes. */
import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { postgresStore } from '../../src/server/store/postgres.ts'
import { makeDatabase, query, startPostgres } from '../../test/support/postgres.ts'
import { inTurn } from '../rounds.ts'
import { busyCores, childrenOf, cpuOf, cpuOfFamily } from './cpu.ts'
import { identityProvider, people } from './load.ts'
import type { Mix } from './model.ts'

const MASTER_KEY = createHash('sha256').update('bench').digest('base64')

/** What a run used. Times are CPU times, except `wallMs` and `latencyMs`. */
export interface Used {
  requests: number
  wallMs: number
  /** The mean latency of a request, as seen by its sender. */
  latencyMs: number
  nodesMs: number
  databaseMs: number
  /** The CPU time of this process, which sends the requests. */
  driverMs: number
  /** The CPU time of every process on the computer, by core. */
  busyMs: readonly number[]
  roundTrips: number
}

/** The position of the write-ahead log before and after a run. */
export interface Logged {
  log: { from: string; to: string }
}

export interface RunOptions {
  inFlight: number
  /** The numbers of the nodes to send to in turn. */
  nodes: readonly number[]
  /** Pins the nodes to the last core, and the rest of the bench to the others. */
  pinned: boolean
}

export interface BenchSite {
  run(counts: Mix, options: RunOptions): Promise<Used & Logged>
  query(text: string, values?: unknown[]): Promise<Record<string, string>[]>
  /** Adds users with a device and ten recovery codes, as large as real ones. */
  fill(users: number): Promise<void>
  /**
   * Shuffles all users on the disk and leaves room on each page, as regular use does: a full page must move its rows when they
   * change.
   */
  age(): Promise<void>
  /** Deletes expired rows. Returns the primary's CPU time, milliseconds. */
  sweep(): Promise<number>
  close(): Promise<void>
}

export async function startBench() {
  const postgres = await startPostgres({ durable: true })
  const provider = await identityProvider()
  const keys = createServer((_, response) => {
    response.setHeader('content-type', 'application/json').end(provider.jwks)
  }).listen(0, '127.0.0.1')
  await once(keys, 'listening')
  const { port } = keys.address() as AddressInfo
  // Checkpoints run only on request, where full pages are counted.
  for (const setting of ["checkpoint_timeout = '1h'", "max_wal_size = '8GB'"])
    await query(postgres.url, `alter system set ${setting}`)
  await query(postgres.url, 'select pg_reload_conf()')
  const [found] = await query(postgres.url, 'show data_directory')
  const pidFile = join(String(found?.data_directory), 'postmaster.pid')
  const postmaster = Number(readFileSync(pidFile, 'utf8').split('\n')[0])
  const environment = { PATH: process.env.PATH ?? '', MASTER_KEY, JWKS_URL: `http://127.0.0.1:${port}/` }
  const sites: BenchSite[] = []
  return {
    async site(name: string, given: { nodes: number; enrolled: number }): Promise<BenchSite> {
      const site = await startSite({
        ...given,
        postmaster,
        url: await makeDatabase(postgres.url, name),
        environment,
        credentialOf: provider.credentialOf,
      })
      sites.push(site)
      return site
    },
    async close() {
      for (const site of sites) await site.close()
      keys.close()
      await postgres.stop()
    },
  }
}

async function startSite(given: {
  url: string
  nodes: number
  enrolled: number
  postmaster: number
  environment: Record<string, string>
  credentialOf: (userId: string) => Promise<string>
}): Promise<BenchSite> {
  const { url, postmaster, enrolled, credentialOf } = given
  const client = new Client({ connectionString: url })
  await client.connect()
  const ask: BenchSite['query'] = async (text, values) => (await client.query(text, values)).rows

  const environment = { ...given.environment, DATABASE_URL: url }
  const helper = await startNode(environment)
  const nodes: StartedNode[] = []
  for (let index = 0; index < given.nodes; index++) nodes.push(await startNode(environment))
  let ahead = 0
  const users = await people({
    helper: helper.url,
    credentialOf,
    enrolled,
    async setClocks(time) {
      ahead = time
      await Promise.all([helper, ...nodes].map((node) => node.ask({ ahead })))
    },
  })

  async function meter() {
    const [wal] = await ask('select pg_current_wal_insert_lsn() as lsn')
    const counted = await Promise.all(nodes.map((node) => node.ask({ ahead })))
    const { user, system } = process.cpuUsage()
    return {
      wallMs: performance.now(),
      nodesMs: nodes.reduce((sum, { pid }) => sum + cpuOf(pid), 0),
      databaseMs: cpuOfFamily(postmaster),
      driverMs: (user + system) / 1000,
      lsn: wal?.lsn ?? '',
      roundTrips: counted.reduce((sum, { roundTrips }) => sum + roundTrips, 0),
    }
  }

  function pin(pinned: boolean) {
    const last = cpus().length - 1 // all cores, not those that this process may use, which are fewer after the first pinning
    for (const { pid } of nodes) keepOn(pid, pinned ? String(last) : `0-${last}`)
    for (const pid of [process.pid, postmaster, ...childrenOf(postmaster)])
      keepOn(pid, pinned ? `0-${last - 1}` : `0-${last}`)
  }

  return {
    query: ask,
    async run(counts, { inFlight, nodes: taken, pinned }) {
      const acts = await users.ready(counts)
      pin(pinned)
      let latencies = 0
      const busyBefore = busyCores()
      const before = await meter()
      await inTurn(acts, inFlight, async (act, index) => {
        const startedAt = performance.now()
        await act(nodes[taken[index % taken.length] ?? 0]?.url ?? '')
        latencies += performance.now() - startedAt
      })
      const after = await meter()
      return {
        requests: acts.length,
        wallMs: after.wallMs - before.wallMs,
        latencyMs: latencies / acts.length,
        nodesMs: after.nodesMs - before.nodesMs,
        databaseMs: after.databaseMs - before.databaseMs,
        driverMs: after.driverMs - before.driverMs,
        busyMs: busyCores().map((busy, core) => busy - (busyBefore[core] ?? 0)),
        log: { from: before.lsn, to: after.lsn },
        roundTrips: after.roundTrips - before.roundTrips,
      }
    },
    async fill(more) {
      await ask(FILL_DEVICES, [more])
      await ask(FILL_CODES)
      await ask('vacuum analyze')
    },
    async age() {
      await ask('alter table totp_flow_devices set (fillfactor = 90)')
      await ask('cluster totp_flow_devices using totp_flow_devices_pkey')
      await ask('vacuum analyze')
    },
    async sweep() {
      const store = postgresStore({ url, statementTimeout: 600_000 })
      await store.ping()
      const before = cpuOfFamily(postmaster)
      await store.sweep(Date.now() + ahead)
      const after = cpuOfFamily(postmaster)
      await store.close()
      const [left] = await ask('select count(*) as rows from totp_flow_spent_tokens where expires_at < 1e9')
      if (Number(left?.rows) > 0) throw new Error('the sweep has left rows')
      return after - before
    },
    async close() {
      users.close()
      for (const node of [helper, ...nodes]) await node.end()
      await client.end()
    },
  }
}

/** All threads of a process; none if it ended meanwhile, as those of the database may. */
const keepOn = (pid: number, cores: string) =>
  spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', cores, String(pid)])

interface StartedNode {
  url: string
  pid: number
  ask(message: { ahead: number }): Promise<{ roundTrips: number }>
  end(): Promise<void>
}

async function startNode(env: Record<string, string>): Promise<StartedNode> {
  const child: ChildProcess = fork(new URL('node.ts', import.meta.url), {
    execArgv: ['--conditions=totp-flow-source'],
    env,
  })
  const [{ url }] = await once(child, 'message')
  return {
    url,
    pid: child.pid ?? 0,
    async ask(message) {
      const answered = once(child, 'message')
      child.send(message)
      const [answer] = await answered
      return answer
    },
    async end() {
      const closed = once(child, 'close')
      child.kill()
      await closed
    },
  }
}

/** Values as long as those of an enrolled user, with ids between all others. */
const FILL_DEVICES = `
  insert into totp_flow_devices (user_id, id, sealed_secret, created_at, verified_at, last_step)
  select gen_random_uuid(), gen_random_uuid(), rpad(md5(n::text), real.length, 'A'), 1767225600000, 1767225600000, 1
  from generate_series(1, $1) as n,
    (select length(sealed_secret) from totp_flow_devices where verified_at is not null limit 1) as real`

const FILL_CODES = `
  insert into totp_flow_recovery_codes (device_id, hash)
  select d.id, rpad(replace(gen_random_uuid()::text, '-', '') || n, real.length, 'A')
  from totp_flow_devices as d, generate_series(1, 10) as n,
    (select length(hash) from totp_flow_recovery_codes limit 1) as real
  where d.verified_at is not null
    and not exists (select 1 from totp_flow_recovery_codes as c where c.device_id = d.id)`
