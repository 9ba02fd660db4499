import type { Meta, StoryObj } from '@storybook/react-vite'
import { useEffect, useState } from 'react'
import { expect, waitFor, within } from 'storybook/test'
import { createTotpFlow, type TotpBackend, type TotpFlow, type TotpState } from 'totp-flow'
import { createElevatedFetch } from 'totp-flow/client'
import { memoryBackend } from 'totp-flow/memory'
import { TotpFlowProvider, useTotpFlow } from 'totp-flow/react'
import { authenticator } from 'totp-flow/testing'
import { Security } from '../examples/demo/page/security.tsx'
import { Statechart } from '../examples/demo/page/statechart.tsx'

/** One story for each of the chart's six states, on the real service in the page. */
interface StateArgs {
  /** What the backend does differently. */
  backend?: (real: TotpBackend) => Partial<TotpBackend>
  /** Drives the flow to the state. */
  drive: (flow: TotpFlow) => Promise<void>
}

const never = () => new Promise<never>(() => {})

function State({ backend, drive }: StateArgs) {
  const [flow, setFlow] = useState<TotpFlow>()
  useEffect(() => {
    const real = memoryBackend()
    const running = createTotpFlow({ backend: { ...real, ...backend?.(real) } })
    setFlow(running)
    drive(running)
    return () => running.stop()
  }, [backend, drive])
  if (!flow) return null
  const session = { email: 'demo@example.com', flow, fetch: createElevatedFetch(flow), end: () => {} }
  return (
    <TotpFlowProvider flow={flow}>
      <main className="with-panel">
        <Security session={session} onSignedOut={() => {}} />
        <div>
          <Statechart />
          <CurrentState />
        </div>
      </main>
    </TotpFlowProvider>
  )
}

const CurrentState = () => (
  <output aria-label="State" hidden>
    {useTotpFlow((view) => view.state)}
  </output>
)

async function ready(flow: TotpFlow): Promise<void> {
  await flow.waitFor(({ device, busy }) => device !== undefined && !busy)
}

async function register(flow: TotpFlow): Promise<string> {
  await ready(flow)
  flow.register()
  const { registration } = await flow.waitFor((view) => view.state === 'awaitingCode')
  return registration?.unseal().secret ?? ''
}

async function enroll(flow: TotpFlow): Promise<string> {
  const secret = await register(flow)
  flow.submitCode(authenticator(secret).code())
  await flow.waitFor((view) => view.state === 'elevated')
  return secret
}

/** A code that the enrollment has not spent: the one of the next step, within the window. */
const nextCode = (secret: string) => authenticator(secret).code(1)

const meta = {
  title: 'States',
  component: State,
  args: { drive: ready },
} satisfies Meta<typeof State>
export default meta
type Story = StoryObj<typeof meta>

const shows =
  (state: TotpState, text: string | RegExp): Story['play'] =>
  async ({ canvasElement }) => {
    await waitFor(() =>
      expect(canvasElement.querySelector('[aria-label=State]')).toHaveTextContent(new RegExp(`^${state}$`)),
    )
    // Dialogs stand in the top layer of the same document.
    await expect(await within(canvasElement.ownerDocument.body).findByText(text)).toBeVisible()
  }

export const idle: Story = { play: shows('idle', 'No authenticator app yet') }

export const registering: Story = {
  args: {
    backend: () => ({ registerTotpMfaDevice: never }),
    drive: async (flow) => {
      await ready(flow)
      flow.register()
    },
  },
  play: shows('registering', 'Set up authenticator app'),
}

export const awaitingCode: Story = {
  args: {
    drive: async (flow) => {
      await register(flow)
    },
  },
  play: shows('awaitingCode', 'Setup key'),
}

export const verifying: Story = {
  args: {
    backend: () => ({ authenticateTotpMfaDevice: never }),
    drive: async (flow) => {
      const secret = await register(flow)
      flow.submitCode(authenticator(secret).code())
    },
  },
  play: shows('verifying', 'Verify'),
}

export const elevated: Story = {
  args: {
    drive: async (flow) => {
      await enroll(flow)
    },
  },
  play: shows('elevated', 'Authenticator app is on'),
}

export const deleting: Story = {
  args: {
    backend: () => ({ deleteMfaDevice: never }),
    drive: async (flow) => {
      const secret = await enroll(flow)
      flow.deleteDevice()
      flow.submitCode(nextCode(secret))
    },
  },
  play: shows('deleting', 'Remove device'),
}
