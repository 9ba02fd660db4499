/** What React's hooks infer, and what must not compile. */
import type { MfaDevice, TotpFlow, TotpFlowError, TotpRegistration, TotpView } from 'totp-flow'
import {
  TotpFlowProvider,
  useAuthenticateTotpMfaDevice,
  useDeleteMfaDevice,
  useGetMfaDevices,
  useRegisterTotpMfaDevice,
  useTotpFlow,
} from 'totp-flow/react'
import { expectTypeOf } from 'vitest'

export function Hooks() {
  expectTypeOf(useTotpFlow()).toEqualTypeOf<TotpFlow>()
  expectTypeOf(useTotpFlow((view) => view.state)).toEqualTypeOf<TotpView['state']>()
  expectTypeOf(useTotpFlow((view) => view.can.register)).toEqualTypeOf<boolean>()
  // @ts-expect-error a view has no such piece
  useTotpFlow((view) => view.secret)

  const register = useRegisterTotpMfaDevice()
  expectTypeOf(register.data).toEqualTypeOf<TotpRegistration | undefined>()
  expectTypeOf(register.error).toEqualTypeOf<TotpFlowError | null>()
  const authenticate = useAuthenticateTotpMfaDevice()
  authenticate.mutate({ code: '123456', requestedScopes: ['wallet:export'] })
  // @ts-expect-error a code is text: 012345 is no number
  authenticate.mutate({ code: 123456 })
  // @ts-expect-error a scope is noun:verb
  authenticate.mutate({ code: '123456', requestedScopes: ['export'] })
  expectTypeOf(useGetMfaDevices().data).toEqualTypeOf<MfaDevice[] | undefined>()
  const removal = useDeleteMfaDevice()
  removal.mutate()
  removal.mutate({ deviceId: 'd' })
  expectTypeOf(removal.mutateAsync({})).resolves.toEqualTypeOf<void>()
  // @ts-expect-error the proof is the flow's
  removal.mutate({ deviceId: 'd', password: 'x' })
  return null
}

// @ts-expect-error the provider hands on a running flow
export const withoutFlow = <TotpFlowProvider>{null}</TotpFlowProvider>
