import fc from 'fast-check'
import { errorCodes, TotpFlowError } from '../../src/contract/errors.ts'
import { PASSKEY, userEvents } from '../machines/tab.ts'
import { answers, withPasskeys } from '../machines/tab-moves.ts'
import { CALL_TIMEOUT, garbage, type LiveCall, type LiveFlow, rawAnswer, settle } from './live-flow.ts'
import { RIGHT_CODE } from './scripted-backend.ts'

const passkeyNews = [[PASSKEY], []].map((passkeys) => ({ type: 'passkeys.changed', passkeys }) as const)

/** Anything that anybody may do to a flow at any time: in order or not, early, late, twice, and wrong. */
export interface Command {
  name: string
  run(live: LiveFlow): void
}

const send = fc.constantFrom(...userEvents, ...passkeyNews).map(
  (event): Command => ({
    name: `send ${JSON.stringify(event)}`,
    run: (live) => live.send(event),
  }),
)

/** Most often the call that is waited for; now and then one that was left or answered before. */
const anyCall = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(3) })
const toCall = (name: string, answer: (call: LiveCall, live: LiveFlow) => void) =>
  anyCall.map(
    (back): Command => ({
      name: `${name}, ${back} calls ago`,
      run(live) {
        const call = live.calls.at(-1 - back)
        if (call) answer(call, live)
      },
    }),
  )

/** Who offers passkeys lists them at times, and takes them. */
const outputsOf = ({ name }: LiveCall, { flow }: LiveFlow) =>
  flow.getView().offersPasskeys && name === 'getMfaDevices' ? withPasskeys.answers[name] : answers[name]

const succeed = fc.nat(4).chain((index) =>
  toCall(`answer ${index}`, (call, live) => {
    const { clock } = live
    const outputs = outputsOf(call, live)
    call.answer(rawAnswer(call.name, outputs[index % outputs.length], clock.now()))
  }),
)
const refuse = fc.constantFrom(...errorCodes).chain((code) =>
  toCall(`refuse with ${code}`, (call, { clock }) => {
    call.fail(new TotpFlowError(code, code === 'rate_limited' ? { retryAt: clock.now() + 30_000 } : {}))
  }),
)
const babble = fc
  .nat(garbage.length - 1)
  .chain((index) => toCall(`answer garbage ${index}`, (call) => call.answer(garbage[index])))

/** What leads on from wherever the flow is: without it, few runs would come far. */
const goOn = fc.nat(4).map(
  (kind): Command => ({
    name: `go on by ${kind}`,
    run(live) {
      const { flow, clock, current } = live
      const { showsCodeField, showsPasswordField, methods, device } = flow.getView()
      const call = current()
      const outputs = call ? outputsOf(call, live) : []
      if (call) call.answer(rawAnswer(call.name, outputs[kind % outputs.length], clock.now()))
      else if (methods.includes('passkey') && (kind > 2 || !showsCodeField)) flow.submitPasskey()
      else if (showsCodeField) flow.submitCode(RIGHT_CODE)
      else if (showsPasswordField) flow.submitPassword('a password')
      else if (!device?.verified && (kind > 0 || !flow.getView().can.stepUp)) flow.register()
      else if (kind === 0) flow.stepUp([], { createMfaTokenOptions: { singleUse: true } })
      else if (kind === 1) flow.stepUp(['credential:unlink'])
      else if (kind === 2) flow.stepUp(['wallet:export'], { fresh: true })
      else flow.deleteDevice()
    },
  }),
)

const milliseconds = fc.constantFrom(1, CALL_TIMEOUT, 30_000, 2_000_000)
const pass = milliseconds.map(
  (ms): Command => ({ name: `${ms} ms pass`, run: ({ clock }) => clock.pass(ms) }),
)
const sleep = milliseconds.map(
  (ms): Command => ({ name: `sleep ${ms} ms`, run: ({ clock }) => clock.sleep(ms) }),
)
const setBack = milliseconds.map(
  (ms): Command => ({
    name: `set the clock back by ${ms} ms`,
    run: ({ clock }) => clock.sleep(-ms),
  }),
)
const wake = fc.constant<Command>({
  name: 'wake up',
  run({ clock, send }) {
    clock.wake()
    send({ type: 'flow.wake' })
  },
})

export const commands = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: goOn },
    { weight: 8, arbitrary: send },
    { weight: 3, arbitrary: succeed },
    { weight: 3, arbitrary: refuse },
    { weight: 1, arbitrary: babble },
    { weight: 1, arbitrary: pass },
    { weight: 1, arbitrary: sleep },
    { weight: 1, arbitrary: setBack },
    { weight: 1, arbitrary: wake },
  ),
  { maxLength: 40, size: 'max' },
)

export async function run(
  all: readonly Command[],
  live: LiveFlow,
  after: (command: Command) => void = () => {},
) {
  for (const command of all) {
    command.run(live)
    await settle()
    after(command)
  }
}
