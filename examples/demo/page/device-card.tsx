import { useState } from 'react'
import { type MfaDevice, TotpFlowError } from 'totp-flow'
import { useTotpFlow } from 'totp-flow/react'
import type { Session } from './session.ts'

export function DeviceCard({ device, session }: { device: MfaDevice; session: Session }) {
  const flow = useTotpFlow()
  const state = useTotpFlow((view) => view.state)
  return (
    <>
      <p className="lead on">Authenticator app is on</p>
      <p className="muted">
        Since{' '}
        <time dateTime={device.verifiedAt}>
          {new Date(device.verifiedAt ?? device.createdAt).toLocaleString()}
        </time>
      </p>
      <PrivateKey session={session} />
      <hr />
      <button
        type="button"
        className="danger"
        aria-busy={state === 'deleting'}
        onClick={() => flow.deleteDevice()}
      >
        Remove device
      </button>
    </>
  )
}

/** The protected action. It knows nothing of codes: `session.fetch` asks for one when the server does. */
function PrivateKey({ session }: { session: Session }) {
  const [privateKey, setPrivateKey] = useState('')
  const [error, setError] = useState('')

  async function exportKey() {
    setError('')
    setPrivateKey('')
    try {
      const response = await session.fetch('/demo/private-key/export', { method: 'POST' })
      const answer = await response.json()
      if (response.ok) setPrivateKey(answer.privateKey)
      else setError(answer.error)
    } catch (cause) {
      const cancelled = cause instanceof TotpFlowError && cause.code === 'aborted'
      if (!cancelled)
        setError(cause instanceof TotpFlowError ? cause.message : 'We couldn’t reach the server. Try again.')
    }
  }

  return (
    <div className="private-key">
      <button type="button" className="primary" onClick={exportKey}>
        Export private key
      </button>
      <label htmlFor="private-key">Private key</label>
      <output id="private-key">{privateKey || '•••• •••• •••• ••••'}</output>
      <p role="alert" className="error">
        {error}
      </p>
    </div>
  )
}
