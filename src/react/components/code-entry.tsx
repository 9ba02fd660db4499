import type { ReactNode } from 'react'
import { Cancel, Submit, SwitchMethod } from '../parts/buttons.tsx'
import { CodeField, CodeLabel } from '../parts/code-field.tsx'
import { CodeForm } from '../parts/code-form.tsx'
import { Notes } from '../parts/notes.tsx'

interface CodeEntryProps {
  /** Stands above the field, and knows the form's state. */
  children?: ReactNode
  autoFocus?: boolean | 'with-keyboard'
  onTyped?: () => void
}

/** The code form as the components show it. */
export const CodeEntry = ({ children, autoFocus, onTyped }: CodeEntryProps) => (
  <CodeForm>
    {children}
    <CodeLabel />
    <CodeField {...(autoFocus !== undefined && { autoFocus })} onChange={onTyped} />
    <Notes />
    <div part="actions">
      <Submit />
      <Cancel />
      <SwitchMethod />
    </div>
  </CodeForm>
)
