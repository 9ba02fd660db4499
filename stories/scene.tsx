import { type ComponentType, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { type TotpFlow, TotpFlowError } from 'totp-flow'
import type { Line } from './line.ts'
import { Phone } from './phone.tsx'
import { createWorld, type World, type WorldOptions } from './world.ts'

export interface SceneArgs extends Line, Pick<WorldOptions, 'tabs' | 'callTimeout'> {
  /** What stands on the page. */
  show: ComponentType<{ flow: TotpFlow }>
  /** Brings the world to where the story begins. */
  begin: (world: World) => Promise<unknown>
}

/** A page, as often as there are tabs, with the phone beside it. The controls of the line work at any time. */
export function Scene({ show: Page, begin, tabs, callTimeout, latency, failure, failing }: SceneArgs) {
  const [world, setWorld] = useState<World>()
  const line = useRef({ latency, failure, failing })
  useEffect(() => {
    const made = createWorld({
      line: line.current,
      ...(tabs !== undefined && { tabs }),
      ...(callTimeout !== undefined && { callTimeout }),
    })
    setWorld(made)
    return made.end
  }, [tabs, callTimeout])
  useEffect(() => world?.set({ latency, failure, failing }), [world, latency, failure, failing])
  useEffect(() => {
    if (world) begin(world).catch(unlessEnded)
  }, [world, begin])
  if (!world) return null
  return (
    <main className="scene">
      {world.flows.map((flow, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: tabs never change places
        <section key={index} className="tab" aria-label={`Tab ${index + 1}`}>
          <div className="card">
            <Page flow={flow} />
          </div>
          <State flow={flow} />
        </section>
      ))}
      <Phone world={world} />
    </main>
  )
}

/** A story that one leaves early has nothing to wait for any more. */
function unlessEnded(cause: unknown) {
  if (TotpFlowError.from(cause).code !== 'aborted') throw cause
}

/** Where the chart is, as the chart names it. */
function State({ flow }: { flow: TotpFlow }) {
  const { state, detail } = useSyncExternalStore(flow.subscribe, flow.getView)
  return (
    <output className="state" aria-label="State">
      {detail ? `${state}.${detail}` : state}
    </output>
  )
}

/** The controls that a story has by hand. */
export const lineControls = {
  controls: { include: ['latency', 'failure', 'failing'] },
}
export const lineArgTypes = {
  latency: { control: { type: 'range', min: 0, max: 5000, step: 100 } },
  failure: {
    control: 'select',
    options: ['none', 'no answer', 'network', 'timeout', 'server', 'rate_limited', 'unauthenticated'],
  },
  failing: {
    control: 'select',
    options: [
      'all',
      'getMfaDevices',
      'registerTotpMfaDevice',
      'authenticateTotpMfaDevice',
      'authenticateMfaRecoveryCode',
      'deleteMfaDevice',
    ],
  },
} as const
