import type { SyntheticEvent } from 'react'
import { isSubmission, keepRelease } from '../../ui/submission.ts'
import { drawPart, type PartProps } from './part.ts'
import { PromptScope, usePrompt } from './prompt.tsx'

/**
 * Wraps a code field and its button. Submits each code once and selects a rejected one. It is not a `<form>`, so it can be put
 * into one, and its input and submit events do not reach the host's handlers around it.
 */
export const CodeForm = (props: PartProps<'div'>) => (
  <PromptScope>
    <CodeFormInScope {...props} />
  </PromptScope>
)

export function CodeFormInScope(props: PartProps<'div'>) {
  const prompt = usePrompt()
  function submit(event: SyntheticEvent) {
    if (!isSubmission(event.nativeEvent)) return
    keep(event)
    if (event.type === 'keydown') keepRelease()
    event.preventDefault()
    prompt.submit()
  }
  return drawPart(
    'div',
    'code-form',
    { onKeyDown: submit, onClick: submit, onInput: keep, onChange: keep },
    props,
  )
}

/** React bubbles events through its own tree, even out of a portal. */
const keep = (event: SyntheticEvent) => event.stopPropagation()
