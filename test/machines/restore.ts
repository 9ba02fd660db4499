/** A process of its own: restores the parents that stand in a file, and tells what became of the charts in them. */

import { readFileSync } from 'node:fs'
import { type ActorRefFrom, type AnyActorRef, createActor, fromPromise, type Snapshot } from 'xstate'
import { totpMachine } from '../../machines/totp.machine.ts'
import type {
  Attempt,
  Removal,
  SealedAuthentication,
  Standing,
  TotpEvent,
} from '../../machines/totp.types.ts'
import type { TotpRegistration } from '../../src/contract/answers.ts'
import { Sealed } from '../../src/contract/sealed.ts'
import { toView } from '../../src/flow/view.ts'
import { RECOVERY_CODES, RIGHT_CODE } from '../flow/scripted-backend.ts'
import { type Holding, parents } from './parents.ts'
import { type CallName, userEvents } from './tab.ts'
import { answers } from './tab-moves.ts'

/** What was made of one parent. */
export interface Restored {
  state: unknown
  intent: unknown
  device: unknown
  /** What the backend was called for before anything was sent. */
  calls: CallName[]
  /** What should not be, in words. */
  problems: string[]
}

interface Call {
  name: CallName
  answer(output: unknown): void
}

let calls: Call[] = []
let problems: string[] = []
process.on('uncaughtException', (error) => problems.push(`thrown: ${error.message}`))

const typed: readonly unknown[] = [RIGHT_CODE, '12345', ...RECOVERY_CODES]
function call<Output>(name: CallName): Promise<Output> {
  const { promise, resolve } = Promise.withResolvers<Output>()
  calls.push({ name, answer: (output) => resolve(output as Output) })
  return promise
}
const chart = totpMachine.provide({
  actors: {
    getMfaDevices: fromPromise(() => call<Standing>('getMfaDevices')),
    registerTotpMfaDevice: fromPromise(() => call<Sealed<TotpRegistration>>('registerTotpMfaDevice')),
    authenticateTotpMfaDevice: fromPromise<SealedAuthentication, Attempt>(({ input: { code } }) => {
      if (!(code instanceof Sealed && typed.includes(code.unseal())))
        problems.push('sent a code nobody typed')
      return call('authenticateTotpMfaDevice')
    }),
    deleteMfaDevice: fromPromise<void, Removal>(() => call('deleteMfaDevice')),
  },
})

const settle = () => new Promise<void>((resolve) => setImmediate(resolve))

/** Restores one parent, sends it an event if one is given, and answers the calls that follow. */
async function restore(holding: Holding, stored: Stored, event?: TotpEvent): Promise<Restored> {
  calls = []
  problems = []
  const parent = createActor(parents[holding](chart), { snapshot: stored }).start()
  const children: Record<string, AnyActorRef | undefined> = parent.getSnapshot().children
  const totp: ActorRefFrom<typeof chart> | undefined =
    children.totp ?? children.settings?.getSnapshot().children.totp
  if (!totp) throw new Error('the parent holds no chart')
  const look = () => {
    if (parent.getSnapshot().status !== 'active') problems.push('the parent stopped')
    if (totp.getSnapshot().status !== 'active') problems.push('the chart stopped')
    if (JSON.stringify({ view: toView(totp.getSnapshot()) }).includes('"[sealed]"')) {
      const { registration, recoveryCodes } = totp.getSnapshot().context
      for (const part of [registration, recoveryCodes]) {
        if (part !== null && !(part instanceof Sealed)) problems.push('shows what is no secret as one')
      }
    }
  }
  look()
  const { value: state, context } = totp.getSnapshot()
  const { intent, device, registration, elevations, mfaToken, recoveryCodes, error } = context
  if (registration || mfaToken || recoveryCodes || error || elevations.length > 0) {
    problems.push('kept what no store can hold')
  }
  const restored = { state, intent, device, calls: calls.map(({ name }) => name), problems }
  if (event) {
    totp.send(event)
    look()
    for (let more = 0; more < 3; more += 1) {
      await settle()
      const call = calls.at(-1)
      call?.answer(answers[call.name].at(-1))
      await settle()
      look()
    }
  }
  parent.stop()
  return restored
}

/** What a parent persisted, as JSON gives it back. */
type Stored = Snapshot<unknown>

const { stored } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as {
  stored: { holding: Holding; snapshot: Stored }[]
}
const all: Restored[] = []
/** The same chart does the same: each is tried with all events once. */
const tried = new Set<string>()
for (const { holding, snapshot } of stored) {
  const restored = await restore(holding, snapshot)
  const key = JSON.stringify([holding, restored])
  for (const event of tried.has(key) ? [] : userEvents) {
    const { problems } = await restore(holding, snapshot, event)
    restored.problems.push(...problems.map((problem) => `${JSON.stringify(event)}: ${problem}`))
  }
  tried.add(key)
  all.push(restored)
}
process.stdout.write(JSON.stringify(all))
