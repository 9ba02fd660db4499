import { useEffect, useRef } from 'react'
import { screenOf } from '../../ui/screen.ts'
import { useMessages } from '../flow/use-messages.ts'
import { useTotpFlow } from '../flow/use-totp-flow.ts'
import { Announcement } from './announcement.tsx'
import { Part, type PartProps } from './part.ts'

/** What the other parts stand in: says the language and what has happened, and keeps the focus on the page. */
export function Root({ children, ...props }: PartProps<'section'>) {
  const { lang, dir, device } = useMessages()
  const shown = useTotpFlow((view) =>
    [
      screenOf(view),
      view.showsPasswordField,
      view.registration && 'picture',
      view.recoveryCodes && 'codes',
    ].join(' '),
  )
  const root = useRef<HTMLElement>(null)
  const lastFocused = useRef<Element>(null)

  useEffect(() => {
    // After the host's own effects, which may have a better place for it.
    queueMicrotask(() => {
      const isLost = lastFocused.current?.isConnected === false && document.activeElement === document.body
      if (!isLost) return
      const codes = root.current?.querySelector<HTMLElement>('[part~=recovery-codes]')
      const place = (shown.endsWith('codes') && codes) || root.current
      place?.focus()
    })
  }, [shown])

  const behavior = {
    'data-totp': '',
    ref: root,
    'aria-label': device.card, // or a screen reader takes all that is in it for its name
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
