import { type FormEvent, useEffect, useId, useRef, useState } from 'react'
import { normalizeCode, type TotpView } from 'totp-flow'
import { useTotpFlow } from 'totp-flow/react'

/** Long enough to see the sixth digit, and to press the button oneself. */
const SUBMIT_AFTER_MS = 500

/** The code field and its button: submits at six digits, keeps what was typed, selects it when it was wrong. */
export function CodeForm({ view, onTyped }: { view: TotpView; onTyped?: () => void }) {
  const flow = useTotpFlow()
  const [typed, setTyped] = useState('')
  const input = useRef<HTMLInputElement>(null)
  const errorId = useId()
  const { error, can } = view
  const code = normalizeCode(typed)
  const isComplete = /^\d{6}$/.test(code)

  useEffect(() => {
    if (!isComplete) return
    const timer = setTimeout(() => flow.submitCode(code), SUBMIT_AFTER_MS)
    return () => clearTimeout(timer)
  }, [code, isComplete, flow])

  useEffect(() => {
    if (error && can.submitCode) input.current?.select()
  }, [error, can.submitCode])

  function submit(event: FormEvent) {
    event.preventDefault()
    flow.submitCode(typed)
  }

  return (
    <form onSubmit={submit} className="code" noValidate>
      <label htmlFor={`${errorId}-code`}>6-digit code</label>
      <input
        id={`${errorId}-code`}
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
        aria-describedby={errorId}
        readOnly={view.state === 'verifying'}
        // biome-ignore lint/a11y/noAutofocus: the field is what the person came for
        autoFocus
      />
      <p role="alert" id={errorId} className="error">
        {error?.message}
      </p>
      {view.detail === 'throttled' && view.retryAt !== null && <Countdown until={view.retryAt} />}
      <div className="actions">
        <button
          type="submit"
          className="primary"
          aria-busy={view.busy}
          disabled={view.detail === 'throttled'}
        >
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
  return <p className="muted">You can try again in {seconds === 1 ? '1 second' : `${seconds} seconds`}.</p>
}
