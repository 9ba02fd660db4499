/** Measures what requests and users cost, and compares the model's forecasts with another site. */
import { cpus } from 'node:os'
import { type BenchSite, type Logged, type RunOptions, startBench, type Used } from './bench.ts'
import {
  averageOf,
  type Demands,
  type Kind,
  kindNames,
  type Mix,
  pagesHit,
  pagesOf,
  type Requests,
  saturation,
} from './model.ts'

/** A forecast and the measurement. */
export interface Compared {
  what: string
  unit: string
  forecast: number
  measured: number
}

/** The measurements of one run. */
export interface Measured {
  /** The version of the database. */
  postgres: string
  demands: Demands
  /** Rows that a sweep deletes in one second of the primary's CPU. */
  sweptPerSecond: number
  checked: readonly Compared[]
}

/** The users of the measured site, and of the site that is forecast. */
const FEW = 20_000
const MANY = 200_000

const ROUNDS = 6
/** Warm-up rounds, which do not count: V8 first compiles frequent code. */
const WARM_UP = 3
/** Requests of each kind in a round. */
const ACTS = 256
/** A load under which the node is busy part of the time. */
const CALM: RunOptions = { inFlight: 4, nodes: [0], pinned: false }
/** A load under which the node has a core of its own and is always busy. */
const AT_LIMIT: RunOptions = { inFlight: 16, nodes: [0], pinned: true }
const ONE_NODE: RunOptions = { inFlight: 32, nodes: [0], pinned: true }
const TWO_NODES: RunOptions = { inFlight: 16, nodes: [0, 1], pinned: false }

/** The requests of the check, in hundredths. */
const MIX: Mix = {
  signIn: 15,
  refresh: 10,
  list: 25,
  register: 5,
  enroll: 5,
  verify: 20,
  stepUp: 10,
  guard: 10,
}
const LOGGED = 6 * ACTS

/**
 * Measures demands on a site of few users with one node, with half of the requests of one kind. Checks forecasts on another site of
 * many users with two nodes and all kinds mixed. Alternates both in short runs, so that other load on the computer affects them
 * equally. The sum of all runs counts.
 */
export async function measure(note: (text: string) => void): Promise<Measured> {
  const bench = await startBench()
  try {
    const few = await bench.site('few', { nodes: 1, enrolled: LOGGED + kindNames.length })
    const many = await bench.site('many', { nodes: 2, enrolled: LOGGED + kindNames.length })
    await few.fill(FEW)
    const bytes = await bytesOf(few)
    await many.fill(MANY)
    const storage = await comparedStorage(bytes, many)
    for (const site of [few, many]) await site.age()
    note(`${FEW} and ${MANY} users made`)
    const log = await logOf(many)
    note('write-ahead log measured')

    const calm: Seen = ofKinds(() => [])
    const atLimit: Seen = ofKinds(() => [])
    const one: Used[] = []
    const two: Used[] = []
    const counts = countsOf(MIX, ACTS)
    for (let round = 0; round < WARM_UP + ROUNDS; round++) {
      const keep = (runs: Used[], used: Used) => round >= WARM_UP && runs.push(used)
      for (const [turn, kind] of kindNames.entries()) {
        keep(calm[kind], await few.run(mostly(kind), CALM))
        // One node after the other, so that both have done the same work when they are measured.
        keep(one, await many.run(counts, { ...ONE_NODE, nodes: [turn % 2] }))
        keep(atLimit[kind], await few.run(mostly(kind), AT_LIMIT))
        keep(two, await many.run(counts, TWO_NODES))
      }
      note(`round ${round + 1} of ${WARM_UP + ROUNDS}`)
    }
    const demands: Demands = {
      requests: demandsFrom(calm, log.kinds),
      atLimit: demandsFrom(atLimit, log.kinds),
      bytes,
      fullPageBytes: log.fullPageBytes,
    }
    const driverMs = ofOneKind(calm, (used) => used.driverMs)
    const checked = [
      ...comparedCpu(
        demands,
        weighted(MIX, (kind) => driverMs[kind]),
        allOf(one),
        allOf(two),
      ),
      await comparedLog(demands, few),
      storage,
    ]
    note('checked')
    const [version] = await many.query('show server_version')
    const postgres = version?.server_version ?? ''
    return { postgres, demands, sweptPerSecond: await sweptPerSecondOf(many), checked }
  } finally {
    await bench.close()
  }
}

const countsOf = (mix: Mix, count: number): Mix =>
  Object.fromEntries(kindNames.map((kind) => [kind, Math.round(((mix[kind] ?? 0) / 100) * count)]))

