import { useMemo } from 'react'
import type { MfaDevice } from '../../contract/answers.ts'
import { useTotpFlow } from '../flow/use-totp-flow.ts'

/** Returns the user's authenticator as a list of at most one, which may be pending. The flow keeps it up to date. */
export function useGetMfaDevices() {
  const flow = useTotpFlow()
  const device = useTotpFlow((view) => view.device)
  const detail = useTotpFlow((view) => view.detail)
  const error = useTotpFlow((view) => view.error)
  const data = useMemo<MfaDevice[] | undefined>(
    () => (device === undefined ? undefined : device ? [device] : []),
    [device],
  )
  return {
    data,
    error: detail === 'unavailable' ? error : null,
    isPending: data === undefined && detail !== 'unavailable',
    isSuccess: data !== undefined,
    refetch: (): void => flow.refresh(),
  }
}
