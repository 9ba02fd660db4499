import type { Figures } from './rounds.ts'
import type { CommitsRow } from './rows/commits.ts'
import type { InstallRow } from './rows/install.ts'
import type { NodesRow } from './rows/nodes.ts'
import type { PostgresRow } from './rows/postgres.ts'
import type { Work } from './rows/profile.ts'
import type { Profile, Sized } from './rows/sizes.ts'
import type { Verifications } from './rows/verification.ts'

/** Everything that one run measures. */
export interface Measured {
  verification: Verifications
  postgres: { one: PostgresRow; many: PostgresRow; work: Work }
  crowds: ReadonlyMap<number, Figures>
  nodes: { rows: readonly NodesRow[]; residentMegabytes: { atStart: number; afterLoad: number } }
  sizes: Record<Sized, number>
  profiles: Readonly<Record<'core' | 'hooks' | 'components', Profile>>
  install: InstallRow
  flows: Record<'ours' | 'bare', Figures>
  flowWork: Work
  /** Bytes, over 90,000 flows. */
  heapGrowth: number
  commits: CommitsRow
  startSeconds: number
}
