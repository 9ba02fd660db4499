import type { Figures } from './rounds.ts'
import type { CommitsRow } from './rows/commits.ts'
import type { NodesRow } from './rows/nodes.ts'
import type { Profile, Sized } from './rows/sizes.ts'
import type { VerificationRow } from './rows/verification.ts'

/** All that one run measures. */
export interface Measured {
  verification: { one: VerificationRow; many: VerificationRow }
  crowds: ReadonlyMap<number, Figures>
  nodes: { rows: readonly NodesRow[]; residentMegabytes: { atStart: number; afterLoad: number } }
  sizes: Record<Sized, number>
  profiles: Readonly<Record<'core' | 'hooks' | 'components', Profile>>
  flows: Record<'ours' | 'bare', Figures>
  /** Bytes, over 90,000 flows. */
  heapGrowth: number
  commits: CommitsRow
  startSeconds: number
}
