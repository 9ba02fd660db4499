import { useEffect, useState } from 'react'
import { screenOf } from 'totp-flow'
import { DeviceCard, StepUpDialog, useTotpFlow } from 'totp-flow/react'
import { Passkeys } from 'totp-flow/react/passkeys'
import { ContactEmail } from './contact-email.tsx'
import { PrivateKey } from './private-key.tsx'
import type { Session } from './session.ts'
import { useKeptFocus } from './use-kept-focus.ts'

/** The account's card: its authenticator app and passkeys, and the actions they protect. */
export function Security({ session, onSignedOut }: { session: Session; onSignedOut: (why: string) => void }) {
  const screen = useTotpFlow(screenOf)
  const error = useTotpFlow((view) => view.error)
  const heading = useKeptFocus(screen === 'loading' ? 'security' : screen)
  /** The action that may show an alert: only one at a time. */
  const [troubled, setTroubled] = useState<string | null>(null)

  const hasPasskey = useTotpFlow(({ passkeys }) => passkeys.length > 0)
  const actions = (
    <>
      <PrivateKey session={session} troubled={troubled} onTroubled={setTroubled} />
      <ContactEmail session={session} troubled={troubled} onTroubled={setTroubled} />
    </>
  )

  const signedOut = error?.code === 'unauthenticated' ? error.message : null
  useEffect(() => {
    if (signedOut !== null) onSignedOut(signedOut)
  }, [signedOut, onSignedOut])

  return (
    <section className="card" aria-labelledby="security">
      <h1 id="security" ref={heading} tabIndex={-1}>
        {screen === 'enrolling' ? 'Set up your authenticator' : 'Security'}
      </h1>
      <DeviceCard showsError={troubled === null}>{actions}</DeviceCard>
      {screen === 'none' && hasPasskey && actions}
      {session.passkeys && screen !== 'enrolling' && <Passkeys passkeys={session.passkeys} />}
      <StepUpDialog />
    </section>
  )
}
