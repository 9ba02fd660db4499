import { useId, useState } from 'react'
import { TotpFlowError } from '../../contract/errors.ts'
import { sentenceOf } from '../../messages/sentence.ts'
import { saveFile } from '../../ui/save-file.ts'
import { useCopy } from '../parts/use-copy.ts'
import { useMessages } from '../provider.tsx'
import { useTotpFlow } from '../use-totp-flow.ts'

/** The recovery codes of the enrollment that has just ended, until the person says that they are kept. Else nothing. */
export function RecoveryCodes({ className }: { className?: string }) {
  const flow = useTotpFlow()
  const codes = useTotpFlow((view) => view.recoveryCodes)?.unseal()
  const messages = useMessages()
  const { shown, outcome, copy } = useCopy<HTMLOListElement>()
  const [error, setError] = useState<TotpFlowError | null>(null)
  const [busy, setBusy] = useState(false)
  const id = useId()
  if (!codes) return null
  const { recovery, lang, dir } = messages
  const text = codes.join('\n')

  async function keep() {
    if (busy) return
    setBusy(true)
    setError(null)
    await flow.acknowledgeRecoveryCodes().catch((cause: unknown) => setError(TotpFlowError.from(cause)))
    setBusy(false)
  }

  return (
    <section
      data-totp=""
      part="recovery-codes"
      className={className}
      aria-labelledby={id}
      lang={lang}
      dir={dir}
    >
      <h2 id={id} part="title">
        {recovery.title}
      </h2>
      <p part="hint">{recovery.hint}</p>
      <ol part="code-list" aria-label={recovery.list} ref={shown} dir="ltr" translate="no">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ol>
      <div part="row">
        <button type="button" part="button copy" aria-live="polite" onClick={() => copy(text)}>
          {outcome === 'copied' ? recovery.copied : recovery.copy}
        </button>
        <button type="button" part="button download" onClick={() => saveFile(recovery.file, text)}>
          {recovery.download}
        </button>
      </div>
      {outcome === 'selected' && <p part="copy-note">{recovery.selected}</p>}
      <button type="button" part="button keep primary" aria-busy={busy} onClick={keep}>
        {recovery.keep}
      </button>
      {error && (
        <p part="error" role="alert">
          {sentenceOf(messages, error)}
        </p>
      )}
    </section>
  )
}
