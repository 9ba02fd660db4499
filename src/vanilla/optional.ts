import type { TotpFlow } from '../flow/totp-flow.ts'
import type { Observable } from '../ui/observable.ts'
import type { PasswordPromptState } from '../ui/password-prompt.ts'
import type { Face } from '../ui/present.ts'

/** The forms for a password in what a flow is bound to. */
export interface BoundPasswords extends Observable<PasswordPromptState> {
  render(face: Face): void
  submit(form: HTMLElement): void
  erase(): void
}

/** What only pages with such a backend load: `totp-flow/vanilla/password` and `totp-flow/element/password` put it here. */
export const optional: {
  bindPasswords?: (root: HTMLElement | ShadowRoot, flow: TotpFlow) => BoundPasswords
  drawPasswordForm?: (id: string) => Element
} = {}
