import { type FormEvent, useEffect, useId, useRef, useState } from 'react'
import type { TotpView } from 'totp-flow'
import { useTotpFlow } from 'totp-flow/react'
import { useCodeEntry } from './use-code-entry.ts'

/** The code field and its button: submits at six digits, keeps what was typed, selects it when it was wrong. */
export function CodeForm({
  view,
  autoFocus = true,
  onTyped,
}: {
  view: TotpView
  autoFocus?: boolean
  onTyped?: () => void
}) {
  const flow = useTotpFlow()
  const { typed, setTyped, submit } = useCodeEntry()
  const input = useRef<HTMLInputElement>(null)
  const id = useId()
  const { error, can, busy } = view
  const throttled = view.detail === 'throttled'

  useEffect(() => {
    if (error && can.submitCode) input.current?.select()
  }, [error, can.submitCode])

  function onSubmit(event: FormEvent) {
    event.preventDefault()
    if (submit()) return
    input.current?.focus()
    input.current?.select()
  }

  return (
    <form onSubmit={onSubmit} className="code" noValidate>
      <label htmlFor={id}>6-digit code</label>
      <input
        id={id}
        ref={input}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value)
          onTyped?.()
        }}
        inputMode="numeric"
        autoComplete="one-time-code"
        maxLength={12}
        placeholder="000000"
        spellCheck={false}
        aria-invalid={error !== null}
        aria-describedby={`${id}-note`}
        readOnly={view.state === 'verifying'}
        // biome-ignore lint/a11y/noAutofocus: the field is what the person came for
        autoFocus={autoFocus}
      />
      <div className="note" id={`${id}-note`}>
        <p role="alert" className="error">
          {error?.message}
        </p>
        {throttled && view.retryAt !== null && <Countdown until={view.retryAt} />}
        {!error && !busy && <p className="muted">Your app shows a new code every 30 seconds.</p>}
      </div>
      <div className="actions">
        <button type="submit" className="primary" aria-busy={busy} disabled={throttled}>
          Verify
        </button>
        <button type="button" onClick={() => flow.cancel()}>
          Cancel
        </button>
      </div>
    </form>
  )
}

function Countdown({ until }: { until: number }) {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  const seconds = Math.max(0, Math.ceil((until - now) / 1000))
  return <p className="muted"> {seconds === 1 ? '1 second' : `${seconds} seconds`} left.</p>
}
