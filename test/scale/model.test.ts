/** The arithmetic of the load model: docs/scale.md. That its figures are right, `npm run scale -- check` measures. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  averageOf,
  DEFAULT_SITE,
  type Demand,
  type Demands,
  forecast,
  type Kind,
  kindNames,
  pagesHit,
  type Site,
  saturation,
  siteOf,
} from '../../bench/scale/model.ts'

const demand: Demand = { nodeMs: 2, databaseMs: 1, roundTrips: 2, walBytes: 100, pages: 1 }
/** All kinds alike, so that a sum can be done in the head. */
const requests = Object.fromEntries(kindNames.map((kind) => [kind, demand])) as Record<Kind, Demand>
const demands: Demands = {
  requests,
  atLimit: requests,
  bytes: { user: 4000, device: 400, elevation: 200, rules: 250 },
  fullPageBytes: 8000,
}

/** One sign-in a second, of one request; nothing else. */
const plain: Site = {
  ...DEFAULT_SITE,
  users: 1e6,
  signInsPerDay: 86_400,
  codeShare: 0,
  listsPerSignIn: 0,
  refreshesPerSignIn: 0,
  stepUpsPerDay: 0,
  enrollmentsPerDay: 0,
  peakFactor: 1,
}

const sites = fc
  .record({
    users: fc.integer({ min: 1e4, max: 1e9 }),
    signInsPerDay: fc.integer({ min: 1, max: 1e9 }),
    stepUpsPerDay: fc.integer({ min: 0, max: 1e9 }),
    enrollmentsPerDay: fc.integer({ min: 0, max: 1e6 }),
    codeShare: fc.double({ min: 0, max: 1, noNaN: true }),
    peakFactor: fc.double({ min: 1, max: 20, noNaN: true }),
    rushSignIns: fc.integer({ min: 0, max: 1e8 }),
    primaryCores: fc.integer({ min: 1, max: 128 }),
    nodeUtilization: fc.double({ min: 0.1, max: 0.9, noNaN: true }),
    primaryUtilization: fc.double({ min: 0.1, max: 0.9, noNaN: true }),
  })
  .map((given): Site => ({ ...DEFAULT_SITE, ...given }))

const ofAll = (claim: (site: Site) => void) => fc.assert(fc.property(sites, claim), { numRuns: 300 })

it('one request of 2 ms a second keeps 0.002 cores busy, and takes no more than two nodes', () => {
  const { peak, nodes, primaries, storage, walBytesPerDay, verificationMs } = forecast(demands, plain)
  expect(peak).toEqual({
    requestsPerSecond: 1,
    nodeCores: 0.002,
    nodes: 2,
    primaryCores: 0.001,
    primaries: 1,
  })
  expect([nodes, primaries]).toEqual([2, 1])
  expect(storage).toEqual({
    users: 4e9,
    devices: 4e8,
    elevations: 0,
    rules: 0,
    bytes: 4e9,
    perPrimary: 4e9,
  })
  // 288 checkpoints a day, and 300 changes between two of them on 48,828 pages.
  expect(walBytesPerDay / (86_400 * 100 + 288 * 300 * 8000)).toBeCloseTo(0.997, 3)
  expect(verificationMs).toBeCloseTo(2 + 1 + 2 * 0.5 + 2, 2)
})

it('10 million sign-ins in ten minutes take as many cores as their requests a second', () => {
  const { rush } = forecast(demands, { ...plain, rushSignIns: 1e7, rushSeconds: 600, codeShare: 1 })
  const perSecond = 1e7 / 600 + 1
  expect(rush?.requestsPerSecond).toBeCloseTo(2 * perSecond)
  expect(rush?.nodeCores).toBeCloseTo((2 * perSecond * 2) / 1000)
  expect(rush?.nodes).toBe(Math.ceil((2 * perSecond * 2) / 1000 / 0.6))
})

it('a site without a rush gets no forecast of one', () => expect(forecast(demands, plain).rush).toBeNull())

it('twice the users with the same habits take twice the storage, log, requests and cores', () =>
  fc.assert(
    fc.property(fc.integer({ min: 1e4, max: 1e9 }), (users) => {
      const [one, two] = [forecast(demands, siteOf(users)), forecast(demands, siteOf(2 * users))]
      expect(two.storage.bytes / one.storage.bytes).toBeCloseTo(2)
      expect(two.walBytesPerDay / one.walBytesPerDay).toBeCloseTo(2)
      expect(two.peak.requestsPerSecond / one.peak.requestsPerSecond).toBeCloseTo(2)
      expect(two.peak.nodeCores / one.peak.nodeCores).toBeCloseTo(2)
      expect(two.peak.primaryCores / one.peak.primaryCores).toBeCloseTo(2)
    }),
  ))

