/** What a site of a given size needs: arithmetic on measured figures, without a clock, a file or a network. */

/** The requests that the model knows, and what each does. */
export const kinds = {
  signIn: 'exchanges a token of the identity provider for a session',
  refresh: 'renews a session token',
  list: 'lists the devices',
  register: 'begins an enrollment',
  enroll: 'verifies the first code',
  verify: 'verifies a code in a session',
  stepUp: 'verifies a code for a single-use elevation',
  guard: 'consumes an elevation in a guard',
} as const
export type Kind = keyof typeof kinds
export const kindNames = Object.keys(kinds) as Kind[]

/** What one request costs. */
export interface Demand {
  /** CPU of the node, milliseconds. */
  nodeMs: number
  /** CPU of all processes of the primary, milliseconds. */
  databaseMs: number
  /** Messages to the primary that wait for an answer, including those that begin and commit. */
  roundTrips: number
  /** Write-ahead log without full pages, bytes. */
  walBytes: number
  /** Pages that it changes. Each is logged in full at its first change after a checkpoint. */
  pages: number
}

export type Requests = Readonly<Record<Kind, Demand>>

/** Everything that was measured. */
export interface Demands {
  /** With idle time between requests, as on computers below their limit. */
  requests: Requests
  /** At the limit of a node, which then does more in each turn of its event loop and needs less per request. */
  atLimit: Requests
  bytes: {
    /** A device with ten recovery codes, indexes included. */
    user: number
    /** The device alone. */
    device: number
    /** A consumed elevation, kept for a day and five minutes. */
    elevation: number
    /** The row that orders a user's enrollments and ends of sessions, kept for 31 days. */
    rules: number
  }
  /** The size of a page in the write-ahead log, without the hole in its middle. */
  fullPageBytes: number
}

/** A site and its computers. */
export interface Site {
  users: number
  signInsPerDay: number
  /** The share of sign-ins followed by a code. */
  codeShare: number
  listsPerSignIn: number
  refreshesPerSignIn: number
  /** Each needs a code and a guard. */
  stepUpsPerDay: number
  enrollmentsPerDay: number
  /** The busiest hour, as a multiple of the day's mean. */
  peakFactor: number
  /** Additional sign-ins within `rushSeconds`, on top of the mean. */
  rushSignIns: number
  rushSeconds: number
  /** The speed of a core, as a multiple of the measured one. */
  coreSpeed: number
  /** How busy nodes and primaries may be at the peak, from 0 to 1. */
  nodeUtilization: number
  primaryUtilization: number
  primaryCores: number
  primaryTerabytes: number
  connectionsPerNode: number
  /** The round trip from a node to the primary, milliseconds. */
  databaseRoundTripMs: number
  /** The wait of a commit for the disk and a synchronous standby, milliseconds. */
  commitMs: number
  checkpointSeconds: number
}

export const DEFAULT_SITE: Site = {
  users: 1e6,
  signInsPerDay: 2e5,
  codeShare: 1,
  listsPerSignIn: 1,
  refreshesPerSignIn: 2,
  stepUpsPerDay: 5e4,
  enrollmentsPerDay: 1e3,
  peakFactor: 3,
  rushSignIns: 0,
  rushSeconds: 600,
  coreSpeed: 1,
  nodeUtilization: 0.6,
  primaryUtilization: 0.5,
  primaryCores: 16,
  primaryTerabytes: 2,
  connectionsPerNode: 10,
  databaseRoundTripMs: 0.5,
  commitMs: 2,
  checkpointSeconds: 300,
}

/** A site of another size whose users have the habits of the default one. */
export const siteOf = (users: number, given: Partial<Site> = {}): Site => {
  const times = users / DEFAULT_SITE.users
  return {
    ...DEFAULT_SITE,
    users,
    signInsPerDay: DEFAULT_SITE.signInsPerDay * times,
    stepUpsPerDay: DEFAULT_SITE.stepUpsPerDay * times,
    enrollmentsPerDay: DEFAULT_SITE.enrollmentsPerDay * times,
    ...given,
  }
}

