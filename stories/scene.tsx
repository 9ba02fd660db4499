import { type ComponentType, useSyncExternalStore } from 'react'
import type { TotpFlow } from 'totp-flow'
import type { ManagedPasskeys } from 'totp-flow/passkeys'
import { Phone } from './phone.tsx'
import { useWorld, type WorldArgs } from './use-world.ts'

export interface SceneArgs extends WorldArgs {
  /** The content of the page. */
  show: ComponentType<{ flow: TotpFlow; passkeys?: ManagedPasskeys | undefined }>
}

/** A page for each tab, with the phone next to them. */
export function Scene({ show: Page, ...args }: SceneArgs) {
  const world = useWorld(args)
  if (!world) return null
  return (
    <main className="scene">
      {world.flows.map((flow, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: tabs never change places
        <section key={index} className="tab" aria-label={`Tab ${index + 1}`}>
          <div className="card">
            <Page flow={flow} passkeys={world.passkeys} />
          </div>
          <State flow={flow} />
        </section>
      ))}
      <Phone world={world} />
    </main>
  )
}

/** The chart's current state, with the chart's name for it. */
function State({ flow }: { flow: TotpFlow }) {
  const { state, detail } = useSyncExternalStore(flow.subscribe, flow.getView)
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields, and an <output> is read aloud by itself
    <div role="group" className="state" aria-label="State">
      {detail ? `${state}.${detail}` : state}
    </div>
  )
}

const unlisted = { table: { disable: true } }
/** The controls of a story. */
export const argTypes = {
  latency: {
    description: 'How long each call to the backend takes, in milliseconds.',
    control: { type: 'range', min: 0, max: 5000, step: 100 },
  },
  failure: {
    description: 'How calls fail: without an answer, or with this error.',
    control: 'select',
    options: ['none', 'no answer', 'network', 'timeout', 'server', 'rate_limited', 'unauthenticated'],
  },
  failing: {
    description: 'Which calls fail.',
    control: 'select',
    options: [
      'all',
      'getMfaDevices',
      'registerTotpMfaDevice',
      'authenticateTotpMfaDevice',
      'authenticateMfaRecoveryCode',
      'authenticatePasskeyMFA',
      'registerPasskey',
      'deleteMfaDevice',
    ],
  },
  show: unlisted,
  begin: unlisted,
  tabs: unlisted,
  callTimeout: unlisted,
  line: unlisted,
  inspect: unlisted,
  issuer: unlisted,
  account: unlisted,
  gate: unlisted,
  service: unlisted,
  passkeys: unlisted,
} as const
