import { createTotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import { DeviceCard, StepUpDialog, TotpFlowProvider, useStepUp } from 'totp-flow/react'
import 'totp-flow/theme.css'

/** One flow per signed-in user. `memoryBackend()` runs the whole service in the page; nothing survives a reload. */
export const flow = createTotpFlow({ backend: memoryBackend() })

export const Security = () => (
  <TotpFlowProvider flow={flow}>
    <DeviceCard>
      <ExportKey />
    </DeviceCard>
    <StepUpDialog />
  </TotpFlowProvider>
)

function ExportKey() {
  const stepUp = useStepUp(['wallet:export']) // prompts for a code only if no elevation covers the scope
  const exportKey = async (token: string | null) => console.log('exported with', token !== null) // your request
  return (
    <button type="button" onClick={() => stepUp(exportKey).catch(console.warn)}>
      Export private key
    </button>
  )
}
