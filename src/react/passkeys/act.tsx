import type { MouseEvent } from 'react'
import { drawPart } from '../parts/part.ts'

interface ActProps {
  name: string
  label?: string
  isBusy?: boolean
  isRefused?: boolean
  act(): void
  children: string
}

/** While it would be refused it does nothing, and keeps the focus: it may be what was pressed. */
export const Act = ({ name, label, isBusy = false, isRefused = false, act, children }: ActProps) =>
  drawPart(
    'button',
    `button ${name}`,
    {
      type: 'button',
      'aria-label': label,
      'aria-busy': isBusy,
      'aria-disabled': isRefused || undefined,
      onClick(event: MouseEvent) {
        event.preventDefault() // or one that a host makes a submit button would submit, too
        if (!isRefused && !isBusy) act()
      },
      children,
    },
    {},
  )
