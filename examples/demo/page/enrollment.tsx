import { useState } from 'react'
import type { TotpView } from 'totp-flow'
import { qrPath } from 'totp-flow/qr'
import { useTotpFlow } from 'totp-flow/react'
import { CodeForm } from './code-form.tsx'
import { SetupKey } from './setup-key.tsx'
import { Steps } from './steps.tsx'

/** On a touch screen the keyboard would cover the picture that is to be scanned first. */
const hasKeyboard = () => !matchMedia('(pointer: coarse)').matches

/** Scan, then type: the two steps that a person sees before the authenticator app is on. */
export function Enrollment({ view }: { view: TotpView }) {
  const flow = useTotpFlow()
  const registration = view.registration?.unseal()
  const [hasTyped, setHasTyped] = useState(false)
  return (
    <>
      <Steps current={hasTyped || !registration ? 1 : 0} />
      {registration ? (
        <>
          <p>Scan this with your authenticator app, then type the six digits that it shows.</p>
          <a className="deep-link" href={registration.uri}>
            Open in an authenticator app
          </a>
          <QrCode uri={registration.uri} />
          <SetupKey secret={registration.secret} />
        </>
      ) : (
        <p>
          If you scanned the code already, type the six digits that your app shows. If not,{' '}
          <button type="button" className="link" onClick={() => flow.register()}>
            start over
          </button>{' '}
          with a new code.
        </p>
      )}
      <CodeForm view={view} onTyped={() => setHasTyped(true)} autoFocus={!registration || hasKeyboard()} />
    </>
  )
}

function QrCode({ uri }: { uri: string }) {
  const { size, path } = qrPath(uri)
  return (
    <svg
      className="qr"
      role="img"
      aria-label="QR code"
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
    >
      <path d={path} />
    </svg>
  )
}
