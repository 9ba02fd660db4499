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

/** What the gate stands before. */
export interface SecondFactorGateProps {
  /** The app. */
  children?: ReactNode
  /** Stands below what is asked for, for a way out: a button of yours that signs out. */
  footer?: ReactNode
}

/**
 * Shows the app once the session owes no second factor. Until then it asks for the code, or sets up the authenticator app; an
 * enrollment that may be put off is announced above the app. Shows the app at once where the backend says nothing of a gate.
 * It guards nothing by itself: the server has to refuse a session that owes a factor. Put a `<StepUpDialog />` inside it, not
 * beside it.
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
