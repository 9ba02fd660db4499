import { createActor } from 'xstate'
import { TimeSource } from '../contract/clock.ts'
import { assertOptions, type OptionRules, trueOrFalse } from '../contract/options.ts'
import { assertBackend, connect, connectedMachine, totpInput } from './actors.ts'
import { resumableFrom } from './persist.ts'
import type { TotpFlow, TotpFlowOptions } from './totp-flow.ts'
import { flowOver } from './totp-flow-of.ts'

/** Code without types turns an option off in this way: `inspect: isDevelopment && inspect`. */
const isOff = (value: unknown) => value === false || value === null

/** Whether it has all these methods. */
const has = (value: unknown, ...methods: string[]) =>
  methods.every((method) => typeof Object(value)[method] === 'function')

const rules: OptionRules = {
  backend: { takes: 'a TotpBackend', fits: () => true },
  restore: { takes: 'what persist() returned', fits: () => true },
  allowMfaToken: trueOrFalse,
  callTimeout: {
    takes: 'milliseconds, more than 0',
    fits: (value) => typeof value === 'number' && value > 0,
  },
  inspect: {
    takes: 'a function, or an observer with next()',
    fits: (value) => isOff(value) || typeof value === 'function' || has(value, 'next'),
  },
  clock: {
    takes: 'an object with now(), setTimeout() and clearTimeout()',
    fits: (value) => has(value, 'now', 'setTimeout', 'clearTimeout'),
  },
  tabs: {
    takes: "a channel's name, a BroadcastChannel or false",
    fits: (value) => isOff(value) || typeof value === 'string' || has(value, 'postMessage', 'close'),
  },
}

/**
 * Starts a flow against a backend. React, plain HTML and the elements all take the flow it returns. The flow loads the user's
 * devices at once and runs until `stop()`. Throws a `TypeError` that names an invalid option.
 *
 * @example
 * ```ts
 * import { createTotpFlow } from 'totp-flow'
 * import { memoryBackend } from 'totp-flow/memory'
 *
 * const flow = createTotpFlow({ backend: memoryBackend(), callTimeout: 10_000 })
 * const { device } = await flow.settled() // null: no app is set up yet
 * if (!device) flow.register()
 * ```
 */
export function createTotpFlow(options: TotpFlowOptions): TotpFlow {
  assertOptions(options, rules)
  const { backend, clock, inspect, restore, allowMfaToken, callTimeout } = options
  assertBackend(backend)
  const actor = createActor(connectedMachine, {
    input: {
      ...totpInput(backend),
      time: new TimeSource(clock && (() => clock.now())),
      allowMfaToken,
      callTimeout,
    },
    inspect,
    ...(clock && { clock }),
  })
  connect(actor.system, backend)
  actor.start()
  const resumable = resumableFrom(restore)
  if (resumable) actor.send({ type: 'flow.resume', resumable })
  return flowOver(actor, options, ({ end }) => {
    end()
    actor.stop()
  })
}
