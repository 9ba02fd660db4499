import type { TotpFlow } from '../flow/totp-flow.ts'
import type { TotpView } from '../flow/view.ts'
import { type Observable, observable } from './observable.ts'

/** What to show instead of an app whose users need a second factor to sign in. `open`: the app itself. */
export type GateScreen = 'loading' | 'unavailable' | 'code' | 'enrollment' | 'open'

/** Which screen to show. While it has a listener, it prompts for a code that the session owes. */
export interface SignInGate extends Observable<GateScreen> {
  /** Starts an enrollment that could be postponed, in place of the app. */
  enroll(): void
}

/** Creates the gate of a flow, from `view.gate` and what happens at the gate itself. */
export function createGate(flow: TotpFlow): SignInGate {
  /** An enrollment that started at the gate stays there until its recovery codes are saved. */
  let isEnrolling = false

  function screenNow(): GateScreen {
    const view = flow.getView()
    if (isEnrolling && isUnderWay(view)) return 'enrollment'
    const screen = screenOfGate(view)
    isEnrolling = screen === 'enrollment'
    return screen
  }
  function look() {
    const screen = screenNow()
    set(screen)
    const { can, methods, error } = flow.getView()
    // After an error, the person reads it first and retries with a button.
    if (screen === 'code' && can.stepUp && methods.length === 0 && !error) flow.stepUp([], { fresh: true })
  }
  const { set, ...gate } = observable<GateScreen>(screenNow(), () => {
    look()
    return flow.subscribe(look)
  })
  return {
    ...gate,
    enroll() {
      flow.register()
      isEnrolling = true
      look()
    },
  }
}

const isUnderWay = ({ state, showsCodeField, showsPasswordField, intent, recoveryCodes }: TotpView) =>
  recoveryCodes !== null ||
  state === 'registering' ||
  ((showsCodeField || showsPasswordField) && intent === 'enroll')

function screenOfGate({ gate, enrollBy, device, passkeys, detail, error, methods }: TotpView): GateScreen {
  if (gate === null)
    return device !== undefined ? 'open' : detail === 'unavailable' ? 'unavailable' : 'loading'
  if (gate === 'open' || (gate === 'enrollmentOwed' && enrollBy !== null)) return 'open'
  if (gate === 'enrollmentOwed' || (!device?.verified && passkeys.length === 0)) return 'enrollment'
  return error && methods.length === 0 ? 'unavailable' : 'code'
}

/** The gate prompts for its code, which cannot be canceled. */
export const isAskedAtGate = ({ gate, methods, intent, requestedScopes }: TotpView) =>
  gate === 'codeOwed' && methods.length > 0 && intent === 'stepUp' && requestedScopes.length === 0
