import type { SyntheticEvent } from 'react'
import { isSubmission, keepRelease } from '../../ui/submission.ts'
import { drawPart, type PartProps } from './part.ts'
import { PromptScope, usePrompt } from './prompt.tsx'

/**
 * What stands around a code field and its button: sends each code once, and selects one that was wrong. It is no `<form>`,
 * so that it can stand in one, and what is typed and submitted in it is kept from the host's handlers around it.
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

/** React lets events bubble through its own tree: out of a portal, too. */
const keep = (event: SyntheticEvent) => event.stopPropagation()
