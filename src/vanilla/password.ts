/**
 * Importing this module lets `bindTotpFlow` bind `data-totp-do="submit-password"`, for a backend that takes the user's password:
 * docs/plain-html.md#passwords.
 *
 * @module totp-flow/vanilla/password
 */
import { selectIn } from '../ui/focus-soon.ts'
import { passwordFieldAttributes } from '../ui/password-field-attributes.ts'
import { createPasswordPrompt } from '../ui/password-prompt.ts'
import { allow, greet } from './bind.ts'
import { optional } from './optional.ts'

export { bindTotpFlow } from './bind.ts'

const FORM = '[data-totp-do=submit-password]'
const FIELD = '[name=password]'

optional.bindPasswords = (root, flow) => {
  const { submit, ...prompt } = createPasswordPrompt(flow)
  /** For each field, the error for which its text was selected. */
  const selected = new WeakMap<HTMLInputElement, unknown>()
  const fields = () => root.querySelectorAll<HTMLInputElement>(`${FORM} ${FIELD}`)

  for (const field of fields()) {
    for (const [name, value] of Object.entries(passwordFieldAttributes))
      field.setAttribute(name.toLowerCase(), String(value))
    const form = field.closest(FORM)
    // Without a form of its own, the field belongs to no form, not even to the host's around it.
    if (!(form instanceof HTMLFormElement))
      for (const el of form?.querySelectorAll('input, button') ?? []) el.setAttribute('form', '')
  }
  const erase = () => {
    for (const field of fields()) field.value = ''
  }
  return {
    ...prompt,
    erase,
    submit(form) {
      const field = form.querySelector<HTMLInputElement>(FIELD)
      if (!submit(field?.value ?? '')) field?.focus()
    },
    render(presentation) {
      const { showsPasswordField, busy, error } = flow.getView()
      const { isWrong } = prompt.getState()
      if (!showsPasswordField) erase()
      for (const field of fields()) {
        field.readOnly = busy
        field.ariaInvalid = String(isWrong)
        if (isWrong && selected.get(field) !== error) selectIn(field, error)
        selected.set(field, isWrong ? error : undefined)
        const button = field.closest(FORM)?.querySelector<HTMLButtonElement>('button:not([type=button])')
        if (button) allow(button, presentation, 'submit-password')
        greet(field)
      }
    },
  }
}