it('cores that are twice as fast are half as many', () =>
  ofAll((site) => {
    const [one, two] = [site, { ...site, coreSpeed: 2 }].map((each) => forecast(demands, each).peak)
    expect((one?.nodeCores ?? 0) / (two?.nodeCores ?? 0)).toBeCloseTo(2)
    expect((one?.primaryCores ?? 0) / (two?.primaryCores ?? 0)).toBeCloseTo(2)
  }))

it('nodes and primaries stay within the given utilization, at the peak and in the rush', () =>
  ofAll((site) => {
    const { peak, rush, nodes, primaries } = forecast(demands, site)
    for (const load of [peak, ...(rush ? [rush] : [])]) {
      expect(load.nodeCores / nodes).toBeLessThanOrEqual(site.nodeUtilization + 1e-9)
      expect(load.primaryCores / (primaries * site.primaryCores)).toBeLessThanOrEqual(
        site.primaryUtilization + 1e-9,
      )
    }
  }))

it('no primary stores more than fits on its disk, and several primaries have a reason', () =>
  ofAll((site) => {
    const { storage, primaries, primariesBy } = forecast(demands, site)
    expect(storage.perPrimary).toBeLessThanOrEqual(site.primaryTerabytes * 1e12)
    expect(storage.users + storage.elevations + storage.rules).toBeCloseTo(storage.bytes)
    expect(primariesBy === 'one is enough').toBe(primaries === 1)
  }))

it('a higher peak takes more requests a second, and no more storage or log', () =>
  ofAll((site) => {
    const [one, two] = [site, { ...site, peakFactor: site.peakFactor * 2 }].map((each) =>
      forecast(demands, each),
    )
    expect((two?.peak.requestsPerSecond ?? 0) / (one?.peak.requestsPerSecond ?? 0)).toBeCloseTo(2)
    expect(two?.storage.bytes).toBe(one?.storage.bytes)
    expect(two?.walBytesPerDay).toBe(one?.walBytesPerDay)
  }))

it('the machines of the peak work twice as long on twice the rush', () =>
  ofAll((site) => {
    if (site.rushSignIns === 0) return
    const [one, two] = [1, 2].map((times) =>
      forecast(demands, { ...site, rushSignIns: site.rushSignIns * times }),
    )
    const seconds = [one, two].map((each) => each?.rush?.secondsOnPeakMachines ?? Number.NaN)
    expect((seconds[1] ?? 0) / (seconds[0] ?? 0)).toBeCloseTo(2)
  }))

it('a verification is slower the busier the machines are', () =>
  ofAll((site) => {
    const busy = { ...site, nodeUtilization: 0.95, primaryUtilization: 0.95 }
    expect(forecast(demands, busy).verificationMs).toBeGreaterThanOrEqual(
      forecast(demands, { ...busy, nodeUtilization: 0.3, primaryUtilization: 0.3 }).verificationMs - 1e-9,
    )
  }))

it('more frequent checkpoints log more', () =>
  ofAll((site) => {
    const [often, seldom] = [60, 3600].map(
      (checkpointSeconds) => forecast(demands, { ...site, checkpointSeconds }).walBytesPerDay,
    )
    // With few changes each page is hit once either way, and the two differ by rounding alone.
    expect(often).toBeGreaterThanOrEqual((seldom ?? 0) * (1 - 1e-9))
  }))

it('changes at random hit each page once where there are many pages, and every page where there are few', () => {
  expect(pagesHit(100, 1e9)).toBeCloseTo(100, 3)
  expect(pagesHit(1e9, 100)).toBeCloseTo(100)
  expect(pagesHit(100, 0)).toBe(0)
})

it('a core does 500 requests of 2 ms a second, and four cores 2,000', () => {
  expect(saturation(2, 1)).toBe(500)
  expect(saturation(2, 4)).toBe(2000)
})

it('the average of a mix weighs each kind by its share, whatever the unit', () => {
  const heavy = { ...requests, verify: { ...demand, nodeMs: 6 } }
  expect(averageOf(heavy, { list: 3, verify: 1 }).nodeMs).toBe(3)
  expect(averageOf(heavy, { list: 75, verify: 25 }).nodeMs).toBe(3)
})
