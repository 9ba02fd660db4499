import { createRoot } from 'react-dom/client'
import { createTotpFlow, type Gate, type TotpFlow } from 'totp-flow'
import 'totp-flow/element/gate'
import 'totp-flow/element/passkeys'
import { memoryBackend } from 'totp-flow/memory'
import { SecondFactorGate, TotpFlowProvider } from 'totp-flow/react'
import { PasskeyPrompt } from 'totp-flow/react/passkeys'
import { describe, expect, it, onTestFinished } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { focused } from '../../src/ui/focus-soon.ts'
import { button } from '../react/render-flow.tsx'

const gates: [name: string, show: (flow: TotpFlow) => () => void][] = [
  [
    '<SecondFactorGate>',
    (flow) => {
      const container = document.createElement('main')
      document.body.replaceChildren(container)
      const root = createRoot(container)
      root.render(
        <TotpFlowProvider flow={flow} passkeyPrompt={PasskeyPrompt}>
          <SecondFactorGate>The app</SecondFactorGate>
        </TotpFlowProvider>,
      )
      return () => root.unmount()
    },
  ],
  [
    '<totp-gate>',
    (flow) => {
      const element = document.createElement('totp-gate')
      element.innerHTML = '<p>The app</p>'
      element.flow = flow
      document.body.replaceChildren(element)
      return () => element.remove()
    },
  ],
]

describe.each(gates)('%s', (_name, show) => {
  it('the gate opens with a passkey alone, without a way to cancel', async () => {
    let gate: Gate = { state: 'codeOwed' }
    const backend = memoryBackend({ passkeys: {} })
    await backend.registerPasskey?.()
    const flow = createTotpFlow({
      backend: {
        ...backend,
        getGate: () => gate,
        async authenticatePasskeyMFA(...given) {
          const won = await backend.authenticatePasskeyMFA?.(...given)
          if (!won) throw new Error('no passkeys')
          gate = { state: 'open' }
          return won
        },
      },
      tabs: false,
    })
    const hide = show(flow)
    onTestFinished(() => {
      hide()
      flow.stop()
    })
    await expect.element(button('Use a passkey')).toBeVisible()
    await expect.poll(() => focused()?.textContent).toBe('Use a passkey')
    const cancels = button('Cancel').elements()
    expect(cancels.filter((one) => one.checkVisibility())).toEqual([])
    await userEvent.keyboard('{Enter}')
    await expect.element(page.getByText('The app', { exact: true })).toBeVisible()
    await expect.poll(() => button('Use a passkey').elements()).toEqual([])
  })
})
