import { useEffect, useState } from 'react'
import { TotpFlowError } from '../../contract/errors.ts'
import type { TotpFlow } from '../../flow/totp-flow.ts'
import { useTotpFlow } from '../flow/use-totp-flow.ts'
import { useVerb } from './use-verb.ts'
import { whenLoaded } from './when-loaded.ts'

/** The proof is the flow's: what it holds, or a code that it asks for. */
export interface DeleteMfaDeviceVariables {
  /** @default the one that there is */
  deviceId?: string
  /** @deprecated Taken, so that code from Dynamic's documents compiles, and not used: an MFA token that the flow holds is, by itself. */
  mfaAuthToken?: string | null
}

/**
 * Removes the authenticator. Asks for a code first unless the flow holds the proof, or for the password if the backend takes
 * that: show its field meanwhile.
 */
export function useDeleteMfaDevice() {
  const flow = useTotpFlow()
  const [isSuccess, setIsSuccess] = useState(false)
  const [refusal, setRefusal] = useState<TotpFlowError | null>(null)
  useEffect(() => flow.on('deleted', () => setIsSuccess(true)), [flow])

  function reset(): void {
    setIsSuccess(false)
    setRefusal(null)
  }
  const verb = useVerb({
    async run(flow: TotpFlow, variables: DeleteMfaDeviceVariables = {}): Promise<void> {
      reset()
      try {
        await remove(flow, variables)
      } catch (cause) {
        const refused = TotpFlowError.from(cause, 'aborted')
        setRefusal(refused)
        throw refused
      }
    },
    show: ({ state, intent, error }) => ({
      data: undefined,
      error: intent === 'delete' && error ? error : refusal,
      isPending: state === 'deleting',
      isSuccess,
    }),
  })
  return { ...verb, reset }
}

/** Resolves when it is removed; rejects when it was refused or the person gave up. */
async function remove(flow: TotpFlow, { deviceId }: DeleteMfaDeviceVariables): Promise<void> {
  let isRemoved = false
  const stop = flow.on('deleted', () => {
    isRemoved = true
  })
  try {
    await whenLoaded(flow, () => {
      const { device } = flow.getView()
      if (deviceId !== undefined && device?.id !== deviceId) throw new TotpFlowError('no_device')
      flow.deleteDevice()
    })
    const { error } = await flow.waitFor(({ busy, state }) => !busy && state !== 'awaitingCode')
    if (!isRemoved) throw error ?? new TotpFlowError('cancelled')
  } finally {
    stop()
  }
}
