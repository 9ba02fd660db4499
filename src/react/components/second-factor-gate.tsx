import type { ReactNode } from 'react'
import { createGate } from '../../ui/gate.ts'
import { useMessages } from '../flow/use-messages.ts'
import { useTotpFlow } from '../flow/use-totp-flow.ts'
import { Button } from '../parts/button.tsx'
import { Retry } from '../parts/buttons.tsx'
import { Skeleton } from '../parts/device-status.tsx'
import { useText } from '../parts/known.tsx'
import { ErrorText } from '../parts/notes.tsx'
import { Root } from '../parts/root.tsx'
import { useObserved } from '../parts/use-observed.ts'
import { TotpChallenge } from './totp-challenge.tsx'
import { TotpEnrollment } from './totp-enrollment.tsx'

/** The props of `SecondFactorGate`. */
export interface SecondFactorGateProps {
  /** The host app behind the gate. */
  children?: ReactNode
  /** Shown below the prompt, for example your sign-out button. */
  footer?: ReactNode
}

/**
 * Shows the host app once the session owes no second factor. Until then it prompts for a code, or sets up an authenticator app.
 * An enrollment that may be postponed is announced above the host app. Shows the host app at once if the backend has no gate.
 * The gate protects nothing by itself: the server must reject a session that owes a factor. Put a `<StepUpDialog />` inside the
 * gate, not next to it.
 */
export function SecondFactorGate({ children, footer }: SecondFactorGateProps) {
  const [{ enroll }, screen] = useObserved(createGate)
  const isOwedLater = useTotpFlow(({ gate, enrollBy }) => gate === 'enrollmentOwed' && enrollBy !== null)
  const { gate, device } = useMessages()
  const dueBy = useText('enroll-by')
  if (screen === 'open')
    return (
      <>
        {isOwedLater && (
          <Root>
            <p part="hint gate-note">{dueBy}</p>
            <Button verb="register" name="set-up" words={device.setUp} act={enroll} given={{}} />
          </Root>
        )}
        {children}
      </>
    )
  return (
    <>
      {screen === 'code' && <TotpChallenge />}
      {screen === 'enrollment' && (
        <TotpEnrollment>
          <p part="hint gate-note">{gate.enroll}</p>
        </TotpEnrollment>
      )}
      {(screen === 'loading' || screen === 'unavailable') && (
        <Root>
          {screen === 'loading' ? <Skeleton /> : <ErrorText />}
          {screen === 'unavailable' && <Retry />}
        </Root>
      )}
      {footer}
    </>
  )
}
