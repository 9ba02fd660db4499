import { useEffect, useRef } from 'react'
import { passkeyWords } from '../../messages/passkeys/words-in.ts'
import { passkeyFacts, passkeyHint } from '../../passkeys/passkey-facts.ts'
import { focusFirst, focusIfLost } from '../../ui/focus-passkey.ts'
import type { PasskeyPromptProps } from '../flow/provider.tsx'
import { useMessages } from '../flow/use-messages.ts'
import { useTotpFlow } from '../flow/use-totp-flow.ts'
import { Cancel } from '../parts/buttons.tsx'
import { useShown } from '../parts/known.tsx'
import { ErrorText } from '../parts/notes.tsx'
import { Act } from './act.tsx'

/**
 * Offers a passkey in the prompts, as the provider's `passkeyPrompt`: above the field for a code, or alone if no app is set up.
 * Tells the person if the browser does not support passkeys.
 */
export function PasskeyPrompt({ hintId, children }: PasskeyPromptProps) {
  const { submitPasskey } = useTotpFlow()
  const messages = useMessages()
  const words = passkeyWords(messages)
  const isOffered = useTotpFlow((view) => passkeyFacts(view).passkey)
  const isOpen = useTotpFlow((view) => passkeyFacts(view)['passkey-open'])
  const isAlone = useTotpFlow((view) => passkeyFacts(view)['passkey-alone'])
  const isRefused = useTotpFlow(({ can }) => !can.submitPasskey) && !isOpen
  const isCancelable = useShown('cancelable')
  const offer = useRef<HTMLDivElement>(null)

  useEffect(() => {
    const button = isOffered && offer.current?.querySelector('button')
    return button ? focusFirst(button) : undefined
  }, [isOffered])
  useEffect(() => {
    const button = !isOpen && offer.current?.querySelector('button')
    if (button) focusIfLost(button)
  }, [isOpen])

  return (
    <>
      {isAlone && (
        <p part="hint" id={hintId}>
          {passkeyHint(messages)}
        </p>
      )}
      {isOffered && (
        <div part="passkey-offer" ref={offer}>
          <Act name="use-passkey primary" isBusy={isOpen} isRefused={isRefused} act={submitPasskey}>
            {words.use}
          </Act>
          <p part="note passkey-note" role="status">
            {isOpen ? words.open : ''}
          </p>
        </div>
      )}
      {isAlone ? (
        <>
          <div part="notes">
            <ErrorText />
          </div>
          {isCancelable && (
            <div part="actions">
              <Cancel />
            </div>
          )}
        </>
      ) : (
        <>
          {isOffered && <p part="or">{words.or}</p>}
          {children}
        </>
      )}
    </>
  )
}
