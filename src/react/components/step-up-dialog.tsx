import { type SyntheticEvent, useCallback, useId, useRef } from 'react'
import { createModal, type Modal } from '../../ui/modal.ts'
import { isChallenge } from '../../ui/screen.ts'
import { useTotpFlow } from '../flow/use-totp-flow.ts'
import { TotpChallenge } from './totp-challenge.tsx'

/** Opens while a step-up, a removal or a renewal prompts for a code, a passkey, a password or a confirmation. One per page is enough. */
export function StepUpDialog({ className }: { className?: string }) {
  const flow = useTotpFlow()
  const isOpen = useTotpFlow(isChallenge)
  const titleId = useId()
  const purposeId = useId()
  const modal = useRef<Modal>(null)
  // A ref runs before the browser paints, so nobody sees an emptied dialog. A layout effect would, too, but React 18 warns of
  // it on a server. The ref is called without an element when the dialog leaves, even if an <Activity> only hides it.
  const show = useCallback(
    (dialog: HTMLDialogElement | null) => {
      if (dialog === null) return modal.current?.leave()
      const isSame = modal.current?.dialog === dialog && modal.current.flow === flow
      if (!isSame) modal.current = createModal(flow, dialog)
      modal.current?.ask(isOpen)
    },
    [flow, isOpen],
  )

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: it keeps clicks from handlers around it, and does nothing with them
    <dialog
      ref={show}
      part="dialog"
      data-totp=""
      className={className}
      aria-labelledby={titleId}
      aria-describedby={`${purposeId} ${purposeId}-hint ${purposeId}-code-note`}
      // React bubbles these events through its own tree, even out of a portal, though some do not bubble in the DOM.
      onClick={keep}
      onClose={keep}
      onToggle={keep}
      onCancel={(event) => {
        keep(event)
        event.preventDefault()
        flow.cancel()
      }}
    >
      <TotpChallenge titleId={titleId} purposeId={purposeId} />
    </dialog>
  )
}

const keep = (event: SyntheticEvent) => event.stopPropagation()