/** Combines all runs into one. */
function allOf(runs: readonly Used[]): Used {
  const sum = (of: (used: Used) => number) => runs.reduce((total, used) => total + of(used), 0)
  const requests = sum((used) => used.requests)
  return {
    requests,
    wallMs: sum((used) => used.wallMs),
    latencyMs: sum((used) => used.latencyMs * used.requests) / requests,
    nodesMs: sum((used) => used.nodesMs),
    databaseMs: sum((used) => used.databaseMs),
    driverMs: sum((used) => used.driverMs),
    busyMs: cpus().map((_, core) => sum((used) => used.busyMs[core] ?? 0)),
    roundTrips: sum((used) => used.roundTrips),
  }
}

const perRequest = (runs: readonly Used[], of: (used: Used) => number) => {
  const all = allOf(runs)
  return of(all) / all.requests
}
const weighted = (mix: Mix, of: (kind: Kind) => number) =>
  kindNames.reduce((sum, kind) => sum + ((mix[kind] ?? 0) / 100) * of(kind), 0)

type Log = Record<Kind, { walBytes: number; pages: number }>

type Seen = Record<Kind, Used[]>

/** Half of the requests of one kind, and half of all kinds equally: alone, a kind would have the caches to itself. */
const mostly = (kind: Kind): Mix => ({
  ...ofKinds(() => ACTS / 2 / kindNames.length),
  [kind]: ACTS / 2 + ACTS / 2 / kindNames.length,
})

/** The cost of one kind, from runs with half of it. The mean of those runs over all kinds is the mean of the kinds. */
function ofOneKind(seen: Seen, of: (used: Used) => number): Record<Kind, number> {
  const halves = ofKinds((kind) => perRequest(seen[kind], of))
  const mean = kindNames.reduce((sum, kind) => sum + halves[kind], 0) / kindNames.length
  return ofKinds((kind) => 2 * halves[kind] - mean)
}

function demandsFrom(seen: Seen, log: Log): Requests {
  const nodeMs = ofOneKind(seen, (used) => used.nodesMs)
  const databaseMs = ofOneKind(seen, (used) => used.databaseMs)
  const roundTrips = ofOneKind(seen, (used) => used.roundTrips)
  return ofKinds((kind) => ({
    nodeMs: nodeMs[kind],
    databaseMs: databaseMs[kind],
    roundTrips: Math.round(roundTrips[kind]),
    ...log[kind],
  }))
}

const ofKinds = <Value>(make: (kind: Kind) => Value) =>
  Object.fromEntries(kindNames.map((kind) => [kind, make(kind)])) as Record<Kind, Value>

/** The log records of each kind after a checkpoint, and the pages written in full with them. */
async function logOf(site: BenchSite): Promise<{ kinds: Log; fullPageBytes: number }> {
  await site.query('create extension pg_walinspect')
  const kinds = {} as Log
  let bytes = 0
  let pages = 0
  for (const kind of kindNames) {
    await site.query('checkpoint')
    const { log } = await site.run({ [kind]: ACTS }, CALM)
    const written = await writtenIn(site, log)
    kinds[kind] = { walBytes: written.records / ACTS, pages: written.pages / ACTS }
    bytes += written.fullPages
    pages += written.pages
  }
  return { kinds, fullPageBytes: bytes / pages }
}

/** The bytes of records and of full pages, and the number of full pages. */
async function writtenIn(site: BenchSite, { from, to }: Logged['log']) {
  if (from === to) return { records: 0, fullPages: 0, pages: 0 }
  await site.query("select pg_logical_emit_message(true, 'bench', '')") // the log's reader needs a record after the end
  const [row] = await site.query(
    `select coalesce(sum(record_length - fpi_length), 0) as records, coalesce(sum(fpi_length), 0) as full_pages from pg_get_wal_records_info($1, $2)
      where start_lsn < $2`,
    [from, to],
  )
  const [blocks] = await site.query(
    `select count(*) as pages from pg_get_wal_block_info($1, $2) where block_fpi_length > 0 and start_lsn < $2`,
    [from, to],
  )
  return {
    records: Number(row?.records),
    fullPages: Number(row?.full_pages),
    pages: Number(blocks?.pages),
  }
}

async function bytesIn(site: BenchSite, table: string): Promise<number> {
  const [size] = await site.query('select pg_total_relation_size($1) as bytes', [table])
  return Number(size?.bytes)
}

async function rowsIn(site: BenchSite, table: string): Promise<number> {
  const [counted] = await site.query(`select count(*) as rows from ${table}`)
  return Number(counted?.rows)
}

/** Fills tables with so much that a page more or less does not matter. */
async function bytesOf(site: BenchSite): Promise<Demands['bytes']> {
  await site.query(`insert into totp_flow_spent_tokens (jti, expires_at)
    select gen_random_uuid(), 1767225600000 + n from generate_series(1, ${FEW}) as n`)
  await site.query(`insert into totp_flow_session_rules
      (user_id, generation, live_from, registers_from, spared_session, changed_at)
    select user_id, 0, 0, 0, null, created_at from totp_flow_devices on conflict do nothing`)
  const devices = await rowsIn(site, 'totp_flow_devices')
  const device = (await bytesIn(site, 'totp_flow_devices')) / devices
  return {
    device,
    user: device + (await bytesIn(site, 'totp_flow_recovery_codes')) / devices,
    elevation: (await bytesIn(site, 'totp_flow_spent_tokens')) / FEW,
    rules: (await bytesIn(site, 'totp_flow_session_rules')) / (await rowsIn(site, 'totp_flow_session_rules')),
  }
}

