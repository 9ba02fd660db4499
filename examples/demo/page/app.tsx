/** The whole page: the bar, and below it the sign-in, or the security card next to the live statechart. */
import { useState } from 'react'
import { TotpFlowProvider } from 'totp-flow/react'
import { PasskeyPrompt } from 'totp-flow/react/passkeys'
import { Shield } from './icons.tsx'
import { Security } from './security.tsx'
import { resumeSession, type Session, signIn } from './session.ts'
import { SignIn } from './sign-in.tsx'
import { Statechart } from './statechart.tsx'

export function App() {
  const [session, setSession] = useState<Session | null>(resumeSession)
  const [notice, setNotice] = useState('')

  function leave(reason: string) {
    session?.end()
    setSession(null)
    setNotice(reason)
  }

  return (
    <>
      <header className="bar">
        <strong>
          <Shield />
          <span className="brand">totp-flow demo</span>
        </strong>
        {session && (
          <>
            <a href="/element">Without React</a>
            <span className="who">{session.email}</span>
            <button
              type="button"
              className="quiet"
              onClick={() => {
                session.flow.signOut()
                leave('')
              }}
            >
              Sign out
            </button>
          </>
        )}
      </header>
      {session ? (
        <TotpFlowProvider flow={session.flow} passkeyPrompt={PasskeyPrompt}>
          <main className="with-panel">
            <Security session={session} onSignedOut={leave} />
            <Statechart flow={session.flow} />
          </main>
        </TotpFlowProvider>
      ) : (
        <main>
          <SignIn notice={notice} onSubmit={async (email) => setSession(await signIn(email))} />
        </main>
      )}
    </>
  )
}
