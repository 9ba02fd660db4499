import { type RefObject, useEffect, useRef, useState } from 'react'
import { type Copied, copyText, type Outcome, SAYS_COPIED_MS } from '../../ui/copy-text.ts'
import { useTotpFlow } from '../flow/use-totp-flow.ts'

interface Copying<Shown extends Element> {
  /** A ref for the element with the text, which is selected if copying fails. */
  shown: RefObject<Shown | null>
  outcome: Outcome | null
  copy(text: string): Promise<void>
}

/** Copies a text and reports for a while that it did. */
export function useCopy<Shown extends Element>(list: Copied): Copying<Shown> {
  const flow = useTotpFlow()
  const shown = useRef<Shown>(null)
  const [outcome, setOutcome] = useState<Copying<Shown>['outcome']>(null)
  useEffect(() => {
    if (outcome !== 'copied') return
    const timer = setTimeout(() => setOutcome(null), SAYS_COPIED_MS)
    return () => clearTimeout(timer)
  }, [outcome])
  const copy = async (text: string) => setOutcome(await copyText(flow, list, text, shown.current))
  return { shown, outcome, copy }
}
