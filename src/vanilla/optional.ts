import type { TotpFlow } from '../flow/totp-flow.ts'
import type { TotpView } from '../flow/view.ts'
import type { Messages } from '../messages/messages.ts'
import type { Observable } from '../ui/observable.ts'
import type { PasswordPromptState } from '../ui/password-prompt.ts'
import type { Presentation } from '../ui/present.ts'

/** The password forms in the HTML that a flow is bound to. */
export interface BoundPasswords extends Observable<PasswordPromptState> {
  render(presentation: Presentation): void
  submit(form: HTMLElement): void
  erase(): void
}

/**
 * Features that only some backends need. `totp-flow/vanilla/password`, `totp-flow/element/password`, `totp-flow/vanilla/passkeys`
 * and `totp-flow/element/passkeys` register them here.
 */
export const optional: {
  bindPasswords?: (root: HTMLElement | ShadowRoot, flow: TotpFlow) => BoundPasswords
  drawPasswordForm?: (id: string) => Element
  /** Adds words about passkeys to the messages. */
  addPasskeyWords?: (messages: Messages) => Messages
  /** Adds texts, visibilities and enabled verbs about passkeys. */
  addPasskeys?: (presentation: Presentation, view: TotpView, messages: Messages) => Presentation
  drawPasskeyOffer?: () => Element
} = {}
