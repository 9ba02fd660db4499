/** Measures what requests and users cost, and holds the forecasts of the model against another site. */
import { quantile } from '../rounds.ts'
import { type BenchSite, type RunOptions, startBench, type Used } from './bench.ts'
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

/** A forecast, and what came of it. */
export interface Compared {
  what: string
  unit: string
  forecast: number
  measured: number
}

/** What one run measures. */
export interface Measured {
  /** The version of the database. */
  postgres: string
  demands: Demands
  /** Rows that a sweep deletes in one second of the primary's CPU. */
  sweptPerSecond: number
  checked: readonly Compared[]
}

/** How many users a forecast is made from, and how many it is made for. */
const FEW = 20_000
const MANY = 200_000

const ROUNDS = 5
/** Rounds that are not counted: V8 compiles what is called often. */
const WARM_UP = 2
/** Of each kind in a round. */
const ACTS = 250
/** The node is busy for a part of the time. */
const CALM: RunOptions = { inFlight: 4, nodes: [0], pinned: false }
/** The node has a core of its own, and is always busy. */
const AT_LIMIT: RunOptions = { inFlight: 16, nodes: [0], pinned: true }
const ONE_NODE: RunOptions = { inFlight: 32, nodes: [0], pinned: true }
const TWO_NODES: RunOptions = { inFlight: 64, nodes: [0, 1], pinned: false }

/** What the check sends, in hundredths. */
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
const CHECKED = 6 * ACTS

/**
 * Demands are measured on a site of few users with one node, a kind at a time; forecasts are checked on another site, of many
 * users with two nodes, with all kinds mixed. Both in turn, round after round, so that whatever else the machine does falls on
 * each alike; what counts is the median round.
 */
