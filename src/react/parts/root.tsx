import { useEffect, useRef } from 'react'
import { screenOf } from '../../ui/screen.ts'
import { useMessages } from '../flow/use-messages.ts'
import { useTotpFlow } from '../flow/use-totp-flow.ts'
import { Announcement } from './announcement.tsx'
import { Part, type PartProps } from './part.ts'

/** What the other parts stand in: says the language and what has happened, and keeps the focus on the page. */
export function Root({ children, ...props }: PartProps<'section'>) {
  const { lang, dir } = useMessages()
  const screen = useTotpFlow(screenOf)
  const hasNewCodes = useTotpFlow((view) => view.recoveryCodes !== null)
  const root = useRef<HTMLElement>(null)
  const lastFocused = useRef<Element>(null)

  useEffect(() => {
    // After the host's own effects, which may have a better place for it.
    queueMicrotask(() => {
      const isLost = lastFocused.current?.isConnected === false && document.activeElement === document.body
      if (isLost && (screen || hasNewCodes)) root.current?.focus()
    })
  }, [screen, hasNewCodes])

  const behavior = {
    'data-totp': '',
    ref: root,
    lang,
    dir,
    tabIndex: -1,
    children: (
      <>
        {children}
        <Announcement />
      </>
    ),
    onFocus: (event: { target: Element }) => {
      lastFocused.current = event.target
    },
  }
  return <Part tag="section" name="root" behavior={behavior} given={props} />
}
