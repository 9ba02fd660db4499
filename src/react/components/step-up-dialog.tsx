import { useCallback, useId } from 'react'
import { isChallenge } from '../../ui/screen.ts'
import { useTotpFlow } from '../flow/use-totp-flow.ts'
import { TotpChallenge } from './totp-challenge.tsx'

/** Opens by itself while a step-up or a removal waits for a code. One is enough for a page. */
export function StepUpDialog({ className }: { className?: string }) {
  const flow = useTotpFlow()
  const isOpen = useTotpFlow(isChallenge)
  const titleId = useId()
  const purposeId = useId()
  // A ref is called before the browser paints, and an emptied dialog must not be seen. So is a layout effect, of which
  // React 18 complains on a server.
  const show = useCallback(
    (dialog: HTMLDialogElement | null) => {
      if (!isOpen) dialog?.close()
      else if (!dialog?.open) dialog?.showModal()
    },
    [isOpen],
  )

  return (
    <dialog
      ref={show}
      part="dialog"
      data-totp=""
      className={className}
      aria-labelledby={titleId}
      aria-describedby={purposeId}
      onCancel={(event) => {
        event.preventDefault()
        flow.cancel()
      }}
    >
      <TotpChallenge titleId={titleId} purposeId={purposeId} />
    </dialog>
  )
}
