import type { RecoveryCodesLeft, TotpFlow } from '../flow/totp-flow.ts'
import { announcerOf } from './announcer.ts'
import { type Observable, observable } from './observable.ts'

/** How many recovery codes are left and whether they are saved; `null` while unknown, or without an authenticator. */
export interface CodesLeft extends Observable<RecoveryCodesLeft | null> {
  /** Confirms that the codes are saved. Rejects if the backend could not be told. */
  keep(): Promise<void>
}

/** Asks the backend when the count may have changed: after an enrollment, a confirmation or a used code. Shows no failure. */
export function createCodesLeft(flow: TotpFlow): CodesLeft {
  let askedFor: string | null = null
  let asked = 0

  async function ask() {
    asked += 1
    const nth = asked
    const answer = await flow.checkRecoveryCodes().catch(() => null)
    if (nth === asked) set(answer)
  }

  /** Ignores answers that are still under way. */
  function leave() {
    asked += 1
    askedFor = null
  }

  function look() {
    const { device, recoveryCodes } = flow.getView()
    const subject = device?.verified && recoveryCodes === null ? device.id : null
    if (subject === askedFor) return
    if (subject !== null) {
      askedFor = subject
      return void ask()
    }
    leave()
    set(null)
  }

  const { set, ...left } = observable<RecoveryCodesLeft | null>(null, () => {
    const stopLooking = flow.subscribe(look)
    const stopAsking = flow.on('elevated', () => askedFor !== null && ask())
    look()
    return () => {
      stopLooking()
      stopAsking()
      leave()
    }
  })
  return {
    ...left,
    async keep() {
      await flow.acknowledgeRecoveryCodes()
      announcerOf(flow).say('codesSaved')
      const state = left.getState()
      if (state) set({ ...state, acknowledged: true })
    },
  }
}
