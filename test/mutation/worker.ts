/** Shows the tests one mutant of the chart after another, and says which test kills it. Where it hangs, it is killed itself. */
import { resolve } from 'node:path'
import { createVitest, type TestModule } from 'vitest/node'
import { totpMachine } from '../../machines/totp.machine.ts'
import { chartMutants } from './chart-mutants.ts'
import { brokenOnFirstSteps } from './first-steps.ts'

/** What a worker says: that it begins with a stage of the tests, or what killed the mutant, `null` if nothing did. */
export type Said = { stage: number } | { killer: string | null }

const CHART = resolve('machines/totp.machine.ts')

/** Its place in the list of `chartMutants`; `null` is the chart as it is. */
let current: number | null = null
const mutation = {
  name: 'mutation',
  enforce: 'pre' as const,
  transform(code: string, id: string): string | undefined {
    if (current === null || id !== CHART) return
    return [
      `import { chartMutants } from '/test/mutation/chart-mutants.ts'`,
      code.replace('export const totpMachine =', 'const original ='),
      `export const totpMachine = chartMutants(original)[${current}].applyTo(original)`,
    ].join('\n')
  },
}

const vitest = await createVitest(
  'test',
  {
    config: false,
    watch: false,
    fsModuleCache: false, // or every mutant would be the first one
    include: ['test/machines/*.test.ts', 'test/flow/*.test.ts'],
    setupFiles: ['test/mutation/fewer-runs.ts'],
    reporters: [{}],
    pool: 'threads',
    maxWorkers: 1,
    bail: 1,
    testTimeout: 10_000, // no mutant is killed by what else the machine does
  },
  {
    plugins: [mutation],
    // Or tests that import the package by its name would have the chart of the last build, without any mutant.
    ssr: { resolve: { conditions: ['totp-flow-source', 'node', 'development'] } },
  },
)
const specifications = await vitest.globTestSpecifications()

function failureIn(module: TestModule): string | undefined {
  const [test] = module.children.allTests('failed')
  const hangs = test?.result().errors?.some(({ message }) => message.includes('timed out'))
  if (test) return hangs ? `time: ${test.fullName}` : test.fullName
  return module.errors().length > 0 ? `${module.relativeModuleId}: ${module.errors()[0]?.message}` : undefined
}

/** Holds tests against the current mutant: those of some files, or of them those of some name. */
async function failureOf(files: RegExp, only = /(?:)/): Promise<string | null> {
  vitest.setGlobalTestNamePattern(only)
  vitest.state.filesMap.clear() // or what failed before would be found again
  const chosen = specifications.filter(({ moduleId }) => files.test(moduleId))
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(chosen)
  const failure = testModules.map(failureIn).find((one) => one !== undefined)
  return failure ?? (unhandledErrors.length > 0 ? `uncaught: ${unhandledErrors[0]}` : null)
}

/** The chart is pure, so that its mutants can be walked in this very process. */
function failureOnFirstSteps(): string | null {
  try {
    const mutant = current === null ? undefined : chartMutants(totpMachine)[current]
    const broken = brokenOnFirstSteps(mutant?.applyTo(totpMachine) ?? totpMachine)
    return broken && `the rules, on the first steps: ${broken}`
  } catch (error) {
    return `the rules, on the first steps: ${error}`
  }
}

const SLOW = 'random|interleaved|persistence|stopped|paths|secrets'
/** Cheapest first: a mutant that one stage kills is not shown to the next. */
const stages: (() => string | null | Promise<string | null>)[] = [
  failureOnFirstSteps,
  () => failureOf(new RegExp(`flow/(?!${SLOW})[a-z-]+\\.test|machines/chart\\.test`)),
  () => failureOf(/flow\/(random|interleaved|persistence|stopped)\.test/),
  () => failureOf(/machines\/exhaustive\.test/, /from every state|tabs: 1\)|not listen/),
  () => failureOf(/flow\/(paths|secrets)\.test/),
]

async function killedBy(mutant: number | null): Promise<string | null> {
  vitest.invalidateFile(CHART)
  current = mutant
  for (const [index, stage] of stages.entries()) {
    process.send?.({ stage: index } satisfies Said)
    const killer = await stage()
    if (killer !== null) return killer
  }
  return null
}

process.on('message', async ({ mutant }: { mutant: number | null }) => {
  process.send?.({ killer: await killedBy(mutant) } satisfies Said)
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
