import type { AuthenticateParams } from '../../contract/backend.ts'
import { TotpFlowError } from '../../contract/errors.ts'
import type { TotpFlow } from '../../flow/totp-flow.ts'
import type { TotpView } from '../../flow/view.ts'
import { useVerb } from './use-verb.ts'
import { whenLoaded } from './when-loaded.ts'

/** Verifies a code, to complete an enrollment or to step up for `requestedScopes`. `data` is the elevation. */
export function useAuthenticateTotpMfaDevice() {
  return useVerb({
    run: authenticate,
    show: ({ state, elevation, error, showsCodeField }) => ({
      data: elevation ?? undefined,
      error: showsCodeField ? error : null,
      isPending: state === 'verifying',
      isSuccess: state === 'elevated',
    }),
  })
}

async function authenticate(flow: TotpFlow, params: AuthenticateParams): Promise<TotpView['elevation']> {
  await whenLoaded(flow, () => flow.authenticate(params))
  const { state, elevation, error } = await flow.settled()
  if (state !== 'elevated') throw error ?? new TotpFlowError('cancelled')
  return elevation
}
