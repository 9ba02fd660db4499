/**
 * Importing this module defines `<totp-flow>`, the whole interface as one element: docs/plain-html.md#the-element.
 *
 * @module totp-flow/element
 */
import { isCode, normalizeCode } from '../contract/code.ts'
import type { TotpFlow } from '../flow/totp-flow.ts'
import { en } from '../messages/en.ts'
import type { Messages } from '../messages/messages.ts'
import { isShown } from '../ui/focus-soon.ts'
import { type BindOptions, bindTotpFlow, orSaySo } from './bind.ts'
import { template } from './template.ts'
import { addTheme } from './theme.ts'

const CODES_TO_SAVE = 'codes-to-save'
const EVENTS = ['enrolled', 'elevated', 'deleted', 'failed', 'deprecation'] as const

/** A server that renders pages may import this module, too. It defines no element there. */
const Base: typeof HTMLElement = globalThis.HTMLElement ?? class {}

/**
 * An element that manages the authenticator app of an account: setup, status, recovery codes and removal, with a dialog for
 * later prompts. Give it a running flow: `element.flow = createTotpFlow({ backend })`. Shows its content while an app is set up.
 *
 * - attribute `theme="none"` turns off the default look, so you can style it: `totp-flow::part(submit) { … }`
 * - attribute `autosubmit="off"` submits a code only with the button or the Enter key, not once it is complete
 * - attribute `name` adds the typed code to the form around it, which is valid once that is six digits. Resetting that form
 *   cancels the prompt or enrollment
 * - state `totp-flow:state(codes-to-save)` while it shows new recovery codes; before Chrome 125, `totp-flow:--codes-to-save`
 * - property `messages`: other messages
 * - events `totp-enrolled`, `totp-elevated`, `totp-deleted`, `totp-failed`, `totp-deprecation`, with the flow's event in
 *   `detail`
 */
export class TotpFlowElement extends Base {
  /** @internal */
  static readonly formAssociated = true
  /** Hosts' unit tests run in documents that lack all or part of it. */
  readonly #internals: Partial<ElementInternals> = this.attachInternals?.() ?? {}
  readonly #root = this.attachShadow({ mode: 'open', delegatesFocus: this.takesFocus() })
  #flow: TotpFlow | null = null
  #messages: Messages = en
  #stop: (() => void) | null = null

  /**
   * The flow that it shows and whose verbs its buttons run, while it is in the page. It neither starts nor stops the flow.
   * `null` disconnects it.
   */
  get flow(): TotpFlow | null {
    return this.#flow
  }

  set flow(flow: TotpFlow | null) {
    this.#flow = flow
    this.#start()
  }

  /** Its words, from `totp-flow/messages` or your own. Setting them redraws it. @default English */
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
    for (const name of ['flow', 'messages'] as const) this.#upgrade(name)
    if (!this.#stop) {
      this.#start()
      return
    }
    // A moved dialog stays open but is no longer modal.
    for (const dialog of this.#root.querySelectorAll<HTMLDialogElement>('dialog[open]')) {
      dialog.close()
      dialog.showModal()
    }
  }

  /** @internal */
  disconnectedCallback(): void {
    // Frameworks move an element by removing and inserting it. The typed text must survive that.
    queueMicrotask(() => {
      if (!this.isConnected) this.#end()
    })
  }

  /** @internal */
  connectedMoveCallback(): void {}

  /** Moved to another document, such as a frame's, it restarts there. @internal */
  adoptedCallback(): void {
    this.#end()
  }

  /** The form around it was reset. @internal */
  formResetCallback(): void {
    if (this.hasAttribute('name')) this.#flow?.cancel()
  }

  #upgrade(name: 'flow' | 'messages') {
    if (!Object.hasOwn(this, name)) return
    const value = Reflect.get(this, name)
    Reflect.deleteProperty(this, name)
    Reflect.set(this, name, value)
  }

  #end() {
    this.#stop?.()
    this.#stop = null
    this.#root.textContent = ''
    this.#internals.setFormValue?.(null)
    this.#internals.setValidity?.({})
    this.#haveCodesToSave(false)
  }

  #haveCodesToSave(isSo: boolean) {
    const { states } = this.#internals
    for (const name of [CODES_TO_SAVE, `--${CODES_TO_SAVE}`]) states?.delete(name)
    if (!isSo) return
    try {
      states?.add(CODES_TO_SAVE)
    } catch {
      states?.add(`--${CODES_TO_SAVE}`) // as names had to begin before Chrome 125
    }
  }

  /** Whether a press on it, or on its content, moves focus into it. @internal */
  protected takesFocus(): boolean {
    return true
  }

  /** Creates its content and the options of the binding. @internal */
  protected make(_flow: TotpFlow): { section: Element; options?: BindOptions } {
    return { section: template() }
  }

  #start() {
    this.#end()
    const flow = this.#flow
    if (!flow || !this.isConnected) return
    const unbind = orSaySo(this.#root, this.#messages, () => {
      const { section, options } = this.make(flow)
      this.#draw(section)
      return bindTotpFlow(this.#root, flow, {
        messages: this.#messages,
        autoSubmit: this.getAttribute('autosubmit') !== 'off',
        ...options,
      })
    })
    const unsubscribe = flow.subscribe(this.#tell)
    const silence = EVENTS.map((type) =>
      flow.on(type, (detail) =>
        this.dispatchEvent(new CustomEvent(`totp-${type}`, { detail, bubbles: true, composed: true })),
      ),
    )
    this.#root.addEventListener('input', this.#tell)
    this.#tell()
    this.#stop = () => {
      unbind()
      unsubscribe()
      for (const end of silence) end()
      this.#root.removeEventListener('input', this.#tell)
    }
  }

  #draw(section: Element) {
    const { lang, dir } = this.#messages
    section.setAttribute('lang', lang)
    section.setAttribute('dir', dir)
    this.#root.append(section)
    if (this.getAttribute('theme') !== 'none') addTheme(this.#root, this.nonce)
    else this.#root.adoptedStyleSheets = []
  }

  readonly #tell = () => {
    const view = this.#flow?.getView()
    const field = [...this.#root.querySelectorAll<HTMLInputElement>('[name=code]')].find((one) =>
      isShown(one),
    )
    const code = normalizeCode(field?.value ?? '')
    const isWhole = isCode(code)
    this.#internals.setFormValue?.(view?.showsCodeField && isWhole ? code : null)
    this.#haveCodesToSave(Boolean(view?.recoveryCodes))
    if (!this.hasAttribute('name') || !view?.showsCodeField || isWhole || !field)
      this.#internals.setValidity?.({})
    else this.#internals.setValidity?.({ patternMismatch: true }, this.#messages.errors.malformed_code, field)
  }
}

if (globalThis.customElements && !customElements.get('totp-flow'))
  customElements.define('totp-flow', TotpFlowElement)

declare global {
  interface HTMLElementTagNameMap {
    'totp-flow': TotpFlowElement
  }
}
