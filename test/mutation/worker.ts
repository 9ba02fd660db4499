/** Shows the tests one mutant after another, and says which test kills it. Where it hangs, it is killed itself. */
import { resolve } from 'node:path'
import { createVitest, type TestModule } from 'vitest/node'
import { totpMachine } from '../../machines/totp.machine.ts'
import { chartMutants } from './chart-mutants.ts'
import { brokenOnFirstSteps } from './first-steps.ts'
import type { Mutant, Said } from './mutant.ts'
import { refusedByCompiler } from './type-check.ts'

let current: Mutant | undefined
const mutation = {
  name: 'mutation',
  enforce: 'pre' as const,
  transform(code: string, id: string): string | undefined {
    if (!current || id !== resolve(current.file)) return
    const { edit, chart } = current
    if (edit) return code.slice(0, edit.start) + edit.text + code.slice(edit.end)
    return [
      `import { chartMutants } from '/test/mutation/chart-mutants.ts'`,
      code.replace('export const totpMachine =', 'const original ='),
      `export const totpMachine = chartMutants(original)[${chart}].applyTo(original)`,
    ].join('\n')
  },
}

const vitest = await createVitest(
  'test',
  {
    config: false,
    watch: false,
    fsModuleCache: false, // or every mutant would be the first one
    include: [
      'test/machines/*.test.ts',
      'test/flow/*.test.ts',
      'test/client/elevated-fetch.test.ts',
      'test/mutation/*.mutant.ts',
    ],
    setupFiles: ['test/mutation/fewer-runs.ts'],
    reporters: [{}],
    pool: 'threads',
    maxWorkers: 1,
    bail: 1,
    testTimeout: 10_000, // no mutant is killed by what else the machine does
  },
  { plugins: [mutation] },
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

/** The chart is pure, so that its own mutants can be walked without more ado. */
function failureOnFirstSteps({ chart }: Mutant): string | null {
  try {
    const mutant = chart === undefined ? undefined : chartMutants(totpMachine)[chart]
    return mutant ? brokenOnFirstSteps(mutant.applyTo(totpMachine)) : null
  } catch (error) {
    return String(error)
  }
}

const prefixed = (prefix: string, said: string | null) => said && `${prefix}: ${said}`
const SLOW = 'random|interleaved|persistence|memory|paths|secrets'
/** Cheapest first: a mutant that one stage kills is not shown to the next. */
const stages: ((mutant: Mutant) => string | null | Promise<string | null>)[] = [
  (mutant) => prefixed('the rules, on the first steps', failureOnFirstSteps(mutant)),
  () => failureOf(new RegExp(`flow/(?!${SLOW})[a-z-]+\\.test|machines/chart\\.test|\\.mutant`)),
  (mutant) => prefixed('tsc', refusedByCompiler(mutant)),
  ({ file }) => (file === 'src/flow/elevate.ts' ? failureOf(/elevated-fetch\.test/) : null),
  () => failureOf(/flow\/(random|interleaved|persistence|memory)\.test/, /^(?!100,000)/),
  () => failureOf(/machines\/exhaustive\.test/, /from every state|1: keep every rule|not listen/),
  () => failureOf(/flow\/(paths|secrets)\.test/),
]

async function killedBy(mutant: Mutant): Promise<string | null> {
  for (const file of [current?.file, mutant.file]) if (file) vitest.invalidateFile(resolve(file))
  current = mutant
  for (const [index, stage] of stages.entries()) {
    process.send?.({ stage: index } satisfies Said)
    const killer = await stage(mutant)
    if (killer !== null) return killer
  }
  return null
}

process.on('message', async (mutant: Mutant) => {
  process.send?.({ killer: await killedBy(mutant) } satisfies Said)
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
