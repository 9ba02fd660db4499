import { useEffect, useState } from 'react'
import { announcerOf } from '../../ui/announcer.ts'
import { useText } from './known.tsx'
import { Part, type PartProps } from './part.ts'
import { useObserved } from './use-observed.ts'

/** Announces to screen readers what just happened: copied, saved, removed, how long a wait is … A `Root` contains one. */
export function Announcement(props: PartProps<'p'>) {
  const [announcer, announced] = useObserved(announcerOf)
  const [region, setRegion] = useState<Element | null>(null)
  const text = useText('announcement', { announced })
  useEffect(() => (region ? announcer.join(region) : undefined), [announcer, region])
  const children = announced.by === region ? text : ''
  const behavior = { ref: setRegion, role: 'status', children }
  return <Part tag="p" name="announcement unseen" behavior={behavior} given={props} />
}
