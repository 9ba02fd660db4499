import { type ChangeEvent, useEffect } from 'react'
import { codeFieldAttributes } from '../../ui/code-field-attributes.ts'
import { focusSoon, isTouchScreen, selectIn } from '../../ui/focus-soon.ts'
import { useText } from './known.tsx'
import { drawPart, Part, type PartProps } from './part.ts'
import { usePrompt } from './prompt.tsx'

/** Names the code field. */
export function CodeLabel(props: PartProps<'label'>) {
  const { id } = usePrompt()
  const children = useText('label')
  return drawPart('label', 'code-label', { htmlFor: id, children }, props)
}

/** As of an `input`, but for `autoFocus`. */
export interface CodeFieldProps extends Omit<PartProps<'input'>, 'autoFocus'> {
  /** `with-keyboard`: not on a touch screen, whose keyboard would cover what is to be read first. @default true */
  autoFocus?: boolean | 'with-keyboard'
}

/** The one field for six digits, or for a recovery code. Paste, autofill and other scripts' digits are understood. */
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
    form: '', // of none: a form around it neither sends the code nor waits for it
    enterKeyHint: 'go',
    value: typed,
    onChange: (event: ChangeEvent<HTMLInputElement>) => prompt.type(event.target.value),
    'aria-invalid': isSpent,
    // No description: that is spoken when it changes, and an alert is, too.
    'aria-errormessage': `${id}-error`,
    'aria-describedby': `${id}-above ${id}-note`,
    readOnly: busy,
  }
  // By its key another kind of field: a browser does not offer codes for recovery codes, or the other way round.
  return <Part key={method} tag="input" name={`code-field ${method}`} behavior={behavior} given={props} />
}
