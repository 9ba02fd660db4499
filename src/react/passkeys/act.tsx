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

/** Does nothing while it would be refused, but keeps focus, since it may be the button that was just pressed. */
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
        event.preventDefault() // the host may have made it a submit button
        if (!isRefused && !isBusy) act()
      },
      children,
    },
    {},
  )
