import type { TotpFlow } from '../flow/totp-flow.ts'
import { type Observable, observable } from './observable.ts'

/** Time to read that the app is on. */
const SHOWS_IT_MS = 8000

/** Whether the app came on a moment ago: true for a while after an enrollment. */
export function createJustEnrolled(flow: TotpFlow): Observable<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const end = () => {
    clearTimeout(timer)
    set(false)
  }
  const { set, ...justEnrolled } = observable(false, () => {
    const leave = flow.on('enrolled', () => {
      clearTimeout(timer)
      timer = setTimeout(end, SHOWS_IT_MS)
      set(true)
    })
    return () => {
      leave()
      end()
    }
  })
  return justEnrolled
}
