import { ENDLESS, explore } from '../machines/explore.ts'
import type { Machine } from '../machines/tab.ts'
import { oneTab, ours, withPasskeys } from '../machines/tab-moves.ts'
import { product } from '../machines/tabs-and-server.ts'

/** A rule is mostly broken within so many states, and the whole walk takes many times as long. */
const FIRST_STATES = 1_000

/** A rule that the chart breaks on its first steps, alone or with a server. */
export function brokenOnFirstSteps(machine: Machine): string | null {
  for (const given of [ours, withPasskeys]) {
    const { violation } = explore({ ...oneTab(machine, given), atMost: FIRST_STATES })
    if (violation && !violation.rules.includes(ENDLESS)) return violation.rules[0] ?? null
  }
  return explore(product(machine, 1)).violation?.rules[0] ?? null
}
