import { type RefObject, useEffect, useRef } from 'react'

/** The last view on screen; `null` when the page has just opened and the browser decides the focus. */
let seen: string | null = null

/** A screen reader misses a focus change that comes together with new content. */
const LATER_MS = 250

/** Focuses a heading when the view changes and the focused element went with the old view. */
export function useKeptFocus(view: string): RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    const isOther = seen !== null && seen !== view
    seen = view
    if (!isOther) return
    const timer = setTimeout(() => {
      if (document.activeElement === document.body) heading.current?.focus()
    }, LATER_MS)
    const stop = () => {
      clearTimeout(timer)
      document.removeEventListener('keydown', stop, true)
    }
    document.addEventListener('keydown', stop, true) // who has begun to move by keys is not moved
    return stop
  }, [view])
  return heading
}
