import type { RecoveryCodesLeft, TotpFlow } from '../flow/totp-flow.ts'
import { announcerOf } from './announcer.ts'
import { type Observable, observable } from './observable.ts'

/** How many recovery codes are left and whether they are kept; `null` while it is not known, and where there is nothing to know. */
export interface CodesLeft extends Observable<RecoveryCodesLeft | null> {
  /** Says that they are kept. Rejects if the backend could not be told. */
  keep(): Promise<void>
}

/** Asks when it may have changed: an authenticator came on, codes were kept, one was used. What fails is left unsaid. */
export function createCodesLeft(flow: TotpFlow): CodesLeft {
  let askedFor: string | null = null
  let asked = 0

  async function ask() {
    asked += 1
    const nth = asked
    const answer = await flow.checkRecoveryCodes().catch(() => null)
    if (nth === asked) set(answer)
  }

  /** What is still on its way is about another time. */
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
