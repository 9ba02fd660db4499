import type { TotpView } from '../flow/view.ts'

/** Which of five pictures of the account there is to show. A step-up or a removal stands over the one of `on`. */
export type Screen = 'loading' | 'unavailable' | 'none' | 'enrolling' | 'on'

/** Which of the pictures a view calls for. */
export function screenOf({ showsCodeField, intent, device, detail }: TotpView): Screen {
  if (showsCodeField && intent === 'enroll') return 'enrolling'
  if (device?.verified) return 'on'
  if (device !== undefined) return 'none'
  return detail === 'unavailable' ? 'unavailable' : 'loading'
}

/** Something other than an enrollment waits for a code, a passkey, a password or a confirmation. */
export const isChallenge = ({ methods, showsPasswordField, detail, intent }: TotpView) =>
  (methods.length > 0 || showsPasswordField || detail === 'confirming') && intent !== 'enroll'
