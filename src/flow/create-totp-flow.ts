import { createActor } from 'xstate'
import { TimeSource } from '../contract/clock.ts'
import { assertBackend, connect, connectedMachine, totpInput } from './actors.ts'
import { resumableFrom } from './persist.ts'
import type { TotpFlow, TotpFlowOptions } from './totp-flow.ts'
import { flowOver } from './totp-flow-of.ts'

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
  const { backend, clock, inspect, restore, allowMfaToken, callTimeout } = options
  assertBackend(backend)
  if (callTimeout !== undefined && !(typeof callTimeout === 'number' && callTimeout > 0))
    throw new TypeError('callTimeout takes milliseconds, more than 0.')
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
