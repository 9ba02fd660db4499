import type { TotpFlow } from 'totp-flow'
import { DeviceCard, StepUpDialog, TotpFlowProvider, useStepUp } from 'totp-flow/react'
import 'totp-flow/theme.css'

export const Security = ({ flow }: { flow: TotpFlow }) => (
  <TotpFlowProvider flow={flow}>
    <DeviceCard>
      <ExportKey />
    </DeviceCard>
    <StepUpDialog />
  </TotpFlowProvider>
)

function ExportKey() {
  const stepUp = useStepUp(['wallet:export']) // asks for a code only if no elevation covers the scope
  const exportKey = async (token: string | null) => console.log('exported with', token !== null)
  return (
    <button type="button" onClick={() => stepUp(exportKey).catch(console.warn)}>
      Export private key
    </button>
  )
}
