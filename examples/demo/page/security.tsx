import { useEffect, useState } from 'react'
import type { TotpView } from 'totp-flow'
import { useTotpFlow } from 'totp-flow/react'
import { CodeDialog } from './code-dialog.tsx'
import { DeviceCard } from './device-card.tsx'
import { Enrollment } from './enrollment.tsx'
import { Shield } from './icons.tsx'
import type { Session } from './session.ts'
import { Steps } from './steps.tsx'
import { useKeptFocus } from './use-kept-focus.ts'

/** Time to read that it is saved. */
const SHOWS_SAVED_MS = 8000
const date = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

type Screen = 'loading' | 'unavailable' | 'none' | 'enrolling' | 'on'

function screenOf({ showsCodeField, intent, device, detail }: TotpView): Screen {
  if (showsCodeField && intent === 'enroll') return 'enrolling'
  if (device?.verified) return 'on'
  if (device !== undefined) return 'none'
  return detail === 'unavailable' ? 'unavailable' : 'loading'
}

/** The card that shows where the flow is: nothing yet, setting up, or on. */
export function Security({ session, onSignedOut }: { session: Session; onSignedOut: (why: string) => void }) {
  const flow = useTotpFlow()
  const view = useTotpFlow((current) => current)
  const { device, error, intent, showsCodeField, state, can } = view
  const screen = screenOf(view)
  const heading = useKeptFocus(screen === 'loading' ? 'security' : screen)
  const justSaved = useJustSaved()

  const signedOut = error?.code === 'unauthenticated' ? error.message : null
  useEffect(() => {
    if (signedOut !== null) onSignedOut(signedOut)
  }, [signedOut, onSignedOut])

  return (
    <section className="card" aria-labelledby="security" aria-busy={view.busy}>
      <h1 id="security" ref={heading} tabIndex={-1}>
        {screen === 'enrolling' ? 'Set up your authenticator' : 'Security'}
      </h1>
      {screen === 'on' &&
        (justSaved ? (
          <Steps current={2} />
        ) : (
          <p className="muted subtitle">Your key is guarded by a code.</p>
        ))}
      <div className="standing" data-screen={screen}>
        {(screen === 'on' || screen === 'none') && <Shield checked={screen === 'on'} />}
        {/* One region for the whole life of the card, so that what changes in it is announced. */}
        <p role="status">
          {screen === 'on' && 'Authenticator app is on'}
          {screen === 'none' && 'No authenticator app yet'}
          {screen === 'loading' && <span className="unseen">Loading</span>}
        </p>
        {screen === 'on' && device && <Since at={device.verifiedAt ?? device.createdAt} />}
      </div>
      {screen === 'loading' && <Skeleton />}
      {screen === 'enrolling' && <Enrollment view={view} />}
      {screen === 'on' && <DeviceCard session={session} />}
      {screen === 'none' && (
        <>
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
      {screen !== 'on' && !showsCodeField && (
        <p role="alert" className="error">
          {error?.message}
        </p>
      )}
      {screen === 'unavailable' && (
        <button type="button" className="primary" disabled={!can.refresh} onClick={() => flow.refresh()}>
          Try again
        </button>
      )}
      <CodeDialog view={view} open={showsCodeField && intent !== 'enroll'} />
    </section>
  )
}

/** True for a while after an enrollment. */
function useJustSaved(): boolean {
  const flow = useTotpFlow()
  const [savedAt, setSavedAt] = useState<number | null>(null)
  useEffect(() => flow.on('enrolled', () => setSavedAt(Date.now())), [flow])
  useEffect(() => {
    if (savedAt === null) return
    const timer = setTimeout(() => setSavedAt(null), SHOWS_SAVED_MS)
    return () => clearTimeout(timer)
  }, [savedAt])
  return savedAt !== null
}

const Since = ({ at }: { at: string }) => (
  <p className="muted">
    Since <time dateTime={at}>{date.format(new Date(at))}</time>
  </p>
)

const Skeleton = () => (
  <div className="skeleton" aria-hidden="true">
    <span />
    <span />
    <span />
  </div>
)
