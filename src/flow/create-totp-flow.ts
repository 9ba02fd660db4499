import { createActor } from 'xstate'
import { TimeSource } from '../contract/clock.ts'
import { assertBackend, connect, connectedMachine, totpInput } from './actors.ts'
import { resumableFrom } from './persist.ts'
import type { TotpFlow, TotpFlowOptions } from './totp-flow.ts'
import { flowOver } from './totp-flow-of.ts'

/**
 * Runs the machine against a backend. React, plain HTML and stories all start here. Throws a `TypeError` that names an option
 * which cannot work.
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
