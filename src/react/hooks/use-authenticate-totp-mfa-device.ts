import type { AuthenticateParams } from '../../contract/backend.ts'
import { TotpFlowError } from '../../contract/errors.ts'
import type { TotpView } from '../../flow/view.ts'
import { useTotpFlow } from '../flow/use-totp-flow.ts'
import { onceLoaded, whenLoaded } from './when-loaded.ts'

/** Verifies a code: of an enrollment that waits for one, or to step up for `requestedScopes`. `data` is what it won. */
export function useAuthenticateTotpMfaDevice() {
  const flow = useTotpFlow()
  const { state, elevation, error, showsCodeField } = useTotpFlow((view) => view)
  return {
    mutate: (params: AuthenticateParams): void => onceLoaded(flow, () => flow.authenticate(params)),
    async mutateAsync(params: AuthenticateParams): Promise<TotpView['elevation']> {
      await whenLoaded(flow, () => flow.authenticate(params))
      const view = await flow.settled()
      if (view.state !== 'elevated') throw view.error ?? new TotpFlowError('cancelled')
      return view.elevation
    },
    data: elevation ?? undefined,
    error: showsCodeField ? error : null,
    isPending: state === 'verifying',
    isSuccess: state === 'elevated',
    reset: (): void => flow.cancel(),
  }
}
