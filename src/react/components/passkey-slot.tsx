import { type ReactNode, useContext, useEffect } from 'react'
import { unanswerable } from '../../ui/unanswerable.ts'
import { OptionsContext, type PasskeyPromptProps } from '../flow/provider.tsx'
import { useTotpFlow } from '../flow/use-totp-flow.ts'

/** The provider's `passkeyPrompt` around the form for a code. */
export function PasskeySlot(props: PasskeyPromptProps): ReactNode {
  const { passkeyPrompt: PasskeyPrompt = CodeOnly } = useContext(OptionsContext)
  return <PasskeyPrompt {...props} />
}

function CodeOnly({ children }: PasskeyPromptProps): ReactNode {
  const flow = useTotpFlow()
  const isAlone = useTotpFlow(({ methods, showsCodeField }) => methods.length > 0 && !showsCodeField)
  useEffect(() => {
    if (isAlone)
      unanswerable(
        flow,
        'passkey',
        'Give <TotpFlowProvider> passkeyPrompt={PasskeyPrompt} of totp-flow/react/passkeys.',
      )
  }, [flow, isAlone])
  return children
}
