import type { FormEvent } from 'react'
import { drawPart, type PartProps } from './part.ts'
import { PromptContext, useNewPrompt } from './prompt.tsx'

/** The form around a code field and its button: sends each code once, and selects one that was wrong. */
export function CodeForm(props: PartProps<'form'>) {
  const shared = useNewPrompt()
  const behavior = {
    noValidate: true,
    onSubmit(event: FormEvent<HTMLFormElement>) {
      event.preventDefault()
      if (shared.prompt.submit()) return
      const field = event.currentTarget.querySelector('input')
      field?.focus()
      field?.select()
    },
  }
  return (
    <PromptContext.Provider value={shared}>
      {drawPart('form', 'code-form', behavior, props)}
    </PromptContext.Provider>
  )
}
