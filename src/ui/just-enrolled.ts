import type { TotpFlow } from '../flow/totp-flow.ts'
import { type Observable, observable } from './observable.ts'

/** Time to read that the app is on. */
const SHOWS_IT_MS = 8000

/** Whether an enrollment has just completed: from the accepted code until shortly after its recovery codes are saved. */
export function createJustEnrolled(flow: TotpFlow): Observable<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const end = () => {
    clearTimeout(timer)
    timer = undefined
    set(false)
  }
  const { set, ...justEnrolled } = observable(false, () => {
    const look = () => {
      if (timer || !justEnrolled.getState() || flow.getView().recoveryCodes) return
      timer = setTimeout(end, SHOWS_IT_MS)
    }
    const leaves = [
      flow.on('enrolled', () => {
        end()
        set(true)
      }),
      flow.subscribe(look),
    ]
    return () => {
      for (const leave of leaves) leave()
      end()
    }
  })
  return justEnrolled
}