export interface Forecast {
  peak: Load
  /** `secondsOnPeakMachines`: how long the computers for the peak would work on it. */
  rush: (Load & { secondsOnPeakMachines: number }) | null
  /** Enough for the peak or the rush, whichever needs more. */
  nodes: number
  primaries: number
  /** Why there are so many primaries. */
  primariesBy: 'cpu' | 'storage' | 'one is enough'
  connectionsPerPrimary: number
  /** Most requests read `devices`, which should fit into the memory of the primaries. */
  storage: {
    bytes: number
    perPrimary: number
    users: number
    devices: number
    elevations: number
    rules: number
  }
  /** For all primaries together. */
  walBytesPerDay: number
  /** The mean time of a verification at the peak, from the node's socket to its answer. */
  verificationMs: number
}

/** The demand of a moment. */
interface Load {
  requestsPerSecond: number
  nodeCores: number
  nodes: number
  primaryCores: number
  primaries: number
}

export type Mix = Readonly<Partial<Record<Kind, number>>>

const SECONDS_PER_DAY = 86_400
/** The lifetime of a single-use elevation, plus a day. */
const ELEVATION_KEPT_DAYS = 1 + 300 / SECONDS_PER_DAY
const RULES_KEPT_DAYS = 31
const PAGE_BYTES = 8192
/** Two, so that one may fail. */
const FEWEST_NODES = 2

const total = (mix: Mix, of: (kind: Kind) => number): number =>
  kindNames.reduce((sum, kind) => sum + (mix[kind] ?? 0) * of(kind), 0)

/** The mean cost of a mix of requests, with shares in any unit. */
export function averageOf(requests: Requests, mix: Mix): Demand {
  const count = total(mix, () => 1)
  const average = (of: (demand: Demand) => number) => total(mix, (kind) => of(requests[kind])) / count
  return {
    nodeMs: average(({ nodeMs }) => nodeMs),
    databaseMs: average(({ databaseMs }) => databaseMs),
    roundTrips: average(({ roundTrips }) => roundTrips),
    walBytes: average(({ walBytes }) => walBytes),
    pages: average(({ pages }) => pages),
  }
}

/** How many requests per second use this many cores. */
export const saturation = (millisecondsPerRequest: number, cores: number): number =>
  (cores * 1000) / millisecondsPerRequest

/** How many different pages a number of random changes hits. The others hit a page that was already changed. */
export const pagesHit = (changes: number, pages: number): number =>
  pages === 0 ? 0 : pages * (1 - Math.exp(-changes / pages))

/** The pages of the table and the indexes that verifications change. */
export const pagesOf = ({ bytes }: Demands, users: number): number => (users * bytes.device) / PAGE_BYTES

/** The requests that sign-ins cause. */
const mixOfSignIns = (site: Site, signIns: number): Mix => ({
  signIn: signIns,
  verify: signIns * site.codeShare,
  list: signIns * site.listsPerSignIn,
})

/** The requests of a day. */
const mixOf = (site: Site): Mix => ({
  ...mixOfSignIns(site, site.signInsPerDay),
  refresh: site.signInsPerDay * site.refreshesPerSignIn,
  register: site.enrollmentsPerDay,
  enroll: site.enrollmentsPerDay,
  stepUp: site.stepUpsPerDay,
  guard: site.stepUpsPerDay,
})

function loadOf(demands: Demands, site: Site, perSecond: Mix): Load {
  const cores = (of: (demand: Demand) => number) =>
    total(perSecond, (kind) => of(demands.requests[kind])) / 1000 / site.coreSpeed
  const nodeCores = cores(({ nodeMs }) => nodeMs)
  const primaryCores = cores(({ databaseMs }) => databaseMs)
  return {
    requestsPerSecond: total(perSecond, () => 1),
    nodeCores,
    nodes: Math.max(FEWEST_NODES, Math.ceil(nodeCores / site.nodeUtilization)),
    primaryCores,
    primaries: Math.max(1, Math.ceil(primaryCores / site.primaryUtilization / site.primaryCores)),
  }
}

