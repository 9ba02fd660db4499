import { useEffect } from 'react'
import { useTotpFlow } from 'totp-flow/react'
import { CodeDialog } from './code-dialog.tsx'
import { DeviceCard } from './device-card.tsx'
import { Enrollment, Steps } from './enrollment.tsx'
import type { Session } from './session.ts'

/** The card that shows where the flow is: nothing yet, setting up, or on. */
export function Security({ session, onSignedOut }: { session: Session; onSignedOut: () => void }) {
  const flow = useTotpFlow()
  const view = useTotpFlow((current) => current)
  const { device, error, intent, showsCodeField, state, detail, can } = view
  const signedOut = error?.code === 'unauthenticated'
  useEffect(() => {
    if (signedOut) onSignedOut()
  }, [signedOut, onSignedOut])

  const enrolling = showsCodeField && intent === 'enroll'
  const asking = showsCodeField && intent !== 'enroll'
  return (
    <section className="card" aria-labelledby="security" aria-busy={view.busy}>
      <h1 id="security">Security</h1>
      {enrolling ? (
        <Enrollment view={view} />
      ) : device?.verified ? (
        <>
          {state === 'elevated' && intent === 'enroll' && <Steps current={2} />}
          <DeviceCard device={device} session={session} />
        </>
      ) : device === undefined && detail === 'loading' ? (
        <Skeleton />
      ) : device === undefined ? null : (
        <>
          <p className="lead">No authenticator app yet</p>
          <p className="muted">
            An authenticator app shows a new six-digit code every 30 seconds. With it, only you can export
            your key.
          </p>
          <button
            type="button"
            className="primary"
            aria-busy={state === 'registering'}
            onClick={() => flow.register()}
          >
            Set up authenticator app
          </button>
        </>
      )}
      <p role="alert" className="error">
        {!showsCodeField && error?.message}
      </p>
      {detail === 'unavailable' && (
        <button type="button" disabled={!can.refresh} onClick={() => flow.refresh()}>
          Try again
        </button>
      )}
      <CodeDialog view={view} open={asking} />
    </section>
  )
}

const Skeleton = () => (
  <div className="skeleton" role="status" aria-label="Loading">
    <span />
    <span />
    <span />
  </div>
)
