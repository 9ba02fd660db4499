import { useContext, useEffect } from 'react'
import { passwordUnavailable } from '../../ui/password-unavailable.ts'
import { PasswordFormContext, type PasswordFormProps } from '../flow/provider.tsx'
import { useTotpFlow } from '../flow/use-totp-flow.ts'

/** Where a password is asked for: the form that the provider was given. */
export function PasswordSlot(props: PasswordFormProps) {
  const PasswordForm = useContext(PasswordFormContext)
  return PasswordForm ? <PasswordForm {...props} /> : <None />
}

function None() {
  const flow = useTotpFlow()
  useEffect(() => {
    if (flow.getView().showsPasswordField)
      passwordUnavailable(
        flow,
        'Give <TotpFlowProvider> passwordForm={PasswordForm} of totp-flow/react/password.',
      )
  }, [flow])
  return null
}
