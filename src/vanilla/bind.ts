import type { TotpFlow } from '../flow/totp-flow.ts'
import type { TotpView } from '../flow/view.ts'
import { en } from '../messages/en.ts'
import type { Messages } from '../messages/messages.ts'
import { qrPath } from '../qr/qr-path.ts'
import { announcerOf } from '../ui/announcer.ts'
import { codeFieldAttributes } from '../ui/code-field-attributes.ts'
import { type CodePromptState, createCodePrompt } from '../ui/code-prompt.ts'
import { createCodesLeft } from '../ui/codes-left.ts'
import { createCodesWork } from '../ui/codes-work.ts'
import { focusSoon, isShown, isTouchScreen, selectIn } from '../ui/focus-soon.ts'
import type { SignInGate } from '../ui/gate.ts'
import { hide } from '../ui/hide.ts'
import { inFours } from '../ui/in-fours.ts'
import { createJustEnrolled } from '../ui/just-enrolled.ts'
import { createModal, type Modal } from '../ui/modal.ts'
import { isByPointer, onceElsewhere } from '../ui/once-elsewhere.ts'
import { type Presentation, present, standingOf } from '../ui/present.ts'
import { isEnter, isSubmission, keepRelease } from '../ui/submission.ts'
import { unanswerable } from '../ui/unanswerable.ts'
import { draw } from './draw.ts'
import { optional } from './optional.ts'
import { type Bound, isVerb, verbs } from './verbs.ts'

/** The options of a binding. Every member is optional. */
export interface BindOptions {
  /** The words of the interface. @default English */
  messages?: Messages | undefined
  /** Submits a complete code automatically, except for a removal. @default true */
  autoSubmit?: boolean | undefined
  /** `createGate(flow)`: prompts for the code that the session owes. Show its screens with `data-totp-show="gate-code gate-open …"`. */
  gate?: SignInGate | undefined
}

/**
 * Binds a flow to plain HTML. Returns the function that unbinds it and erases secrets and codes from the page. The HTML is the
 * template. If the browser cannot run it, a sentence that says so replaces the content of `root`.
 *
 * - `data-totp-show="idle elevated"` shows the element in these states of the chart, or under conditions such as
 *   `none enrolling on challenge picture recovery-codes …`
 * - `data-totp-text="secret"` fills the element with that text: `state detail secret scopes error countdown title hint note
 *   since …`
 * - `data-totp-words="device.setUp"` fills it with that entry of the messages; `data-totp-label` makes it the accessible name
 * - `data-totp-list="recovery-codes"` fills a list with the codes; `setup-key` fills it with the key in groups of four
 * - `data-totp-step="1"` marks the element as the current step of the enrollment, or as done: scan is 0, type is 1
 * - `data-totp-qr` on an `<svg>` draws the QR code into it; `data-totp-link` on an `<a>` opens an app on this device
 * - `data-totp-do="register"` on a button runs that action. The button is `aria-disabled` while the chart would refuse,
 *   and `aria-busy` while the action runs. For a step-up, `data-totp-scopes="wallet:export"` names the scopes and
 *   `data-totp-reason` the reason
 * - `<form data-totp-do="submit-code">` submits its `code` field, each code once. Six digits are submitted automatically, except
 *   for a removal or with `autoSubmit: false`. Inside a form of the host, use `<div data-totp-do="submit-code">`, which takes no
 *   part in that form
 * - `<form data-totp-do="submit-password">` submits its `password` field, if `totp-flow/vanilla/password` is imported
 * - `data-totp-do="submit-passkey"` on a button answers the prompt with a passkey, if `totp-flow/vanilla/passkeys` is imported.
 *   That import also adds the words `data-totp-words="passkeys.use"`
 * - `data-totp-focus` on an element with `tabindex="-1"` receives focus when the focused element is hidden
 * - `<dialog data-totp-dialog>` is open while a step-up, a removal or a renewal prompts for a code, a password or a confirmation
 * - `hidden data-totp-cloak` hides an element until the page is bound
 *
 * docs/plain-html.md lists every name.
 *
 * @example
 * ```ts
 * import { bindTotpFlow, createTotpFlow } from 'totp-flow/vanilla'
 * import { memoryBackend } from 'totp-flow/memory'
 *
 * const flow = createTotpFlow({ backend: memoryBackend() })
 * const unbind = bindTotpFlow(document.body, flow)
 * ```
 */
