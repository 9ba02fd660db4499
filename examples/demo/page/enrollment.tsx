import { useState } from 'react'
import type { TotpView } from 'totp-flow'
import { qrPath } from 'totp-flow/qr'
import { useTotpFlow } from 'totp-flow/react'
import { CodeForm } from './code-form.tsx'

const STEPS = ['Scan', 'Type the code', 'Saved']

/** Where in the enrollment one is, counted from 0. */
export const Steps = ({ current }: { current: number }) => (
  <ol className="steps" aria-label="Steps">
    {STEPS.map((step, index) => (
      <li key={step} aria-current={index === current ? 'step' : undefined}>
        {step}
      </li>
    ))}
  </ol>
)

export function Enrollment({ view }: { view: TotpView }) {
  const flow = useTotpFlow()
  const registration = view.registration?.unseal()
  const [hasTyped, setHasTyped] = useState(false)
  return (
    <>
      <Steps current={hasTyped ? 1 : 0} />
      {registration ? (
        <>
          <p>Scan this with your authenticator app, then type the six digits that it shows.</p>
          <QrCode uri={registration.uri} />
          <a className="deep-link" href={registration.uri}>
            Open in an authenticator app on this phone
          </a>
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
      <CodeForm view={view} onTyped={() => setHasTyped(true)} />
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

function SetupKey({ secret }: { secret: string }) {
  const [copied, setCopied] = useState(false)
  async function copy() {
    await navigator.clipboard.writeText(secret)
    setCopied(true)
  }
  return (
    <div className="setup-key">
      <label htmlFor="setup-key">Setup key</label>
      <div>
        <output id="setup-key">
          {(secret.match(/.{1,4}/g) ?? []).map((group, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the groups of a key never change places
            <span key={index}>{group}</span>
          ))}
        </output>
        <button type="button" onClick={copy} aria-live="polite">
          {copied ? 'Copied' : 'Copy'}
        </button>
      </div>
    </div>
  )
}
