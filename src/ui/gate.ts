import type { TotpFlow } from '../flow/totp-flow.ts'
import type { TotpView } from '../flow/view.ts'
import { type Observable, observable } from './observable.ts'

/** What stands in the place of an app whose users need a second factor to sign in; `open`: the app itself. */
export type GateScreen = 'loading' | 'unavailable' | 'code' | 'enrollment' | 'open'

/** Which of them there is to show. While somebody listens, the code that is owed is asked for. */
export interface SignInGate extends Observable<GateScreen> {
  /** Sets up, in the place of the app, what could be put off. */
  enroll(): void
}

/** The gate of a flow: from `view.gate`, and from what is done at the gate itself. */
export function createGate(flow: TotpFlow): SignInGate {
  /** Begun here, so that its recovery codes are saved here, before the app is shown. */
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
    // What went wrong is read first, and asked again by a button.
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

/** The code that lets the user in is asked for: there is nothing to go back to. */
export const isAskedAtGate = ({ gate, methods, intent, requestedScopes }: TotpView) =>
  gate === 'codeOwed' && methods.length > 0 && intent === 'stepUp' && requestedScopes.length === 0
