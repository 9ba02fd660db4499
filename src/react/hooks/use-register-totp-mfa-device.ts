import type { TotpRegistration } from '../../contract/answers.ts'
import { TotpFlowError } from '../../contract/errors.ts'
import type { TotpFlow } from '../../flow/totp-flow.ts'
import { useVerb } from './use-verb.ts'
import { whenLoaded } from './when-loaded.ts'

/**
 * Starts an enrollment. `data` is what the authenticator app needs, until the enrollment ends. Prompts for the password first
 * if the backend takes one: show the field meanwhile.
 */
export function useRegisterTotpMfaDevice() {
  return useVerb({
    run: register,
    show: ({ state, registration, error, showsPasswordField, intent }) => ({
      data: registration?.unseal(),
      error: state === 'idle' || (showsPasswordField && intent === 'enroll') ? error : null,
      isPending: state === 'registering',
      isSuccess: registration !== null,
    }),
  })
}

async function register(flow: TotpFlow): Promise<TotpRegistration> {
  await whenLoaded(flow, () => flow.register())
  const { registration, error } = await flow.waitFor(
    ({ busy, showsPasswordField, intent }) => !busy && !(showsPasswordField && intent === 'enroll'),
  )
  if (!registration) throw error ?? new TotpFlowError('cancelled')
  return registration.unseal()
}