const scaled = (mix: Mix, times: number): Mix =>
  Object.fromEntries(kindNames.map((kind) => [kind, (mix[kind] ?? 0) * times]))

const sum = (one: Mix, other: Mix): Mix =>
  Object.fromEntries(kindNames.map((kind) => [kind, (one[kind] ?? 0) + (other[kind] ?? 0)]))

/** Forecasts what the site needs. */
export function forecast(demands: Demands, site: Site): Forecast {
  const mean = scaled(mixOf(site), 1 / SECONDS_PER_DAY)
  const peak = loadOf(demands, site, scaled(mean, site.peakFactor))
  const rushing = mixOfSignIns(site, site.rushSignIns / site.rushSeconds)
  const rush = site.rushSignIns > 0 ? loadOf(demands, site, sum(mean, rushing)) : null
  const nodes = Math.max(peak.nodes, rush?.nodes ?? 0)

  const storage = storageOf(demands, site)
  const forCpu = Math.max(peak.primaries, rush?.primaries ?? 0)
  const forStorage = Math.max(1, Math.ceil(storage.bytes / (site.primaryTerabytes * 1e12)))
  const primaries = Math.max(forCpu, forStorage)
  return {
    peak,
    rush: rush && { ...rush, secondsOnPeakMachines: drainSeconds(demands, site, peak, mean, rushing) },
    nodes,
    primaries,
    primariesBy: primaries === 1 ? 'one is enough' : forCpu < forStorage ? 'storage' : 'cpu',
    connectionsPerPrimary: Math.ceil(nodes / primaries) * site.connectionsPerNode,
    storage: { ...storage, perPrimary: storage.bytes / primaries },
    walBytesPerDay: walBytesPerDay(demands, site),
    verificationMs: verificationMs(demands, site, peak, nodes, primaries),
  }
}

function storageOf({ bytes }: Demands, site: Site) {
  const users = site.users * bytes.user
  const elevations = site.stepUpsPerDay * ELEVATION_KEPT_DAYS * bytes.elevation
  const rules = Math.min(site.users, site.enrollmentsPerDay * RULES_KEPT_DAYS) * bytes.rules
  return { users, devices: site.users * bytes.device, elevations, rules, bytes: users + elevations + rules }
}

/** How long the cores of the computers for the peak work on the rush in addition to the day's mean; the slower tier counts. */
function drainSeconds(demands: Demands, site: Site, peak: Load, mean: Mix, rushing: Mix): number {
  const beside = loadOf(demands, site, mean)
  const rush = loadOf(demands, site, rushing)
  const onNodes = rush.nodeCores / (peak.nodes - beside.nodeCores)
  const onPrimaries = rush.primaryCores / (peak.primaries * site.primaryCores - beside.primaryCores)
  return site.rushSeconds * Math.max(onNodes, onPrimaries)
}

/** The records of each request, and each page in full at its first change after a checkpoint. */
function walBytesPerDay(demands: Demands, site: Site): number {
  const day = mixOf(site)
  const records = total(day, (kind) => demands.requests[kind].walBytes)
  const changes = total(day, (kind) => demands.requests[kind].pages)
  const checkpoints = SECONDS_PER_DAY / site.checkpointSeconds
  const pages = pagesHit(changes / checkpoints, pagesOf(demands, site.users))
  return records + checkpoints * pages * demands.fullPageBytes
}

/**
 * Processor sharing: work that takes `t` alone takes `t / (1 - utilization)` on average, regardless of the distribution of `t`. Waits
 * for the network and the commit keep no core busy.
 */
function verificationMs({ requests }: Demands, site: Site, peak: Load, nodes: number, primaries: number) {
  const { nodeMs, databaseMs, roundTrips } = requests.verify
  const shared = (milliseconds: number, busy: number, cores: number) =>
    milliseconds / site.coreSpeed / (1 - busy / cores)
  return (
    shared(nodeMs, peak.nodeCores, nodes) +
    shared(databaseMs, peak.primaryCores, primaries * site.primaryCores) +
    roundTrips * site.databaseRoundTripMs +
    site.commitMs
  )
}
