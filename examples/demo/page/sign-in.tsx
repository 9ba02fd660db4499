import { type FormEvent, useState } from 'react'

export function SignIn({ onSubmit }: { onSubmit: (email: string) => Promise<void> }) {
  const [error, setError] = useState('')
  const [busy, setBusy] = useState(false)

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const email = String(new FormData(event.currentTarget).get('email'))
    setBusy(true)
    setError('')
    try {
      await onSubmit(email)
    } catch (cause) {
      setBusy(false)
      setError(cause instanceof TypeError ? 'We couldn’t reach the server. Try again.' : String(cause))
    }
  }

  return (
    <section className="card" aria-labelledby="sign-in">
      <h1 id="sign-in">Sign in</h1>
      <p className="muted">
        Any address will do: the demo stands in for your own sign-in, and sends no mail.
      </p>
      <form onSubmit={submit}>
        <label htmlFor="email">Email</label>
        <input
          id="email"
          name="email"
          type="email"
          defaultValue="demo@example.com"
          autoComplete="email"
          required
        />
        <button type="submit" className="primary" aria-busy={busy}>
          Continue as demo user
        </button>
      </form>
      <p role="alert" className="error">
        {error}
      </p>
    </section>
  )
}
