import { type RefObject, useEffect, useRef } from 'react'

/** The view that was on screen last; `null` when the page has just been opened, and the focus is the browser's. */
let seen: string | null = null

/** For a heading: gives it the focus when the view changes and what held the focus went with the old one. */
export function useKeptFocus(view: string): RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    if (seen !== null && seen !== view && document.activeElement === document.body) heading.current?.focus()
    seen = view
  }, [view])
  return heading
}
