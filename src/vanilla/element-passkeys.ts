/**
 * Importing this module defines `<totp-flow>` with passkeys in its prompts, and `<totp-passkeys>`, which manages those of the
 * account.
 *
 * @module totp-flow/element/passkeys
 */
import './passkeys.ts'
import './passkey-offer.ts' // before the element, which draws it
import { en } from '../messages/en.ts'
import type { Messages } from '../messages/messages.ts'
import type { ManagedPasskeys } from '../passkeys/manage-passkeys.ts'
import { showPasskeys } from './show-passkeys.ts'
import { addTheme } from './theme.ts'

export { TotpFlowElement } from './element.ts'

/** A server that renders pages may import this module, too. It defines no element there. */
const Base: typeof HTMLElement = globalThis.HTMLElement ?? class {}

/**
 * An element that lists, adds, renames and removes the passkeys of the account. Set `element.passkeys = managePasskeys(flow,
 * backend)`. A `<totp-flow>` of the same flow prompts for the proof that adding and removing require.
 *
 * - attribute `theme="none"` turns off the default look, so you can style it: `totp-passkeys::part(passkey) { … }`
 * - property `messages`: other messages, with those of `totp-flow/messages/passkeys`
 */
export class TotpPasskeysElement extends Base {
  readonly #root = this.attachShadow({ mode: 'open' })
  #passkeys: ManagedPasskeys | null = null
  #messages: Messages = en
  #stop = () => {}

  /** The passkeys that it shows. `null` disconnects it. */
  get passkeys(): ManagedPasskeys | null {
    return this.#passkeys
  }

  set passkeys(passkeys: ManagedPasskeys | null) {
    this.#passkeys = passkeys
    this.#start()
  }

  /** Its words. Setting them redraws it. @default English */
  get messages(): Messages {
    return this.#messages
  }

  set messages(messages: Messages) {
    this.#messages = messages
    this.#start()
  }

  /** @internal */
  connectedCallback(): void {
    // A property that was set before the element was defined shadows the class's accessor.
    for (const name of ['passkeys', 'messages'] as const) {
      if (!Object.hasOwn(this, name)) continue
      const value = Reflect.get(this, name)
      Reflect.deleteProperty(this, name)
      Reflect.set(this, name, value)
    }
    this.#start()
  }

  /** @internal */
  disconnectedCallback(): void {
    this.#end()
  }

  #end() {
    this.#stop()
    this.#stop = () => {}
    this.#root.textContent = ''
  }

  #start() {
    this.#end()
    if (!this.#passkeys || !this.isConnected) return
    this.#stop = showPasskeys(this.#root, this.#passkeys, { messages: this.#messages })
    if (this.getAttribute('theme') !== 'none') addTheme(this.#root, this.nonce)
  }
}

if (globalThis.customElements && !customElements.get('totp-passkeys'))
  customElements.define('totp-passkeys', TotpPasskeysElement)

// Redraws elements that were drawn without passkeys.
for (const element of globalThis.document?.querySelectorAll('totp-flow') ?? [])
  if ('messages' in element) {
    const { messages } = element
    element.messages = messages
  }

declare global {
  interface HTMLElementTagNameMap {
    'totp-passkeys': TotpPasskeysElement
  }
}
