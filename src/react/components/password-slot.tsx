import { useContext, useEffect } from 'react'
import { unanswerable } from '../../ui/unanswerable.ts'
import { OptionsContext, type PasswordFormProps } from '../flow/provider.tsx'
import { useTotpFlow } from '../flow/use-totp-flow.ts'

/** The provider's `passwordForm`. */
export function PasswordSlot(props: PasswordFormProps) {
  const { passwordForm: PasswordForm } = useContext(OptionsContext)
  return PasswordForm ? <PasswordForm {...props} /> : <None />
}

function None() {
  const flow = useTotpFlow()
  useEffect(() => {
    if (flow.getView().showsPasswordField)
      unanswerable(
        flow,
        'password',
        'Give <TotpFlowProvider> passwordForm={PasswordForm} of totp-flow/react/password.',
      )
  }, [flow])
  return null
}
