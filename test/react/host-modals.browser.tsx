/** A step-up from inside a modal of the host's, with the modals that hosts have. */
import * as Headless from '@headlessui/react'
import * as Radix from '@radix-ui/react-dialog'
import { Modal as BootstrapModal } from 'bootstrap'
import { createFocusTrap } from 'focus-trap'
import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react'
import { createPortal } from 'react-dom'
import type { TotpFlow } from 'totp-flow'
import 'totp-flow/element'
import { StepUpDialog, TotpFlowProvider } from 'totp-flow/react'
import { bindTotpFlow } from 'totp-flow/vanilla'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { button, codeOf, enroll, renderFlow } from './render-flow.tsx'

afterEach(async () => {
  await userEvent.keyboard('{Escape}')
  document.body.replaceChildren()
})

/** Opens a modal with this in it, which closes by itself at Escape and at a press beside it. */
type Open = (inside: ReactNode) => ReactNode
const hosts: [name: string, open: Open][] = [
  [
    'Radix',
    (inside) => (
      <Radix.Root>
        <Radix.Trigger>Open wallet</Radix.Trigger>
        <Radix.Portal>
          <Radix.Overlay style={{ position: 'fixed', inset: 0, background: '#8888' }} />
          <Radix.Content
            aria-describedby={undefined}
            style={{ position: 'fixed', top: 0, background: '#fff', pointerEvents: 'auto' }}
          >
            <Radix.Title>Wallet</Radix.Title>
            {inside}
          </Radix.Content>
        </Radix.Portal>
      </Radix.Root>
    ),
  ],
  ['Headless UI', (inside) => <HeadlessHost>{inside}</HeadlessHost>],
  ['Bootstrap', (inside) => <BootstrapHost>{inside}</BootstrapHost>],
  ['a native', (inside) => <NativeHost>{inside}</NativeHost>],
  ['a focus-trap', (inside) => <OwnHost watch={trapFocus}>{inside}</OwnHost>],
  ['an early-listening', (inside) => <OwnHost watch={closeBeforeOthers}>{inside}</OwnHost>],
  ['a late-listening', (inside) => <OwnHost watch={closeAfterOthers}>{inside}</OwnHost>],
  ['an inert-making', (inside) => <OwnHost watch={makeOthersInert}>{inside}</OwnHost>],
]

function HeadlessHost({ children }: { children: ReactNode }) {
  const [isOpen, setIsOpen] = useState(false)
  return (
    <>
      <button type="button" onClick={() => setIsOpen(true)}>
        Open wallet
      </button>
      <Headless.Dialog open={isOpen} onClose={setIsOpen}>
        <Headless.DialogPanel style={{ position: 'fixed', top: 0, background: '#fff' }}>
          <Headless.DialogTitle>Wallet</Headless.DialogTitle>
          {children}
        </Headless.DialogPanel>
      </Headless.Dialog>
    </>
  )
}

function BootstrapHost({ children }: { children: ReactNode }) {
  const modal = useRef<HTMLDivElement>(null)
  const show = () => modal.current && BootstrapModal.getOrCreateInstance(modal.current).show()
  return (
    <>
      <button type="button" onClick={show}>
        Open wallet
      </button>
      <div
        ref={modal}
        className="modal"
        tabIndex={-1}
        role="dialog"
        aria-label="Wallet"
        style={{ display: 'none' }}
      >
        <div className="modal-dialog">
          <div className="modal-content">{children}</div>
        </div>
      </div>
    </>
  )
}

/** It goes when it was closed, by handlers that React calls for what happens in the tree below them. */
function NativeHost({ children }: { children: ReactNode }) {
  const [isOpen, setIsOpen] = useState(false)
  const close = () => setIsOpen(false)
  const show = useCallback((dialog: HTMLDialogElement | null) => dialog?.showModal(), [])
  return (
    <>
      <button type="button" onClick={() => setIsOpen(true)}>
        Open wallet
      </button>
      {isOpen && (
        <dialog
          ref={show}
          aria-label="Wallet"
          onClose={close}
          onCancel={close}
          onToggle={({ newState }) => newState === 'closed' && close()}
        >
          {children}
        </dialog>
      )}
    </>
  )
}

/** Closes a modal by listeners of its own. */
type Watch = (modal: HTMLElement, close: () => void, signal: AbortSignal) => void

/** Cancels clicks and Tab outside of it before the page hears of them. */
const trapFocus: Watch = (modal, close, signal) => {
  const trap = createFocusTrap(modal, { onDeactivate: close }).activate()
  signal.addEventListener('abort', () => trap.deactivate({ returnFocus: true }))
}
/** Before the page hears of a key, a click or the focus. Mantine and VueUse listen to the window, Ariakit to the document. */
const closeBeforeOthers: Watch = (modal, close, signal) => {
  const isOutside = (event: Event) =>
    !(event.target instanceof Node && modal.contains(event.target)) || !event.composedPath().includes(modal)
  for (const type of ['click', 'contextmenu', 'focusin'])
    for (const place of [window, document])
      place.addEventListener(type, (event) => isOutside(event) && close(), { capture: true, signal })
  window.addEventListener('keydown', ({ key }) => key === 'Escape' && close(), { capture: true, signal })
}
/** After the page has heard, as MUI's ClickAwayListener, a blur handler, and those that wait for the release of a key. */
const closeAfterOthers: Watch = (modal, close, signal) => {
  const closeElsewhere = ({ target }: Event) => target instanceof Node && !modal.contains(target) && close()
  for (const type of ['click', 'focusin']) document.addEventListener(type, closeElsewhere, { signal })
  for (const type of ['keydown', 'keyup'] as const)
    document.addEventListener(type, ({ key }) => key === 'Escape' && close(), { signal })
}
/** Makes the rest of the page inert without hiding it by `aria-hidden` as well, as React Aria does. */
const makeOthersInert: Watch = (modal, close, signal) => {
  const others = [...document.body.children].filter((one) => one instanceof HTMLElement)
  for (const one of others) one.inert = !one.contains(modal)
  signal.addEventListener('abort', () => {
    for (const one of others) one.inert = false
  })
  modal.addEventListener('keydown', ({ key }) => key === 'Escape' && close(), { signal })
}

