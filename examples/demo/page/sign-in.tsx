/** Stands in for a host's own sign-in: takes an e-mail address without proof. */
import { type FormEvent, useState } from 'react'
import { TotpFlowError } from 'totp-flow'
import { useKeptFocus } from './use-kept-focus.ts'

interface SignInProps {
  /** Why the user was signed out, if not by choice. */
  notice: string
  onSubmit: (email: string) => Promise<void>
}

export function SignIn({ notice, onSubmit }: SignInProps) {
  const [error, setError] = useState('')
  const [busy, setBusy] = useState(false)
  const heading = useKeptFocus('sign-in')

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    if (busy) return
    const email = String(new FormData(event.currentTarget).get('email'))
    setBusy(true)
    setError('')
    try {
      await onSubmit(email)
    } catch (cause) {
      setBusy(false)
      setError(TotpFlowError.from(cause).message)
    }
  }

  return (
    <section className="card" aria-labelledby="sign-in">
      <h1 id="sign-in" ref={heading} tabIndex={-1}>
        Sign in
      </h1>
      <p className="muted">
        Any address will do: the demo stands in for your own sign-in, and sends no mail.
      </p>
      <form onSubmit={submit} className="sign-in">
        <label htmlFor="email">Email</label>
        <input
          id="email"
          name="email"
          type="email"
          defaultValue="demo@example.com"
          autoComplete="email"
          aria-invalid={error !== ''}
          aria-describedby="sign-in-problem"
          required
        />
        <p role="alert" id="sign-in-problem" className={error ? 'error' : 'notice'}>
          {error || notice}
        </p>
        <button type="submit" className="primary" aria-busy={busy}>
          Continue as demo user
        </button>
      </form>
    </section>
  )
}
