import { ENDLESS, explore } from '../machines/explore.ts'
import type { Machine } from '../machines/tab.ts'
import { oneTab } from '../machines/tab-moves.ts'
import { product } from '../machines/tabs-and-server.ts'

/** A rule is mostly broken within so many states, and the whole walk takes many times as long. */
const FIRST_STATES = 1_000

/** A rule that the chart breaks on its first steps, alone or with a server. */
export function brokenOnFirstSteps(machine: Machine): string | null {
  const { violation } = explore({ ...oneTab(machine), atMost: FIRST_STATES })
  const found =
    violation && !violation.rules.includes(ENDLESS) ? violation : explore(product(machine, 1)).violation
  return found?.rules[0] ?? null
}
