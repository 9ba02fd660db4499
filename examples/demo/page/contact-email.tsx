import { type FormEvent, useState } from 'react'
import * as z from 'zod/mini'
import { post } from './post.ts'
import { type ActionProps, useAction } from './use-action.ts'

const Changed = z.object({ email: z.string() })

/** A protected action that prompts at most once in ten minutes. */
export function ContactEmail(props: ActionProps) {
  const [saved, setSaved] = useState('')
  const { busy, run, error } = useAction('contact email', props)

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const body = { email: String(new FormData(event.currentTarget).get('contact')) }
    run(async () => {
      setSaved('')
      setSaved((await post('/demo/email', Changed, { body, fetch: props.session.fetch })).email)
    })
  }

  return (
    <form className="action" onSubmit={submit}>
      <label htmlFor="contact">Contact email</label>
      <div className="field-and-button">
        <input
          id="contact"
          name="contact"
          type="email"
          defaultValue={props.session.email}
          autoComplete="email"
          aria-describedby="contact-saved"
          required
        />
        <button type="submit" aria-busy={busy}>
          Change
        </button>
      </div>
      <p id="contact-saved" role="status" className="muted small">
        {saved ? `Changed to ${saved}.` : ''}
      </p>
      {error && (
        <p role="alert" className="error">
          {error}
        </p>
      )}
    </form>
  )
}