export function bindTotpFlow(
  root: HTMLElement | ShadowRoot,
  flow: TotpFlow,
  { messages = en, autoSubmit = true, gate }: BindOptions = {},
): () => void {
  return orSaySo(root, messages, () =>
    bind(root, flow, { messages: optional.addPasskeyWords?.(messages) ?? messages, autoSubmit, gate }),
  )
}

/** Runs `act`. If it throws, as in a browser that is too old, a sentence that says so replaces the content of `root`. */
export function orSaySo(
  root: HTMLElement | ShadowRoot,
  { lang, dir, device }: Messages,
  act: () => () => void,
): () => void {
  try {
    return act()
  } catch (cause) {
    // Half bound, the page would show everything at once, including protected content.
    root.textContent = ''
    root.append(draw('p', { lang, dir }, new Text(device.unsupported)))
    if (root instanceof HTMLElement) uncloak(root)
    console.error(cause) // thrown, it would stop the page's own script as well
    return () => {}
  }
}

const missing = (entry: string) =>
  `Import totp-flow/element/${entry}, or totp-flow/vanilla/${entry} with a form of yours: docs/plain-html.md.`

function bind(
  root: HTMLElement | ShadowRoot,
  flow: TotpFlow,
  { messages, autoSubmit, gate }: BindOptions & { messages: Messages; autoSubmit: boolean },
): () => void {
  const prompt = createCodePrompt(flow, autoSubmit)
  const passwords = root.querySelector(PASSWORD_FORM) ? optional.bindPasswords?.(root, flow) : undefined
  const asksForCodes = root.querySelector(CODE_FORM) !== null
  const passkey = root.querySelector<HTMLElement>('[data-totp-do=submit-passkey]')
  const bound: Bound = {
    root,
    flow,
    prompt,
    passwords,
    messages,
    codesLeft: createCodesLeft(flow),
    codesWork: createCodesWork(flow),
    outcomes: {},
    ...(gate && { gate }),
    render,
  }
  const all = <Found extends Element = HTMLElement>(name: string) =>
    root.querySelectorAll<Found>(`[data-totp-${name}]`)

  const announcer = announcerOf(flow)
  let lastFocused: Element | null = null
  const justEnrolled = createJustEnrolled(flow)
  const hasCodesError = root.querySelector('[data-totp-text=codes-error]') !== null
  const offersTaking = root.querySelector(TAKES_CODES) !== null

  const modals = new Map<HTMLDialogElement, Modal>()
  function modalOf(dialog: HTMLDialogElement): Modal {
    const modal = modals.get(dialog) ?? createModal(flow, dialog)
    modals.set(dialog, modal)
    return modal
  }

  const presentationNow = () => {
    const presentation = present({
      view: flow.getView(),
      messages,
      prompt: prompt.getState(),
      ...(passwords && { password: passwords.getState() }),
      codesLeft: bound.codesLeft.getState(),
      codesWork: bound.codesWork.getState(),
      hasCodesError,
      offersTaking,
      outcomes: bound.outcomes,
      isJustEnrolled: justEnrolled.getState(),
      ...(gate && { gate: gate.getState() }),
      announced: announcer.getState(),
    })
    return optional.addPasskeys?.(presentation, flow.getView(), messages) ?? presentation
  }

  /** The elements that keep their place on the page, visible or not. */
  const held = new Map<HTMLElement, string>()
  let callOffRelease = () => {}
  function hold(press: MouseEvent, source: HTMLElement) {
    release()
    for (let el: Element | null = source; el && root.contains(el); el = el.parentElement)
      if (el instanceof HTMLElement && 'totpShow' in el.dataset) {
        held.set(el, el.style.cssText)
        el.style.boxSizing = 'border-box'
        el.style.minHeight = `${el.offsetHeight}px`
      }
    callOffRelease = onceElsewhere(press, () => {
      release()
      render()
    })
  }
  function release() {
    callOffRelease()
    for (const [el, cssText] of held) {
      el.style.cssText = cssText
      el.inert = false
    }
    held.clear()
  }

  let isBound = true
  function render() {
    if (!isBound) return // a "Copied" label may change after the binding has ended
    const view = flow.getView()
    // A page without a code form leaves the password to another page of the same flow.
    if (view.showsPasswordField && !passwords && asksForCodes)
      return unanswerable(flow, 'password', missing('password'))
    if (view.methods.length > 0 && !view.showsCodeField && !passkey && asksForCodes)
      return unanswerable(flow, 'passkey', missing('passkeys'))
    const state = prompt.getState()
    const presentation = presentationNow()
    const texts: Readonly<Record<string, string>> = presentation.texts
    const shown: Readonly<Record<string, boolean | undefined>> = presentation.shown
    for (const el of all('show')) {
      const isHidden = el.dataset.totpShow?.split(' ').some((name) => shown[name] === true) !== true
      if (held.has(el)) conceal(el, isHidden)
      else hide(el, isHidden)
    }
    const { by } = announcer.getState()
    for (const el of all('text'))
      write(el, el.matches(ANNOUNCEMENT) && el !== by ? '' : (texts[el.dataset.totpText ?? ''] ?? ''))
    for (const el of all('list')) fill(el, view)
    for (const el of all('step')) mark(el, presentation.step)
    for (const el of all<SVGElement>('qr')) drawQr(el, view)
    for (const el of all<HTMLAnchorElement>('link')) link(el, view)
    for (const el of all('do'))
      if (el instanceof HTMLButtonElement) allow(el, presentation, el.dataset.totpDo)
    for (const el of all<HTMLDialogElement>('dialog')) modalOf(el).ask(presentation.shown.challenge)
    if (passkey) greet(passkey)
    for (const field of root.querySelectorAll<HTMLInputElement>(CODE_FIELD)) {
      show(field, state)
      const submit = field.closest(CODE_FORM)?.querySelector<HTMLButtonElement>('button:not([type=button])')
      if (submit) allow(submit, presentation, 'submit-code')
      greet(field, !(passkey && isShown(passkey))) // the passkey comes first
    }
    passwords?.render(presentation)
    keepFocus(root, lastFocused)
  }

  function run(event: Event) {
    if (!(event.target instanceof Element)) return
    const source = event.target.closest<HTMLElement>('[data-totp-do]')
    if (!source || !isMeant(event, source)) return
    event.preventDefault()
    // After the form's own listeners, but before those of elements around it.
    if (event.type === 'submit') source.addEventListener('submit', keep, { once: true })
    const verb = source.dataset.totpDo
    // A code that cannot be sent gets an error.
    if (!isVerb(verb) || (presentationNow().enabled[verb] === false && verb !== 'submit-code')) return
    if (verb === 'acknowledge' && event instanceof MouseEvent && isByPointer(event)) hold(event, source)
    verbs[verb]?.(bound, source)
  }

  /** Keeps presses and input here from a host's form around it. */
  function keepOurs(event: Event) {
    if (!(event.target instanceof Element)) return
    const source = event.target.closest('[data-totp-do]')
    if (!event.type.startsWith('key')) {
      if (event.target.matches(FIELDS)) keep(event)
      return
    }
    if (source && isEnter(event)) keep(event)
    if (event.type === 'keypress') return
    if (source && isEnter(event)) keepRelease()
    run(event)
  }

  function type({ target }: Event) {
    if (!(target instanceof HTMLInputElement && target.matches(CODE_FIELD))) return
    prompt.type(target.value)
    show(target, prompt.getState()) // the state may be the same although the pasted text differs
  }

  function cancel(event: Event) {
    if (!(event.target instanceof HTMLDialogElement && 'totpDialog' in event.target.dataset)) return
    event.preventDefault()
    flow.cancel()
  }

  function remember({ target }: Event) {
    if (target instanceof Element) lastFocused = target
  }

  // An <output> is a live region, which a screen reader would read aloud.
  for (const el of root.querySelectorAll<HTMLElement>(SECRETS)) {
    el.ariaLive = 'off'
    el.translate = false
  }
  for (const el of all('label')) el.ariaLabel = wordsAt(messages, el.dataset.totpLabel ?? '')
  for (const el of all('do')) if (el instanceof HTMLButtonElement) el.type = 'button' // must not submit a form around it
  for (const el of all('words')) write(el, wordsAt(messages, el.dataset.totpWords ?? ''))
  const watched: Pick<TotpFlow, 'subscribe'>[] = [
    ...(gate ? [gate] : []),
    flow,
    prompt,
    justEnrolled,
    bound.codesLeft,
    bound.codesWork,
    announcer,
    ...(passwords ? [passwords] : []),
  ]
  const leaves = watched.map(({ subscribe }) => subscribe(render))
  for (const el of root.querySelectorAll(ANNOUNCEMENT)) leaves.push(announcer.join(el))
  const listeners = { click: run, submit: run, input: type, focusin: remember, cancel }
  for (const [name, listener] of Object.entries(listeners)) root.addEventListener(name, listener, true)
  const LEAVING = ['keydown', 'keypress', 'input', 'change']
  for (const name of LEAVING) root.addEventListener(name, keepOurs)
  for (const el of [root, ...all('cloak')]) if (el instanceof HTMLElement) uncloak(el)
  render()
  return () => {
    isBound = false
    release()
    for (const leave of leaves) leave()
    for (const modal of modals.values()) modal.leave()
    erase(root)
    passwords?.erase()
    for (const [name, listener] of Object.entries(listeners)) root.removeEventListener(name, listener, true)
    for (const name of LEAVING) root.removeEventListener(name, keepOurs)
  }
}

