import { useLayoutEffect, useRef } from 'react'
import type { TotpView } from 'totp-flow'
import { useTotpFlow } from 'totp-flow/react'
import { CodeForm } from './code-form.tsx'

/** Asks for a code in a modal dialog while a protected action or a removal waits for it. */
export function CodeDialog({ view, open }: { view: TotpView; open: boolean }) {
  const flow = useTotpFlow()
  const dialog = useRef<HTMLDialogElement>(null)
  // Before the browser paints: an emptied dialog must not be seen.
  useLayoutEffect(() => {
    if (open) dialog.current?.showModal()
    else dialog.current?.close()
  }, [open])

  return (
    <dialog
      ref={dialog}
      aria-labelledby="confirm"
      onCancel={(event) => {
        event.preventDefault()
        flow.cancel()
      }}
    >
      {open && (
        <>
          <h2 id="confirm">{view.intent === 'delete' ? 'Remove authenticator app' : 'Confirm it’s you'}</h2>
          <p className="muted">
            {view.intent === 'delete'
              ? 'Type the code from the app that you are about to remove.'
              : 'Type the code from your authenticator app to go on.'}
          </p>
          <CodeForm view={view} />
        </>
      )}
    </dialog>
  )
}
