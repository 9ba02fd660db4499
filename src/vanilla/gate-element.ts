/**
 * Importing it defines `<totp-gate>`, which shows what stands in it once the session owes no second factor:
 * docs/signed-in-apps.md#the-second-factor-at-login.
 *
 * @module totp-flow/element/gate
 */
import type { TotpFlow } from '../flow/totp-flow.ts'
import { createGate } from '../ui/gate.ts'
import { TotpFlowElement } from './element.ts'
import { gateTemplate } from './gate-template.ts'

/**
 * Shows the app that stands in it once the session owes no second factor. Until then it asks for the code, or sets up the
 * authenticator app; an enrollment that may be put off is announced above the app. What has `slot="footer"` stands below what
 * is asked for: a button of yours that signs out. Give it a running flow, as `<totp-flow>`, with whose attributes, properties
 * and events it comes. It guards nothing by itself: the server has to refuse a session that owes a factor.
 */
export class TotpGateElement extends TotpFlowElement {
  /** An app stands in it. @internal */
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