function comparedCpu(demands: Demands, driverMs: number, one: Used, two: Used): Compared[] {
  const calm = averageOf(demands.requests, MIX)
  const atLimit = averageOf(demands.atLimit, MIX)
  const perSecond = ({ requests, wallMs }: Used) => (requests / wallMs) * 1000
  const ofOne = saturation(atLimit.nodeMs, coresForNode(one))
  const ofTwo = saturation(calm.nodeMs + calm.databaseMs + driverMs, coresForBench(two))
  return [
    {
      what: 'CPU of the node at its limit, for a request',
      unit: 'ms',
      forecast: atLimit.nodeMs,
      measured: one.nodesMs / one.requests,
    },
    {
      what: 'CPU of the primary, for a request of a node at its limit',
      unit: 'ms',
      forecast: atLimit.databaseMs,
      measured: one.databaseMs / one.requests,
    },
    {
      what: 'CPU of two nodes below their limit, for a request',
      unit: 'ms',
      forecast: calm.nodeMs,
      measured: two.nodesMs / two.requests,
    },
    {
      what: 'CPU of the primary, for a request of two nodes',
      unit: 'ms',
      forecast: calm.databaseMs,
      measured: two.databaseMs / two.requests,
    },
    {
      what: 'requests per second, one node on a core of its own',
      unit: '',
      forecast: ofOne,
      measured: perSecond(one),
    },
    {
      what: 'requests per second, two nodes, the primary and the sender on all cores',
      unit: '',
      forecast: ofTwo,
      measured: perSecond(two),
    },
    {
      what: `mean latency, one node, ${ONE_NODE.inFlight} in flight`,
      unit: 'ms',
      forecast: (ONE_NODE.inFlight / ofOne) * 1000,
      measured: one.latencyMs,
    },
    {
      what: `mean latency, two nodes, ${TWO_NODES.inFlight} in flight`,
      unit: 'ms',
      forecast: (TWO_NODES.inFlight / ofTwo) * 1000,
      measured: two.latencyMs,
    },
    {
      what: 'round trips to the primary, for a request',
      unit: '',
      forecast: calm.roundTrips,
      measured: two.roundTrips / two.requests,
    },
  ]
}

/** The share of the last core that others leave free. */
const coresForNode = ({ busyMs, nodesMs, wallMs }: Used) => 1 - ((busyMs.at(-1) ?? 0) - nodesMs) / wallMs

/** The share of all cores that others leave free. */
const coresForBench = ({ busyMs, nodesMs, databaseMs, driverMs, wallMs }: Used) =>
  busyMs.length - (busyMs.reduce((sum, busy) => sum + busy, 0) - nodesMs - databaseMs - driverMs) / wallMs

async function comparedLog(demands: Demands, site: BenchSite): Promise<Compared> {
  const users = await rowsIn(site, 'totp_flow_devices')
  await site.query('create extension pg_walinspect')
  await site.query('checkpoint')
  const { log, requests } = await site.run(countsOf(MIX, LOGGED), CALM)
  const written = await writtenIn(site, log)
  const average = averageOf(demands.requests, MIX)
  const pages = pagesHit(average.pages * requests, pagesOf(demands, users))
  return {
    what: 'write-ahead log after a checkpoint, for a request',
    unit: 'B',
    forecast: average.walBytes + (pages * demands.fullPageBytes) / requests,
    measured: (written.records + written.fullPages) / requests,
  }
}

async function comparedStorage(bytes: Demands['bytes'], site: BenchSite): Promise<Compared> {
  const tables = ['totp_flow_devices', 'totp_flow_recovery_codes']
  const sizes = await Promise.all(tables.map((table) => bytesIn(site, table)))
  const users = await rowsIn(site, 'totp_flow_devices')
  return {
    what: `storage of ${users.toLocaleString('en')} users`,
    unit: 'MB',
    forecast: (users * bytes.user) / 1e6,
    measured: sizes.reduce((sum, size) => sum + size, 0) / 1e6,
  }
}

async function sweptPerSecondOf(site: BenchSite): Promise<number> {
  await site.query(`insert into totp_flow_spent_tokens (jti, expires_at)
    select gen_random_uuid(), n from generate_series(1, ${MANY}) as n`)
  await site.query('vacuum analyze totp_flow_spent_tokens')
  return (MANY / (await site.sweep())) * 1000
}
