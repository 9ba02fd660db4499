import { useEffect, useState } from 'react'
import { useTotpFlow } from '../use-totp-flow.ts'

/** Time to read that it is saved. */
const SHOWS_SAVED_MS = 8000

/** True for a while after an enrollment. */
export function useJustSaved(): boolean {
  const flow = useTotpFlow()
  const [isJustSaved, setIsJustSaved] = useState(false)
  useEffect(() => flow.on('enrolled', () => setIsJustSaved(true)), [flow])
  useEffect(() => {
    if (!isJustSaved) return
    const timer = setTimeout(() => setIsJustSaved(false), SHOWS_SAVED_MS)
    return () => clearTimeout(timer)
  }, [isJustSaved])
  return isJustSaved
}