/** Shows an element that was hidden until the page was bound. Other hidden elements stay hidden. */
function uncloak(el: HTMLElement) {
  if (el.dataset.totpCloak === undefined) return
  delete el.dataset.totpCloak
  el.hidden = false
}

/** The live regions, of which one speaks at a time. */
const ANNOUNCEMENT = '[data-totp-text=announcement]'

/** The elements that show the setup key or recovery codes as text. */
const SECRETS = '[data-totp-text=secret], [data-totp-list]'

/** Erases every secret and code. */
function erase(root: HTMLElement | ShadowRoot) {
  for (const el of root.querySelectorAll(SECRETS)) {
    el.replaceChildren()
    written.delete(el)
  }
  for (const svg of root.querySelectorAll('[data-totp-qr]')) svg.replaceChildren()
  for (const anchor of root.querySelectorAll('[data-totp-link]')) anchor.removeAttribute('href')
  for (const field of root.querySelectorAll<HTMLInputElement>(CODE_FIELD)) {
    callOff(field)
    field.value = ''
  }
}

const CODE_FORM = '[data-totp-do=submit-code]'
const CODE_FIELD = `${CODE_FORM} [name=code]`
const PASSWORD_FORM = '[data-totp-do=submit-password]'
const FORMS = `${CODE_FORM}, ${PASSWORD_FORM}`
const FIELDS = `${CODE_FIELD}, ${PASSWORD_FORM} [name=password]`

