import type { RecoveryCodesLeft, TotpFlow } from '../flow/totp-flow.ts'

/** How many recovery codes are left and whether they are kept, for any UI. */
export interface CodesLeft {
  /** `null` while it is not known, and where there is nothing to know. */
  getState(): RecoveryCodesLeft | null
  /** Calls back after every change. The backend is asked while somebody listens. */
  subscribe(listener: () => void): () => void
  /** Says that they are kept. Rejects if the backend could not be told. */
  keep(): Promise<void>
}

/** Asks when it may have changed: an authenticator came on, codes were kept, one was used. What fails is left unsaid. */
export function createCodesLeft(flow: TotpFlow): CodesLeft {
  const listeners = new Set<() => void>()
  let state: RecoveryCodesLeft | null = null
  let askedFor: string | null = null
  let asked = 0
  let stop: (() => void)[] = []

  function set(next: RecoveryCodesLeft | null) {
    if (next?.count === state?.count && next?.acknowledged === state?.acknowledged) return
    state = next
    for (const listener of listeners) listener()
  }

  async function ask() {
    asked += 1
    const nth = asked
    const answer = await flow.checkRecoveryCodes().catch(() => null)
    if (nth === asked && listeners.size > 0) set(answer)
  }

  function look() {
    const { device, recoveryCodes } = flow.getView()
    const subject = device?.verified && recoveryCodes === null ? device.id : null
    if (subject === askedFor) return
    askedFor = subject
    if (subject !== null) return void ask()
    asked += 1 // what is still on its way is about another time
    set(null)
  }

  return {
    getState: () => state,
    subscribe(listener) {
      listeners.add(listener)
      if (listeners.size === 1) {
        stop = [flow.subscribe(look), flow.on('elevated', () => askedFor !== null && ask())]
        look()
      }
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        for (const end of stop) end()
        askedFor = null
      }
    },
    async keep() {
      await flow.acknowledgeRecoveryCodes()
      if (state) set({ ...state, acknowledged: true })
    },
  }
}
