import { useEffect, useRef } from 'react'
import { screenOf } from '../../ui/screen.ts'
import { useMessages } from '../flow/use-messages.ts'
import { useTotpFlow } from '../flow/use-totp-flow.ts'
import { Announcement } from './announcement.tsx'
import { Part, type PartProps } from './part.ts'

/** Wraps the other parts. Sets the language, announces what happened, and keeps focus on the page. */
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

  // biome-ignore lint/correctness/useExhaustiveDependencies: only another screen takes away what had the focus
  useEffect(() => {
    // After the host's own effects, which may move focus to a better place.
    queueMicrotask(() => {
      const isLost = lastFocused.current?.isConnected === false && document.activeElement === document.body
      if (!isLost) return
      const codes = root.current?.querySelector('[part~=code-list]') // what is on the page by now
      const place = codes?.closest<HTMLElement>('[part~=recovery-codes]') ?? root.current
      place?.focus()
    })
  }, [shown])

  const behavior = {
    'data-totp': '',
    ref: root,
    'aria-label': device.card, // or a screen reader would use its whole content as its name
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
