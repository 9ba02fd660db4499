/** One of several ways to do the same thing. */
export interface Contender {
  /** Prepares this many acts, untimed. An act rejects unless it succeeds. */
  ready(count: number): Promise<(() => Promise<unknown>)[]>
  close(): Promise<void>
}

/** The result of all rounds. Latencies in milliseconds. */
export interface Figures {
  /** Acts per second in each round. */
  speeds: readonly number[]
  /** In the median round. */
  perSecond: number
  p50: number
  p99: number
}

/**
 * Runs all contenders in turn, round after round, so that other load on the computer affects them equally. The median round counts.
 * The first round is a warm-up and does not count.
 */
export async function sideBySide<Name extends string>(
  contenders: Record<Name, Contender>,
  { rounds, acts, inFlight }: { rounds: number; acts: number; inFlight: number },
): Promise<Record<Name, Figures>> {
  const seen = mapped(contenders, (contender) => ({
    contender,
    speeds: [] as number[],
    latencies: [] as number[],
  }))
  const order = Object.values<(typeof seen)[Name]>(seen)
  for (let round = 0; round <= rounds; round++) {
    for (const { contender, ...kept } of round % 2 === 0 ? order : order.toReversed()) {
      const { latencies, elapsed } = await run(await contender.ready(acts), inFlight)
      if (round === 0) continue
      kept.speeds.push((acts / elapsed) * 1000)
      kept.latencies.push(...latencies)
    }
  }
  return mapped(seen, ({ speeds, latencies }) => ({
    speeds,
    perSecond: quantile(speeds, 0.5),
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
  }))
}

/** The cast is needed: `Object.entries` loses the type of the keys. */
const mapped = <Name extends string, From, To>(
  record: Record<Name, From>,
  make: (from: From) => To,
): Record<Name, To> =>
  Object.fromEntries(Object.entries<From>(record).map(([name, value]) => [name, make(value)])) as Record<
    Name,
    To
  >

async function run(acts: readonly (() => Promise<unknown>)[], inFlight: number) {
  const latencies: number[] = []
  const startedAt = performance.now()
  await inTurn(acts, inFlight, async (act) => {
    const beganAt = performance.now()
    await act()
    latencies.push(performance.now() - beganAt)
  })
  return { latencies, elapsed: performance.now() - startedAt }
}

/** Runs all jobs, a limited number at a time. Returns the results in the order of the items. */
export async function inTurn<Item, Result>(
  items: readonly Item[],
  width: number,
  job: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  const left = items.entries()
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const [index, item] of left) results[index] = await job(item, index)
    }),
  )
  return results
}

/** How many times as fast one is as another, round by round: the median, or another quantile. */
export const timesAsFast = (one: Figures, other: Figures, share = 0.5): number =>
  quantile(
    one.speeds.map((speed, round) => speed / (other.speeds[round] ?? Number.NaN)),
    share,
  )

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
