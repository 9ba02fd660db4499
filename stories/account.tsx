import { type ReactNode, useEffect, useState } from 'react'
import { type TotpFlow, TotpFlowError } from 'totp-flow'
import type { ManagedPasskeys } from 'totp-flow/passkeys'
import { DeviceCard, StepUpDialog, TotpFlowProvider, useStepUp, useTotpFlow } from 'totp-flow/react'
import { PasskeyPrompt, Passkeys } from 'totp-flow/react/passkeys'
import { PasswordForm } from 'totp-flow/react/password'

/** The security page of an account, in React. */
export const Account = ({ flow }: { flow: TotpFlow }) => (
  <Page flow={flow}>
    <Guarded scope="wallet:export" action="Export private key" done="The key is exported." />
    <Guarded scope="user:update" action="Change email" done="The email is changed." />
  </Page>
)

/** Only the passkeys, and an action that they protect. */
export const PasskeysOnly = ({ flow, passkeys }: WithPasskeys) => (
  <TotpFlowProvider flow={flow} passkeyPrompt={PasskeyPrompt}>
    <h1>Security</h1>
    {passkeys && <Passkeys passkeys={passkeys} />}
    <Guarded scope="wallet:export" action="Export private key" done="The key is exported." />
    <StepUpDialog />
  </TotpFlowProvider>
)

interface WithPasskeys {
  flow: TotpFlow
  passkeys?: ManagedPasskeys | undefined
}

/** The same for an app that still uses the MFA token. */
export const AccountWithMfaToken = ({ flow }: { flow: TotpFlow }) => (
  <Page flow={flow}>
    <RemoveByMfaToken />
  </Page>
)

function Page({ flow, children }: { flow: TotpFlow; children: ReactNode }) {
  return (
    <TotpFlowProvider flow={flow} passwordForm={PasswordForm} passkeyPrompt={PasskeyPrompt}>
      <h1>Security</h1>
      <DeviceCard>{children}</DeviceCard>
      <StepUpDialog />
    </TotpFlowProvider>
  )
}

function Guarded({ scope, action, done }: { scope: `${string}:${string}`; action: string; done: string }) {
  const stepUp = useStepUp([scope])
  const [said, setSaid] = useState('')
  async function run() {
    setSaid('')
    try {
      await stepUp(() => setSaid(done))
    } catch (cause) {
      const { code, message } = TotpFlowError.from(cause)
      if (code !== 'cancelled') setSaid(message)
    }
  }
  return (
    <div className="action">
      <button type="button" className="primary" onClick={run}>
        {action}
      </button>
      <p role="status" className="small">
        {said}
      </p>
    </div>
  )
}

function RemoveByMfaToken() {
  const flow = useTotpFlow()
  const [said, setSaid] = useState('')
  useEffect(() => flow.on('deprecation', ({ message }) => setSaid(message)), [flow])
  return (
    <div className="action">
      <button
        type="button"
        className="primary"
        onClick={() => flow.deleteDevice({ createMfaTokenOptions: { singleUse: true } })}
      >
        Remove by MFA token
      </button>
      <p role="status" className="small">
        {said}
      </p>
    </div>
  )
}