const keep = (event: Event) => event.stopPropagation()

/** Whether an event triggers the verb of an element. */
function isMeant(event: Event, source: HTMLElement): boolean {
  if (source instanceof HTMLFormElement) return event.type === 'submit'
  return source.matches(FORMS) ? isSubmission(event) : event.type === 'click'
}

const TAKES_CODES = ['copy-codes', 'download-codes', 'print-codes']
  .map((verb) => `[data-totp-do=${verb}]`)
  .join()

/** Hides an element but keeps its space. */
function conceal(el: HTMLElement, isHidden: boolean) {
  el.style.visibility = isHidden ? 'hidden' : ''
  el.inert = isHidden
}

/** A button does nothing while its verb would be refused, but keeps focus: it may be the button that was just pressed. */
export function allow(button: HTMLButtonElement, { enabled, busy }: Presentation, verb: string | undefined) {
  button.disabled = false // a page may disable it until it is bound
  button.ariaDisabled = isVerb(verb) && enabled[verb] === false ? 'true' : null
  button.ariaBusy = String(isVerb(verb) && busy[verb] === true)
}

/** The entry of the messages at a path such as `device.setUp`; empty if there is none. */
function wordsAt(messages: Messages, path: string): string {
  let found: unknown = messages
  for (const key of path.split('.')) {
    found = typeof found === 'object' && found !== null ? Reflect.get(found, key) : undefined
  }
  return typeof found === 'string' ? found : ''
}

/** Writes only changes, because a live region speaks at every write. Leaves a page translator's text alone. */
function write(el: Element, text: string) {
  const isThere = el.textContent === text || (el.textContent !== '' && written.get(el) === text)
  written.set(el, text)
  if (!isThere) el.textContent = text
}
const written = new WeakMap<Element, string>()

