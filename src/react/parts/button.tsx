import type { MouseEvent } from 'react'
import type { Verb } from '../../ui/present.ts'
import { useFace } from './known.tsx'
import { drawPart, type PartProps } from './part.ts'

export type ButtonProps = PartProps<'button'>

interface Does {
  verb: Verb
  name: string
  words: string
  act(): unknown
  given: ButtonProps
}

/** While it would be refused it does nothing, and keeps the focus: it may be what was pressed. */
export function Button({ verb, name, words, act, given }: Does) {
  const isRefused = useFace(({ enabled }) => enabled[verb] === false)
  const busy = useFace((face) => face.busy[verb])
  const behavior = {
    type: 'button',
    'aria-busy': busy,
    'aria-disabled': isRefused || undefined,
    onClick(event: MouseEvent) {
      event.preventDefault() // or one that a host makes a submit button would submit, too
      if (!isRefused || verb === 'submit-code') act() // a code that cannot be sent is told why
    },
    children: words,
  }
  return drawPart('button', `button ${name}`, behavior, given)
}
