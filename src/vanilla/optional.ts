import type { TotpFlow } from '../flow/totp-flow.ts'
import type { TotpView } from '../flow/view.ts'
import type { Messages } from '../messages/messages.ts'
import type { Observable } from '../ui/observable.ts'
import type { PasswordPromptState } from '../ui/password-prompt.ts'
import type { Face } from '../ui/present.ts'

/** The forms for a password in what a flow is bound to. */
export interface BoundPasswords extends Observable<PasswordPromptState> {
  render(face: Face): void
  submit(form: HTMLElement): void
  erase(): void
}

/**
 * What only pages with such a backend load: `totp-flow/vanilla/password`, `totp-flow/element/password`, `totp-flow/vanilla/passkeys`
 * and `totp-flow/element/passkeys` put it here.
 */
export const optional: {
  bindPasswords?: (root: HTMLElement | ShadowRoot, flow: TotpFlow) => BoundPasswords
  drawPasswordForm?: (id: string) => Element
  /** The catalog, with words about passkeys. */
  addPasskeyWords?: (messages: Messages) => Messages
  /** What there is to say, to show and to enable of passkeys, too. */
  addPasskeys?: (face: Face, view: TotpView, messages: Messages) => Face
  drawPasskeyOffer?: () => Element
} = {}
