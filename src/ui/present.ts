import type { RecoveryCodesLeft } from '../flow/totp-flow.ts'
import type { TotpView } from '../flow/view.ts'
import type { CodePromptState } from './code-prompt.ts'
import { isChallenge, screenOf } from './screen.ts'

/** What `data-totp-show` can name. */
export function factsOf(
  view: TotpView,
  prompt: CodePromptState,
  left: RecoveryCodesLeft | null,
  isJustEnrolled: boolean,
): Set<string> {
  const screen = screenOf(view)
  const facts = {
    /** `idle registering awaitingCode verifying elevated deleting` */
    [view.state]: true,
    /** `loading unavailable none enrolling on` */
    [screen]: true,
    /** The app came on just now. */
    finished: screen === 'on' && isJustEnrolled,
    guarded: screen === 'on' && !isJustEnrolled,
    /** A step-up or a removal waits for a code. */
    challenge: isChallenge(view),
    /** There is something to scan. */
    picture: view.registration !== null,
    /** Setting up goes on after a reload, which took the picture away. */
    resumed: screen === 'enrolling' && view.registration === null,
    /** There are recovery codes to save. */
    'recovery-codes': view.recoveryCodes !== null,
    /** There are none to save, and new ones can be made. */
    renewable: view.device?.verified === true && view.recoveryCodes === null && view.offersRenewal,
    /** Nobody said of those that there are that they are kept. */
    unsaved: left?.acknowledged === false,
    /** A recovery code can stand in for the app's. */
    'recovery-offered': view.offersRecovery && isChallenge(view),
    /** Nothing is wrong with the code, and none is being checked. */
    calm: prompt.error === null && !prompt.busy,
    throttled: prompt.secondsLeft > 0,
    /** No code is asked for. */
    quiet: !view.showsCodeField,
  }
  return new Set(Object.entries(facts).flatMap(([name, holds]) => (holds ? [name] : [])))
}
