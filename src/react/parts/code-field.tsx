import { type ChangeEvent, useEffect } from 'react'
import { codeFieldAttributes } from '../../ui/code-field-attributes.ts'
import { focusSoon, isTouchScreen, selectIn } from '../../ui/focus-soon.ts'
import { useText } from './known.tsx'
import { drawPart, Part, type PartProps } from './part.ts'
import { usePrompt } from './prompt.tsx'

/** The label of the code field. */
export function CodeLabel(props: PartProps<'label'>) {
  const { id } = usePrompt()
  const children = useText('label')
  return drawPart('label', 'code-label', { htmlFor: id, children }, props)
}

/** The props of an `input`, with another `autoFocus`. */
export interface CodeFieldProps extends Omit<PartProps<'input'>, 'autoFocus'> {
  /** `with-keyboard`: no focus on a touch screen, whose keyboard would cover the instructions. @default true */
  autoFocus?: boolean | 'with-keyboard'
}

/** One field for six digits or a recovery code. Understands paste, autofill and digits of any script. */
export function CodeField({ autoFocus = true, ...props }: CodeFieldProps) {
  const { id, field: input, prompt, method, typed, error, isSpent, isRefused, busy } = usePrompt()

  useEffect(() => {
    const isWanted = autoFocus === 'with-keyboard' ? !isTouchScreen() : autoFocus
    if (input.current && (isWanted || method === 'recovery')) return focusSoon(input.current)
  }, [input, autoFocus, method])
  useEffect(() => {
    if (isRefused && input.current) selectIn(input.current, error) // once for each error
  }, [input, error, isRefused])

  const behavior = {
    ...codeFieldAttributes[method],
    id,
    ref: input,
    form: '', // belongs to no form: a form around it neither sends nor requires the code
    enterKeyHint: 'go',
    value: typed,
    onChange: (event: ChangeEvent<HTMLInputElement>) => prompt.type(event.target.value),
    'aria-invalid': isSpent,
    // Not in the description: screen readers would speak a changed description in addition to the alert.
    'aria-errormessage': `${id}-error`,
    'aria-describedby': `${id}-above ${id}-note`,
    readOnly: busy,
  }
  // The key makes each method its own field, so that a browser does not offer codes for recovery codes or vice versa.
  return <Part key={method} tag="input" name={`code-field ${method}`} behavior={behavior} given={props} />
}
