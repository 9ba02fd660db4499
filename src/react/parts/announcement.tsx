import { useCallback, useRef } from 'react'
import { announcerOf } from '../../ui/announcer.ts'
import { useText } from './known.tsx'
import { Part, type PartProps } from './part.ts'
import { useObserved } from './use-observed.ts'

/** Announces to screen readers what just happened: copied, saved, removed, how long a wait is … A `Root` contains one. */
export function Announcement(props: PartProps<'p'>) {
  const [announcer, announced] = useObserved(announcerOf)
  const region = useRef<Element>(null)
  const text = useText('announcement', { announced })
  const leave = useRef<() => void>(undefined)
  /** Not state: a page would be rendered twice for it. */
  const join = useCallback(
    (element: Element | null) => {
      leave.current?.()
      leave.current = element ? announcer.join(element) : undefined
      region.current = element
    },
    [announcer],
  )
  const children = announced.by && announced.by === region.current ? text : ''
  const behavior = { ref: join, role: 'status', children }
  return <Part tag="p" name="announcement unseen" behavior={behavior} given={props} />
}
