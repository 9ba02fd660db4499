import { type SyntheticEvent, useEffect, useId, useRef } from 'react'
import { focusSoon, selectIn } from '../../ui/focus-soon.ts'
import { passwordFieldAttributes } from '../../ui/password-field-attributes.ts'
import { createPasswordPrompt } from '../../ui/password-prompt.ts'
import { isSubmission, keepRelease } from '../../ui/submission.ts'
import type { PasswordFormProps } from '../flow/provider.tsx'
import { useMessages } from '../flow/use-messages.ts'
import { useTotpFlow } from '../flow/use-totp-flow.ts'
import { Button } from '../parts/button.tsx'
import { Cancel } from '../parts/buttons.tsx'
import { Knows, useText } from '../parts/known.tsx'
import { ErrorText } from '../parts/notes.tsx'
import { useObserved } from '../parts/use-observed.ts'

/**
 * Asks for the user's password, as the provider's `passwordForm`. Keeps the password only in the field. It is not a `<form>`, so
 * it can be put into one, and its input and submit events do not reach the host's handlers around it.
 */
export function PasswordForm({ hintId }: PasswordFormProps) {
  const { password: words } = useMessages()
  const [prompt, state] = useObserved(createPasswordPrompt)
  const busy = useTotpFlow((view) => view.busy)
  const error = useTotpFlow((view) => view.error)
  const field = useRef<HTMLInputElement>(null)
  const id = useId()

  useEffect(() => (field.current ? focusSoon(field.current) : undefined), [])
  // React reports no `change` of an uncontrolled field.
  useEffect(() => field.current?.addEventListener('change', keep), [])
  useEffect(() => {
    if (state.isWrong && field.current) selectIn(field.current, error) // once for each error
  }, [state.isWrong, error])

  function send() {
    if (!prompt.submit(field.current?.value ?? '')) field.current?.focus()
  }
  function submit(event: SyntheticEvent) {
    if (!isSubmission(event.nativeEvent)) return
    keep(event)
    if (event.type === 'keydown') keepRelease()
    event.preventDefault()
    send()
  }
  return (
    <Knows password={state}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the Enter key of the field in it */}
      <div part="password-form" onKeyDown={submit} onInput={keep} onChange={keep}>
        <Hint id={hintId ?? `${id}-hint`} />
        <label part="password-label" htmlFor={id}>
          {words.label}
        </label>
        <input
          {...passwordFieldAttributes}
          part="password-field"
          id={id}
          ref={field}
          form="" // belongs to no form: a form around it neither sends nor requires the password
          readOnly={busy}
          aria-invalid={state.isWrong}
          // Not in the description: screen readers would speak a changed description in addition to the alert.
          aria-errormessage={`${id}-error`}
          aria-describedby={hintId ?? `${id}-hint`}
        />
        <div part="notes">
          <ErrorText id={`${id}-error`} />
        </div>
        <div part="actions">
          <Button verb="submit-password" name="submit primary" words={words.submit} act={send} given={{}} />
          <Cancel />
        </div>
      </div>
    </Knows>
  )
}

const Hint = ({ id }: { id: string }) => (
  <p part="hint" id={id}>
    {useText('hint')}
  </p>
)

/** React bubbles events through its own tree, even out of a portal. */
const keep = (event: Pick<Event, 'stopPropagation'>) => event.stopPropagation()
