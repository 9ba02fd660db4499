/**
 * Importing this module defines `<totp-gate>`, which shows its content once the session owes no second factor:
 * docs/signed-in-apps.md#the-second-factor-at-sign-in.
 *
 * @module totp-flow/element/gate
 */
import type { TotpFlow } from '../flow/totp-flow.ts'
import { createGate } from '../ui/gate.ts'
import { TotpFlowElement } from './element.ts'
import { gateTemplate } from './gate-template.ts'

/**
 * Shows the host app inside it once the session owes no second factor. Until then it prompts for a code, or sets up an
 * authenticator app. An enrollment that may be postponed is announced above the host app. Content with `slot="footer"`, such as
 * your sign-out button, is shown below the prompt. Give it a running flow. It has the attributes, properties and events of
 * `<totp-flow>`. It protects nothing by itself: the server must reject a session that owes a factor.
 */
export class TotpGateElement extends TotpFlowElement {
  /** It contains the host app. @internal */
  protected override takesFocus() {
    return false
  }

  /** @internal */
  protected override make(flow: TotpFlow) {
    return { section: gateTemplate(), options: { gate: createGate(flow) } }
  }
}

if (globalThis.customElements && !customElements.get('totp-gate'))
  customElements.define('totp-gate', TotpGateElement)

declare global {
  interface HTMLElementTagNameMap {
    'totp-gate': TotpGateElement
  }
}
