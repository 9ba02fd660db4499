import type { StatelyInspectionEvent } from '@statelyai/inspect'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createInspector } from 'statescope'
import { createTotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import { DeviceCard, TotpFlowProvider } from 'totp-flow/react'
import { expect, it } from 'vitest'
import { page } from 'vitest/browser'

it('one mounted flow is one actor in the inspector, under StrictMode too', async () => {
  const told: StatelyInspectionEvent[] = []
  const { inspect, stop } = createInspector({ to: { receive: (message) => told.push(message) } })
  const flow = createTotpFlow({ backend: memoryBackend(), inspect })
  const host = document.createElement('div')
  document.body.replaceChildren(host)
  const root = createRoot(host)
  root.render(
    <StrictMode>
      <TotpFlowProvider flow={flow}>
        <DeviceCard />
      </TotpFlowProvider>
    </StrictMode>,
  )
  await page.getByRole('button', { name: 'Set up authenticator app' }).click()
  await expect
    .poll(() =>
      told.some((message) => message.type === '@xstate.event' && message.event.type === 'device.register'),
    )
    .toBe(true)
  const flows = told.filter((message) => message.type === '@xstate.actor' && message.name === 'totp')
  expect(flows.length).toBe(1)
  root.unmount()
  flow.stop()
  stop()
})
