import type { TotpFlow } from '../flow/totp-flow.ts'

/** Time to read that the app is on. */
const SHOWS_IT_MS = 8000

/** Whether the app came on a moment ago, for any UI. */
export interface JustEnrolled {
  getState(): boolean
  /** Calls back after every change. It is noticed while somebody listens. */
  subscribe(listener: () => void): () => void
}

/** True for a while after an enrollment. */
export function createJustEnrolled(flow: TotpFlow): JustEnrolled {
  let timer: ReturnType<typeof setTimeout> | undefined
  const stop = () => {
    clearTimeout(timer)
    timer = undefined
  }
  return {
    getState: () => timer !== undefined,
    subscribe(listener) {
      const leave = flow.on('enrolled', () => {
        stop()
        timer = setTimeout(() => {
          stop()
          listener()
        }, SHOWS_IT_MS)
        listener()
      })
      return () => {
        leave()
        stop()
      }
    },
  }
}
