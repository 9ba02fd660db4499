import { useState } from 'react'
import { TotpFlowError } from 'totp-flow'
import { useTotpFlow } from 'totp-flow/react'
import * as z from 'zod/mini'
import { post } from './post.ts'
import type { Session } from './session.ts'

/** What one can do once the authenticator app is on: the protected action, and taking the app off again. */
export function DeviceCard({ session }: { session: Session }) {
  const flow = useTotpFlow()
  const view = useTotpFlow((current) => current)
  const [exportError, setExportError] = useState('')
  return (
    <>
      <PrivateKey session={session} error={exportError} onError={setExportError} />
      <div className="row">
        <p className="muted">Changing your phone? Remove this device, then set up the new one.</p>
        <button
          type="button"
          className="danger"
          aria-busy={view.state === 'deleting'}
          onClick={() => flow.deleteDevice()}
        >
          Remove device
        </button>
      </div>
      {!exportError && !view.showsCodeField && (
        <p role="alert" className="error">
          {view.error?.message}
        </p>
      )}
    </>
  )
}

/** The protected action. It knows nothing of codes: `session.fetch` asks for one when the server does. */
function PrivateKey(given: { session: Session; error: string; onError: (sentence: string) => void }) {
  const { session, error, onError } = given
  const [privateKey, setPrivateKey] = useState('')
  const [busy, setBusy] = useState(false)

  async function exportKey() {
    if (busy) return
    setBusy(true)
    onError('')
    setPrivateKey('')
    try {
      const shape = z.object({ privateKey: z.string() })
      const answer = await post('/demo/private-key/export', shape, { fetch: session.fetch })
      setPrivateKey(answer.privateKey)
    } catch (cause) {
      const { code, message } = TotpFlowError.from(cause)
      if (code === 'unauthenticated') session.flow.signOut()
      else if (code !== 'aborted') onError(message)
    }
    setBusy(false)
  }

  return (
    <div className="private-key">
      <label htmlFor="private-key">Private key</label>
      <output id="private-key">{privateKey}</output>
      <button type="button" className="primary" aria-busy={busy} onClick={exportKey}>
        Export private key
      </button>
      {error && (
        <p role="alert" className="error">
          {error}
        </p>
      )}
    </div>
  )
}
