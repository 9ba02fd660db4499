import type { TotpRegistration } from '../../contract/answers.ts'
import { TotpFlowError } from '../../contract/errors.ts'
import { useTotpFlow } from '../flow/use-totp-flow.ts'
import { onceLoaded, whenLoaded } from './when-loaded.ts'

/** Starts an enrollment. `data` is what the authenticator app needs, until the enrollment ends. */
export function useRegisterTotpMfaDevice() {
  const flow = useTotpFlow()
  const { state, registration, error } = useTotpFlow((view) => view)
  return {
    mutate: (): void => onceLoaded(flow, () => flow.register()),
    async mutateAsync(): Promise<TotpRegistration> {
      await whenLoaded(flow, () => flow.register())
      const view = await flow.settled()
      if (!view.registration) throw view.error ?? new TotpFlowError('cancelled')
      return view.registration.unseal()
    },
    data: registration?.unseal(),
    error: state === 'idle' ? error : null,
    isPending: state === 'registering',
    isSuccess: registration !== null,
    reset: (): void => flow.cancel(),
  }
}
