import type { MouseEvent } from 'react'
import type { Verb } from '../../ui/present.ts'
import { usePresentation } from './known.tsx'
import { drawPart, type PartProps } from './part.ts'

export type ButtonProps = PartProps<'button'>

interface Does {
  verb: Verb
  name: string
  words: string
  act(): unknown
  given: ButtonProps
}

/** Does nothing while the verb would be refused, but keeps focus, since it may be the button that was just pressed. */
export function Button({ verb, name, words, act, given }: Does) {
  const isRefused = usePresentation(({ enabled }) => enabled[verb] === false)
  const busy = usePresentation((presentation) => presentation.busy[verb])
  const behavior = {
    type: 'button',
    'aria-busy': busy,
    'aria-disabled': isRefused || undefined,
    onClick(event: MouseEvent) {
      event.preventDefault() // the host may have made it a submit button
      if (!isRefused || verb === 'submit-code') act() // a code that cannot be sent gets an error
    },
    children: words,
  }
  return drawPart('button', `button ${name}`, behavior, given)
}