export async function measure(note: (text: string) => void): Promise<Measured> {
  const bench = await startBench()
  try {
    const few = await bench.site('few', { nodes: 1, enrolled: CHECKED })
    const many = await bench.site('many', { nodes: 2, enrolled: CHECKED })
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
    const counts = countsOf(MIX, CHECKED)
    for (let round = 0; round < WARM_UP + ROUNDS; round++) {
      const isCounted = round >= WARM_UP
      const keep = (rounds: Used[], used: Used) => isCounted && rounds.push(used)
      for (const kind of kindNames) {
        keep(calm[kind], await few.run({ [kind]: ACTS }, CALM))
        keep(atLimit[kind], await few.run({ [kind]: ACTS }, AT_LIMIT))
      }
      // One after the other, so that neither has done less when both are measured.
      keep(one, await many.run(counts, { ...ONE_NODE, nodes: [round % 2] }))
      keep(two, await many.run(counts, TWO_NODES))
      note(`round ${round + 1} of ${WARM_UP + ROUNDS}`)
    }
    const demands: Demands = {
      requests: demandsFrom(calm, log.kinds),
      atLimit: demandsFrom(atLimit, log.kinds),
      bytes,
      fullPageBytes: log.fullPageBytes,
    }
    const driverMs = weighted(MIX, (kind) => perRequest(calm[kind], (used) => used.driverMs))
    const checked = [...comparedCpu(demands, driverMs, one, two), await comparedLog(demands, few), storage]
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

const median = (rounds: readonly Used[], of: (used: Used) => number) => quantile(rounds.map(of), 0.5)
const perRequest = (rounds: readonly Used[], of: (used: Used) => number) =>
  median(rounds, (used) => of(used) / used.requests)
const weighted = (mix: Mix, of: (kind: Kind) => number) =>
  kindNames.reduce((sum, kind) => sum + ((mix[kind] ?? 0) / 100) * of(kind), 0)

type Log = Record<Kind, { walBytes: number; pages: number }>

type Seen = Record<Kind, Used[]>

const demandsFrom = (seen: Seen, log: Log): Requests =>
  ofKinds((kind) => ({
    nodeMs: perRequest(seen[kind], ({ nodesMs }) => nodesMs),
    databaseMs: perRequest(seen[kind], ({ databaseMs }) => databaseMs),
    roundTrips: Math.round(perRequest(seen[kind], ({ roundTrips }) => roundTrips)),
    ...log[kind],
  }))

const ofKinds = <Value>(make: (kind: Kind) => Value) =>
  Object.fromEntries(kindNames.map((kind) => [kind, make(kind)])) as Record<Kind, Value>

/** Of each kind, after a checkpoint: its records, and the pages that were written in full with them. */
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

/** Bytes of records and of full pages, and how many of these. */
async function writtenIn(site: BenchSite, { from, to }: Used['log']) {
  if (from === to) return { records: 0, fullPages: 0, pages: 0 }
  await site.query("select pg_logical_emit_message(true, 'bench', '')") // its reader wants a record behind the end
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

/** Of tables that hold so much that a page more or less does not count. */
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

function comparedCpu(
  demands: Demands,
  driverMs: number,
  one: readonly Used[],
  two: readonly Used[],
): Compared[] {
  const calm = averageOf(demands.requests, MIX)
  const atLimit = averageOf(demands.atLimit, MIX)
  const perSecond = ({ requests, wallMs }: Used) => (requests / wallMs) * 1000
  const ofOne = median(one, (used) => saturation(atLimit.nodeMs, coresForNode(used)))
  const ofTwo = median(two, (used) =>
    saturation(calm.nodeMs + calm.databaseMs + driverMs, coresForBench(used)),
  )
  return [
    {
      what: 'CPU of the node at its limit, for a request',
      unit: 'ms',
      forecast: atLimit.nodeMs,
      measured: perRequest(one, (used) => used.nodesMs),
    },
    {
      what: 'CPU of the primary, for a request of a node at its limit',
      unit: 'ms',
      forecast: atLimit.databaseMs,
      measured: perRequest(one, (used) => used.databaseMs),
    },
    {
      what: 'CPU of two nodes below their limit, for a request',
      unit: 'ms',
      forecast: calm.nodeMs,
      measured: perRequest(two, (used) => used.nodesMs),
    },
    {
      what: 'CPU of the primary, for a request of two nodes',
      unit: 'ms',
      forecast: calm.databaseMs,
      measured: perRequest(two, (used) => used.databaseMs),
    },
    {
      what: 'requests per second, one node on a core of its own',
      unit: '',
      forecast: ofOne,
      measured: median(one, perSecond),
    },
    {
      what: 'requests per second, two nodes, the primary and the sender on all cores',
      unit: '',
      forecast: ofTwo,
      measured: median(two, perSecond),
    },
    {
      what: `mean latency, one node, ${ONE_NODE.inFlight} in flight`,
      unit: 'ms',
      forecast: (ONE_NODE.inFlight / ofOne) * 1000,
      measured: median(one, (used) => used.latencyMs),
    },
    {
      what: `mean latency, two nodes, ${TWO_NODES.inFlight} in flight`,
      unit: 'ms',
      forecast: (TWO_NODES.inFlight / ofTwo) * 1000,
      measured: median(two, (used) => used.latencyMs),
    },
    {
      what: 'round trips to the primary, for a request',
      unit: '',
      forecast: calm.roundTrips,
      measured: perRequest(two, (used) => used.roundTrips),
    },
  ]
}

/** What others leave of the last core. */
const coresForNode = ({ busyMs, nodesMs, wallMs }: Used) => 1 - ((busyMs.at(-1) ?? 0) - nodesMs) / wallMs

/** What others leave of all cores. */
const coresForBench = ({ busyMs, nodesMs, databaseMs, driverMs, wallMs }: Used) =>
  busyMs.length - (busyMs.reduce((sum, busy) => sum + busy, 0) - nodesMs - databaseMs - driverMs) / wallMs

async function comparedLog(demands: Demands, site: BenchSite): Promise<Compared> {
  const users = await rowsIn(site, 'totp_flow_devices')
  await site.query('create extension pg_walinspect')
  await site.query('checkpoint')
  const { log, requests } = await site.run(countsOf(MIX, CHECKED), CALM)
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
