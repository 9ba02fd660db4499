import type { ReactNode } from 'react'
import { Cancel, Submit, SwitchMethod } from '../parts/buttons.tsx'
import { CodeField, CodeLabel } from '../parts/code-field.tsx'
import { CodeFormInScope } from '../parts/code-form.tsx'
import { useShown } from '../parts/known.tsx'
import { Notes } from '../parts/notes.tsx'

interface CodeEntryProps {
  /** Shown above the field, with access to the form's state. */
  children?: ReactNode
  autoFocus?: boolean | 'with-keyboard'
}

/** The code form of the components. Needs a `PromptScope` around it. */
export function CodeEntry({ children, autoFocus }: CodeEntryProps) {
  const isCancelable = useShown('cancelable')
  return (
    <CodeFormInScope>
      {children}
      <CodeLabel />
      <CodeField {...(autoFocus !== undefined && { autoFocus })} />
      <Notes />
      <div part="actions">
        <Submit />
        {isCancelable && <Cancel />}
        <SwitchMethod />
      </div>
    </CodeFormInScope>
  )
}
