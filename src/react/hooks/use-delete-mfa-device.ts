import { useEffect, useState } from 'react'
import { TotpFlowError } from '../../contract/errors.ts'
import type { TotpFlow } from '../../flow/totp-flow.ts'
import { useTotpFlow } from '../flow/use-totp-flow.ts'
import { useVerb } from './use-verb.ts'
import { whenLoaded } from './when-loaded.ts'

/** The device to remove. The proof comes from the flow: one it holds, or a code it prompts for. */
export interface DeleteMfaDeviceVariables {
  /** @default the user's device */
  deviceId?: string
  /** @deprecated Ignored, but accepted so that code written for Dynamic's SDK compiles. The flow uses the MFA token it holds. */
  mfaAuthToken?: string | null
}

/**
 * Removes the authenticator. Unless the flow holds a proof, it first prompts for a code, or for the password if the backend
 * takes one: show the field meanwhile.
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

/** Resolves when the device is removed. Rejects if the removal is refused or the person cancels. */
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
