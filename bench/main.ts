/** Measures every figure in docs/performance.md and writes that page: `npm run bench`. */
import { writeFileSync } from 'node:fs'
import type { Measured } from './measured.ts'
import { performanceChart, performancePage } from './page.ts'
import { commits } from './rows/commits.ts'
import { crowds } from './rows/crowd.ts'
import { flows, flowWork, heapGrowth } from './rows/flow.ts'
import { install } from './rows/install.ts'
import { nodes } from './rows/nodes.ts'
import { verificationOnPostgres } from './rows/postgres.ts'
import { profileOf, sizes } from './rows/sizes.ts'
import { start } from './rows/start.ts'
import { verification } from './rows/verification.ts'

async function measure<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  const startedAt = performance.now()
  const result = await work()
  console.log(`${what}: measured in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`)
  return result
}

const measured: Measured = {
  verification: await measure('verifications', () => verification(21)),
  postgres: await measure('PostgreSQL', () => verificationOnPostgres(11)),
  crowds: await measure('users', () => crowds([1_000, 100_000, 1_000_000], 7)),
  nodes: await measure('processes', () => nodes([1, 2, 4])),
  flows: await measure('flows', () => flows(101)),
  flowWork: await measure('a flow’s work', () => flowWork(20)),
  heapGrowth: await measure('heap', heapGrowth),
  commits: await measure('React commits', commits), // before `sizes`, which switches React to production
  sizes: await measure('sizes', sizes),
  profiles: await measure('profiles', async () => ({
    core: await profileOf('core'),
    hooks: await profileOf('hooks'),
    components: await profileOf('components'),
  })),
  install: await measure('an install', install),
  startSeconds: await measure('start', () => start(3)),
}

const page = (name: string) => new URL(`../docs/performance.${name}`, import.meta.url)
writeFileSync(page('svg'), performanceChart(measured))
writeFileSync(page('md'), performancePage(measured))
console.log('Written to docs/performance.md.')
process.exit() // jsdom and Vite leave things running