function fill(el: HTMLElement, { recoveryCodes, registration }: TotpView) {
  const isKey = el.dataset.totpList === 'setup-key'
  const pieces = (isKey ? inFours(registration?.unseal().secret ?? '') : recoveryCodes?.unseal()) ?? []
  if (el.textContent === pieces.join('')) return
  el.replaceChildren(
    ...pieces.map((piece) => {
      const item = document.createElement(isKey ? 'span' : 'li')
      item.textContent = piece
      return item
    }),
  )
}

/** Marks a step of the enrollment as done, current or neither. */
function mark(el: HTMLElement, current: number) {
  const step = Number(el.dataset.totpStep)
  const { isCurrent, isDone } = standingOf(step, current)
  el.ariaCurrent = isCurrent ? 'step' : null
  el.part?.toggle('done', isDone)
  const done = el.querySelector<HTMLElement>('[part=unseen]')
  if (done) hide(done, !isDone)
}

/** Keeps the typed text in the field, and selects it once it is rejected. */
function show(field: HTMLInputElement, state: CodePromptState) {
  const form = field.closest<HTMLElement>(CODE_FORM)
  const { method, typed, error, isSpent, isRefused, busy } = state
  if (field.dataset.method !== method) {
    const isChange = field.dataset.method !== undefined && typed === ''
    field.dataset.method = method
    field.part?.toggle('app', method === 'app')
    field.part?.toggle('recovery', method === 'recovery')
    for (const [name, value] of Object.entries(codeFieldAttributes[method])) {
      if (value === undefined) field.removeAttribute(name)
      else field.setAttribute(name.toLowerCase(), String(value))
    }
    field.enterKeyHint = 'go'
    // Browsers know the pattern, but our own messages say what is wrong with a code.
    if (form instanceof HTMLFormElement) form.noValidate = true
    // Without a form of its own, the field belongs to no form, not even to the host's around it.
    else for (const el of form?.querySelectorAll('input, button') ?? []) el.setAttribute('form', '')
    if (isChange && form && isShown(form)) focusFor.set(field, focusSoon(field))
  }
  if (field.value !== typed) field.value = typed
  field.readOnly = busy
  field.ariaInvalid = String(isSpent)
  if (isRefused && !refused.has(field)) selectIn(field, error)
  if (isRefused) refused.add(field)
  else refused.delete(field)
}
const refused = new WeakSet<HTMLInputElement>()

/** Focuses a field with `autofocus` when it appears, unless a touch keyboard would cover the rest. */
export function greet(field: HTMLElement, mayFocus = true) {
  const isInView = isShown(field)
  const isNew = isInView && !inView.has(field)
  if (isInView) inView.add(field)
  else callOff(field)
  if (isNew && mayFocus && field.autofocus && !isTouchScreen()) focusFor.set(field, focusSoon(field))
}
const inView = new WeakSet<HTMLElement>()
/** Cancels the pending focus of a field. */
const focusFor = new WeakMap<HTMLElement, () => void>()

function callOff(field: HTMLElement) {
  inView.delete(field)
  focusFor.get(field)?.()
}

/** Moves focus if the focused element went: a keyboard or a screen reader would restart at the top of the page. */
function keepFocus(root: HTMLElement | ShadowRoot, last: Element | null) {
  if (!last || isShown(last)) return
  const scope = root.getRootNode()
  if (!(scope instanceof Document || scope instanceof ShadowRoot)) return
  const { activeElement } = scope
  const isLost = activeElement === null || activeElement === document.body || activeElement === last
  // Not if the person has moved elsewhere on the page.
  const isElsewhere =
    scope instanceof ShadowRoot &&
    ![document.body, scope.host, null].includes(document.activeElement as HTMLElement)
  if (isLost && !isElsewhere)
    [...root.querySelectorAll<HTMLElement>('[data-totp-focus]')].findLast(isShown)?.focus()
}

function drawQr(svg: SVGElement, { registration }: TotpView) {
  const uri = registration?.unseal().uri
  if (uri === undefined) return svg.replaceChildren()
  const { size, path, ground } = qrPath(uri)
  svg.setAttribute('viewBox', `0 0 ${size} ${size}`)
  svg.setAttribute('shape-rendering', 'crispEdges')
  svg.replaceChildren(draw('path', { fill: '#fff', d: ground }), draw('path', { fill: '#000', d: path }))
}

function link(anchor: HTMLAnchorElement, { registration }: TotpView) {
  const uri = registration?.unseal().uri
  if (uri === undefined) anchor.removeAttribute('href')
  else anchor.href = uri
}
