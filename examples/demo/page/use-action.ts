import { useState } from 'react'
import { TotpFlowError } from 'totp-flow'
import { useTotpFlow } from 'totp-flow/react'
import type { Session } from './session.ts'

export interface ActionProps {
  session: Session
  /** The action that may show an alert. */
  troubled: string | null
  onTroubled: (name: string | null) => void
}

/** Runs one protected action at a time and shows what went wrong, except a cancellation. */
export function useAction(name: string, { session, troubled, onTroubled }: ActionProps) {
  const [busy, setBusy] = useState(false)
  const isAsking = useTotpFlow((view) => view.showsCodeField)
  const [sentence, setSentence] = useState('')

  async function run(action: () => Promise<void>) {
    if (busy) return
    setBusy(true)
    onTroubled(null)
    try {
      await action()
    } catch (cause) {
      const { code, message } = TotpFlowError.from(cause)
      if (code === 'unauthenticated') session.flow.signOut()
      else if (code !== 'cancelled') {
        setSentence(message)
        onTroubled(name)
      }
    }
    setBusy(false)
  }

  // Shows no spinner behind the dialog while it waits for the person.
  return { busy: busy && !isAsking, run, error: troubled === name ? sentence : '' }
}
