import { type RefObject, useEffect, useRef, useState } from 'react'
import { copyText, SAYS_COPIED_MS } from '../../ui/copy-text.ts'

interface Copying<Shown extends Element> {
  /** For the element that shows the text: it is selected where nothing can be copied. */
  shown: RefObject<Shown | null>
  outcome: 'copied' | 'selected' | null
  copy(text: string): Promise<void>
}

/** Copies, and says for a while that it did. */
export function useCopy<Shown extends Element>(): Copying<Shown> {
  const shown = useRef<Shown>(null)
  const [outcome, setOutcome] = useState<Copying<Shown>['outcome']>(null)
  useEffect(() => {
    if (outcome !== 'copied') return
    const timer = setTimeout(() => setOutcome(null), SAYS_COPIED_MS)
    return () => clearTimeout(timer)
  }, [outcome])
  return { shown, outcome, copy: async (text) => setOutcome(await copyText(text, shown.current)) }
}
