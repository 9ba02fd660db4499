import { createRoot } from 'react-dom/client'
import type { TotpFlow } from 'totp-flow'
import 'totp-flow/element'
import { DeviceCard, StepUpDialog, TotpFlowProvider } from 'totp-flow/react'

/** The two faces of a flow, for tests that must hold of both; each gives what takes it off the page. */
export const faces: [name: string, show: (flow: TotpFlow) => () => void][] = [
  [
    'the React components',
    (flow) => {
      const container = document.createElement('main')
      document.body.replaceChildren(container)
      const root = createRoot(container)
      root.render(
        <TotpFlowProvider flow={flow}>
          <DeviceCard />
          <StepUpDialog />
        </TotpFlowProvider>,
      )
      return () => root.unmount()
    },
  ],
  [
    '<totp-flow>',
    (flow) => {
      const element = document.createElement('totp-flow')
      element.flow = flow
      document.body.replaceChildren(element)
      return () => element.remove()
    },
  ],
]
