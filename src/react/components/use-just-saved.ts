import { useEffect, useState } from 'react'
import { SHOWS_FINISHED_MS } from '../../ui/shows-finished.ts'
import { useTotpFlow } from '../use-totp-flow.ts'

/** True for a while after an enrollment. */
export function useJustSaved(): boolean {
  const flow = useTotpFlow()
  const [isJustSaved, setIsJustSaved] = useState(false)
  useEffect(() => flow.on('enrolled', () => setIsJustSaved(true)), [flow])
  useEffect(() => {
    if (!isJustSaved) return
    const timer = setTimeout(() => setIsJustSaved(false), SHOWS_FINISHED_MS)
    return () => clearTimeout(timer)
  }, [isJustSaved])
  return isJustSaved
}