function OwnHost({ children, watch }: { children: ReactNode; watch: Watch }) {
  const [isOpen, setIsOpen] = useState(false)
  const modal = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (!isOpen) return
    const ending = new AbortController()
    // After the click that opened it, and the focus in it.
    const timer = setTimeout(() => {
      modal.current?.focus()
      if (modal.current) watch(modal.current, () => setIsOpen(false), ending.signal)
    })
    return () => {
      clearTimeout(timer)
      ending.abort()
    }
  }, [isOpen, watch])
  return (
    <>
      <button type="button" onClick={() => setIsOpen(true)}>
        Open wallet
      </button>
      {isOpen &&
        createPortal(
          <div
            ref={modal}
            role="dialog"
            aria-label="Wallet"
            tabIndex={-1}
            style={{ position: 'fixed', top: 0, background: '#fff' }}
          >
            {children}
          </div>,
          document.body,
        )}
    </>
  )
}

/** Puts what asks for codes somewhere: into the modal, or beside the host's own tree. */
type Place = (flow: TotpFlow) => { inside?: ReactNode; beside?: ReactNode }
const added = <Added extends HTMLElement>(element: Added): Added => {
  document.body.append(element)
  onTestFinished(() => element.remove())
  return element
}
const places: [name: string, place: Place][] = [
  ['StepUpDialog next to it', () => ({ beside: <StepUpDialog /> })],
  ['StepUpDialog in it', () => ({ inside: <StepUpDialog /> })],
  [
    '<totp-flow> elsewhere',
    (flow) => {
      added(document.createElement('totp-flow')).flow = flow
      return {}
    },
  ],
  [
    'a bound page elsewhere',
    (flow) => {
      const root = added(document.createElement('div'))
      root.innerHTML = `<dialog data-totp-dialog aria-labelledby="title"><h2 id="title" data-totp-text="title"></h2>
        <form data-totp-do="submit-code">
          <label for="code" data-totp-text="label"></label> <input id="code" name="code" autofocus>
          <button type="button" data-totp-do="cancel">Cancel</button>
          <button type="button" data-totp-do="switch-method" data-totp-text="other-method"></button>
        </form></dialog>`
      onTestFinished(bindTotpFlow(root, flow))
      return {}
    },
  ],
]

const ours = page.getByRole('dialog', { name: 'Confirm it’s you' })
const field = page.getByRole('textbox', { name: '6-digit code' })
const theirs = () => button('Export')

describe.each(hosts)('%s modal', (host, open) => {
  it.each(places)(
    `${host} modal stays open below a step-up that works by clicks and keys: %s`,
    async (_name, place) => {
      let start = () => {}
      const at: ReturnType<Place> = {}
      const ui = renderFlow(null, { strict: false })
      Object.assign(at, place(ui.flow))
      start = () => ui.flow.stepUp(['wallet:export'])
      ui.root.render(
        <TotpFlowProvider flow={ui.flow}>
          {open(
            <>
              <button type="button" onClick={start}>
                Export
              </button>
              {at.inside}
            </>,
          )}
          {at.beside}
        </TotpFlowProvider>,
      )
      onTestFinished(ui.unmount)
      const secret = await enroll(ui.flow)
      await button('Open wallet').click()

      await theirs().click()
      await expect.element(ours).toBeVisible()
      await field.click()
      await userEvent.keyboard('12')
      await expect.element(field).toHaveValue('12')
      await field.click({ button: 'right' })
      await userEvent.keyboard('{Tab}')
      await expect.poll(() => field.elements().some((one) => one.matches(':focus'))).toBe(false)
      await button('Use a recovery code instead').click()
      await expect.element(page.getByRole('textbox', { name: 'Recovery code' })).toBeVisible()
      await button('Cancel').click()
      await expect.element(ours).not.toBeInTheDocument()
      await expect.element(theirs()).toHaveFocus()

      await userEvent.keyboard('{Enter}')
      await expect.element(ours).toBeVisible()
      await userEvent.keyboard('{Escape}')
      await expect.element(ours).not.toBeInTheDocument()
      await expect.element(theirs()).toBeVisible()
      await expect.element(theirs()).toHaveFocus()

      await userEvent.keyboard('{Enter}')
      await expect.element(ours).toBeVisible()
      await field.fill(codeOf(secret, 1))
      await expect.element(ours).not.toBeInTheDocument()
      expect(ui.flow.getView().state).toBe('elevated')
      await expect.element(theirs()).toHaveFocus()
      await userEvent.keyboard('{Escape}')
      await expect.element(theirs()).not.toBeInTheDocument()
      await expect.element(button('Open wallet')).toBeVisible()
      expect(document.querySelectorAll('[aria-hidden=false]')).toHaveLength(0)
    },
  )
})
