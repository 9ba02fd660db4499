import { useCallback, useRef, useState } from 'react'
import { announcerOf } from '../../ui/announcer.ts'
import { useText } from './known.tsx'
import { Part, type PartProps } from './part.ts'
import { useObserved } from './use-observed.ts'

/** Announces to screen readers what just happened: copied, saved, removed, how long a wait is … A `Root` contains one. */
export function Announcement(props: PartProps<'p'>) {
  const [announcer, announced] = useObserved(announcerOf)
  const [key] = useState(() => ({})) // `useId` may give two roots of a page the same
  const text = useText('announcement', { announced })
  const leave = useRef<() => void>(undefined)
  const join = useCallback(
    (region: Element | null) => {
      leave.current?.()
      leave.current = region ? announcer.join(region, key) : undefined
    },
    [announcer, key],
  )
  const children = announced.by === key ? text : ''
  const behavior = { ref: join, role: 'status', children }
  return <Part tag="p" name="announcement unseen" behavior={behavior} given={props} />
}
