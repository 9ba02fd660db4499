import { useState } from 'react'
import { TotpFlowProvider } from 'totp-flow/react'
import { Security } from './security.tsx'
import { resumeSession, type Session, signIn } from './session.ts'
import { SignIn } from './sign-in.tsx'
import { Statechart } from './statechart.tsx'

export function App() {
  const [session, setSession] = useState<Session | null>(resumeSession)

  function onSignedOut() {
    session?.end()
    setSession(null)
  }

  return (
    <>
      <header className="bar">
        <strong>totp-flow demo</strong>
        {session && (
          <span className="who">
            <span>{session.email}</span>
            <button type="button" className="quiet" onClick={() => session.flow.signOut()}>
              Sign out
            </button>
          </span>
        )}
      </header>
      {session ? (
        <TotpFlowProvider flow={session.flow}>
          <main className="with-panel">
            <Security session={session} onSignedOut={onSignedOut} />
            <Statechart />
          </main>
        </TotpFlowProvider>
      ) : (
        <main>
          <SignIn onSubmit={async (email) => setSession(await signIn(email))} />
        </main>
      )}
    </>
  )
}
