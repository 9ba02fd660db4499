/** Tells the tests every small lie about the chart, and writes down which they believed: `npm run mutation`. */
import { type ChildProcess, fork } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { totpMachine } from '../../machines/totp.machine.ts'
import { chartMutants } from './chart-mutants.ts'
import { complaintsOf, pageOf, type Result } from './page.ts'
import type { Said } from './worker.ts'

const WORKERS = 2
const PAGE = 'docs/mutation.md'

/** A part of the mutants can be asked for: `npm run mutation -- awaitingCode`. Then no page is written. */
const wanted = process.argv[2]
const mutants = chartMutants(totpMachine).flatMap(({ kind, says }, index) =>
  wanted === undefined || says.includes(wanted) ? [{ kind, says, index }] : [],
)
const results: Result[] = []
const waiting = mutants.toReversed()

function report(result: Result): void {
  results.push(result)
  if (result.killer === null) console.log(`survived: ${result.says}`)
  if (wanted) console.log(`${result.says}\n  killed by ${result.killer}`)
  if (results.length % 50 > 0 && results.length < mutants.length) return
  const survivors = results.filter(({ killer }) => killer === null).length
  console.log(`${results.length} of ${mutants.length}, ${survivors} survived, ${minutes()} minutes`)
}

/** Shows a worker one mutant after another, and takes another worker where one hangs. */
async function work(): Promise<void> {
  let worker: ChildProcess | null = null
  for (let mutant = waiting.pop(); mutant; mutant = waiting.pop()) {
    worker ??= await startWorker()
    const { kind, says, index } = mutant
    const killer = await answerOf(worker, index)
    if (killer === HANGS) {
      worker.kill('SIGKILL')
      worker = null
    }
    report({ kind, says, killer })
  }
  worker?.disconnect() // it leaves by itself
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
const limitOf = (stage: number) => 20_000 + 4 * Math.max(...usual.slice(0, Math.max(stage, 1) + 1))

function answerOf(worker: ChildProcess, mutant: number | null): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>()
  let timer: NodeJS.Timeout | undefined
  let stage = 0
  let since = Date.now()
  worker.once('exit', () => resolve(HANGS))
  worker.on('message', (said: Said) => {
    clearTimeout(timer)
    if (mutant === null) usual[stage] = Date.now() - since
    if ('killer' in said) return resolve(said.killer)
    stage = said.stage
    since = Date.now()
    if (mutant !== null) timer = setTimeout(() => resolve(HANGS), limitOf(stage))
  })
  worker.send({ mutant })
  return promise.finally(() => {
    clearTimeout(timer)
    worker.removeAllListeners('message').removeAllListeners('exit')
  })
}

const first = await startWorker()
const failure = await answerOf(first, null)
if (failure !== null) throw new Error(`The tests fail as they are: ${failure}`)
first.disconnect()
const seconds = usual.map((ms) => `${(ms / 1000).toFixed(1)} s`)
console.log(`${mutants.length} mutants; the stages of the tests take ${seconds.join(', ')}`)
const began = Date.now()
const minutes = () => ((Date.now() - began) / 60_000).toFixed(0)
await Promise.all(Array.from({ length: WORKERS }, work))
if (!wanted) {
  writeFileSync(PAGE, pageOf(results, minutes()))
  for (const complaint of complaintsOf(results)) {
    console.error(complaint)
    process.exitCode = 1
  }
}
