/** Tells the tests every small lie about the machine and the flow, and writes down which they believed: `npm run mutation`. */
import { type ChildProcess, fork } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { totpMachine } from '../../machines/totp.machine.ts'
import { chartMutants } from './chart-mutants.ts'
import { type Mutant, NOTHING, type Said } from './mutant.ts'
import { complaintsOf, pageOf, type Result } from './page.ts'
import { sourceMutants } from './source-mutants.ts'

const WORKERS = 2
const PAGE = 'docs/mutation.md'
const CHART = 'machines/totp.machine.ts'

/** Some files hold no code that runs: types, and names for others. */
const files = [
  ...['machines', 'src/flow'].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name !== 'index.ts' && !name.endsWith('.types.ts'))
      .map((name) => `${folder}/${name}`),
  ),
  'src/contract/elevations.ts',
]
const all: Mutant[] = [
  ...chartMutants(totpMachine).map(({ kind, says }, chart) => ({ kind, says, file: CHART, chart })),
  ...files.flatMap(sourceMutants),
]

/** So many minutes and no more, and the page says what was not reached: `MINUTES=30 npm run mutation`. */
const limit = Number(process.env.MINUTES ?? Number.POSITIVE_INFINITY)

/** A part of the mutants can be asked for: `npm run mutation -- 'tabs.ts'`. Then no page is written. */
const wanted = process.argv[2]
const mutants = wanted ? all.filter(({ file, says }) => `${file}: ${says}`.includes(wanted)) : all

const results: Result[] = []
const waiting = mutants.toReversed()

function report(result: Result): void {
  results.push(result)
  const { killer, mutant } = result
  const survivors = results.filter((one) => one.killer === null).length
  if (killer === null) console.log(`survived: ${mutant.file}: ${mutant.says}`)
  if (wanted) console.log(`${mutant.says}\n  killed by ${killer}`)
  if (results.length % 50 > 0 && results.length < mutants.length) return
  console.log(
    `${results.length} of ${mutants.length}, ${survivors} survived, ${minutesSoFar().toFixed(1)} minutes`,
  )
}

/** Shows a worker one mutant after another, and takes another worker where one hangs. */
async function work(): Promise<void> {
  let worker: ChildProcess | null = null
  const next = () => (minutesSoFar() < limit ? waiting.pop() : undefined)
  for (let mutant = next(); mutant; mutant = next()) {
    worker ??= await startWorker()
    const killer = await answerOf(worker, mutant)
    if (killer === HANGS) {
      worker.kill('SIGKILL')
      worker = null
    }
    report({ mutant, killer })
  }
  worker?.disconnect() // it leaves by itself, and takes its folder along
}

const HANGS = 'time: it hangs, or takes all memory'

async function startWorker(): Promise<ChildProcess> {
  const worker = fork(new URL('worker.ts', import.meta.url), {
    execArgv: ['--conditions=totp-flow-source', '--max-semi-space-size=128'],
  })
  await new Promise((resolve) => worker.once('message', resolve))
  return worker
}

/** How long each stage takes when there is nothing to find. Many times that means that it hangs. */
const usual: number[] = []
const limitOf = (stage: number) =>
  usual.length > stage ? 20_000 + 4 * Math.max(...usual.slice(0, Math.max(stage, 1) + 1)) : 600_000

function answerOf(worker: ChildProcess, mutant: Mutant): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>()
  let timer: NodeJS.Timeout | undefined
  let stage = 0
  let since = Date.now()
  worker.once('exit', () => resolve(HANGS))
  worker.on('message', (said: Said) => {
    clearTimeout(timer)
    if (mutant === NOTHING) usual[stage] = Date.now() - since
    if ('killer' in said) return resolve(said.killer)
    stage = said.stage
    since = Date.now()
    timer = setTimeout(() => resolve(HANGS), limitOf(stage))
  })
  worker.send(mutant)
  return promise.finally(() => {
    clearTimeout(timer)
    worker.removeAllListeners('message').removeAllListeners('exit')
  })
}

const first = await startWorker()
const failure = await answerOf(first, NOTHING)
if (failure !== null) throw new Error(`The tests fail as they are: ${failure}`)
first.disconnect()
console.log(
  `${mutants.length} mutants; the tests take ${usual.map((ms) => `${(ms / 1000).toFixed(1)} s`).join(', ')}`,
)
const began = Date.now()
const minutesSoFar = () => (Date.now() - began) / 60_000
await Promise.all(Array.from({ length: WORKERS }, work))
if (!wanted) {
  writeFileSync(PAGE, pageOf(results, waiting, minutesSoFar().toFixed(0)))
  for (const complaint of complaintsOf(results, waiting)) {
    console.error(complaint)
    process.exitCode = 1
  }
}
