import { useId, useLayoutEffect, useRef } from 'react'
import { isChallenge } from '../../ui/screen.ts'
import { useTotpFlow } from '../use-totp-flow.ts'
import { TotpChallenge } from './totp-challenge.tsx'

/** Opens by itself while a step-up or a removal waits for a code. One is enough for a page. */
export function StepUpDialog({ className }: { className?: string }) {
  const flow = useTotpFlow()
  const isOpen = useTotpFlow(isChallenge)
  const dialog = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  // Before the browser paints: an emptied dialog must not be seen.
  useLayoutEffect(() => {
    if (isOpen) dialog.current?.showModal()
    else dialog.current?.close()
  }, [isOpen])

  return (
    <dialog
      ref={dialog}
      part="dialog"
      data-totp=""
      className={className}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault()
        flow.cancel()
      }}
    >
      <TotpChallenge titleId={titleId} />
    </dialog>
  )
}
