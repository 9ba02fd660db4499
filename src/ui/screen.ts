import type { TotpView } from '../flow/view.ts'

/** The screens of an account. A step-up or a removal is shown above `on`. */
export type Screen = 'loading' | 'unavailable' | 'none' | 'enrolling' | 'on'

/** Returns the screen for a view. */
export function screenOf({ showsCodeField, intent, device, detail }: TotpView): Screen {
  if (showsCodeField && intent === 'enroll') return 'enrolling'
  if (device?.verified) return 'on'
  if (device !== undefined) return 'none'
  return detail === 'unavailable' ? 'unavailable' : 'loading'
}

/** Whether the flow prompts for a code, a passkey, a password or a confirmation, other than in an enrollment. */
export const isChallenge = ({ methods, showsPasswordField, detail, intent }: TotpView) =>
  (methods.length > 0 || showsPasswordField || detail === 'confirming') && intent !== 'enroll'
