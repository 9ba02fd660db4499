import { useState } from 'react'
import * as z from 'zod/mini'
import { post } from './post.ts'
import { type ActionProps, useAction } from './use-action.ts'

const Exported = z.object({ privateKey: z.string() })

/** A protected action that prompts every time. It knows nothing of codes: `session.fetch` prompts when the server asks for one. */
export function PrivateKey(props: ActionProps) {
  const [privateKey, setPrivateKey] = useState('')
  const { busy, run, error } = useAction('private key', props)

  const exportKey = () =>
    run(async () => {
      setPrivateKey('')
      const answer = await post('/demo/private-key/export', Exported, { fetch: props.session.fetch })
      setPrivateKey(answer.privateKey)
    })

  return (
    <div className="action">
      <p className="label" id="private-key-label">
        Private key
      </p>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields, and an <output> is read aloud by itself */}
      <div role="group" className="secret" id="private-key" aria-labelledby="private-key-label">
        {privateKey}
      </div>
      <p role="status" className="unseen">
        {privateKey && 'The private key is shown.'}
      </p>
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
