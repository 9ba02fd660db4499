import { type SyntheticEvent, useCallback, useId, useRef } from 'react'
import { createModal, type Modal } from '../../ui/modal.ts'
import { isChallenge } from '../../ui/screen.ts'
import { useTotpFlow } from '../flow/use-totp-flow.ts'
import { TotpChallenge } from './totp-challenge.tsx'

/** Opens by itself while a step-up or a removal waits for a code or a password. One is enough for a page. */
export function StepUpDialog({ className }: { className?: string }) {
  const flow = useTotpFlow()
  const isOpen = useTotpFlow(isChallenge)
  const titleId = useId()
  const purposeId = useId()
  const modal = useRef<Modal>(null)
  // A ref is called before the browser paints, and an emptied dialog must not be seen. So is a layout effect, of which
  // React 18 complains on a server. It is called without an element when the dialog leaves, be it hidden by an <Activity>.
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
      // These bubble through React's tree, out of a portal too, although some of them bubble nowhere else.
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
