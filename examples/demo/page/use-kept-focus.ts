import { type RefObject, useEffect, useRef } from 'react'

/** The view that was on screen last; `null` when the page has just been opened, and the focus is the browser's. */
let seen: string | null = null

/** A screen reader does not hear of a focus that comes with the page around it. */
const LATER_MS = 250

/** For a heading: gives it the focus when the view changes and what held the focus went with the old one. */
export function useKeptFocus(view: string): RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    const isOther = seen !== null && seen !== view
    seen = view
    if (!isOther) return
    const timer = setTimeout(() => {
      if (document.activeElement === document.body) heading.current?.focus()
    }, LATER_MS)
    return () => clearTimeout(timer)
  }, [view])
  return heading
}
