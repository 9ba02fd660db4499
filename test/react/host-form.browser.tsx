import type { FormEvent, KeyboardEvent, ReactNode } from 'react'
import { createPortal } from 'react-dom'
import { createTotpFlow, type TotpFlow } from 'totp-flow'
import 'totp-flow/element'
import { memoryBackend } from 'totp-flow/memory'
import { DeviceCard, StepUpDialog } from 'totp-flow/react'
import * as Totp from 'totp-flow/react/parts'
import { bindTotpFlow } from 'totp-flow/vanilla'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { button, codeField, codeOf, enroll, renderFlow } from './render-flow.tsx'

afterEach(() => vi.restoreAllMocks())

/** What a form of the host's may not hear of. */
interface Heard {
  submits: string[]
  events: string[]
}

const hear = (heard: Heard) => ({
  onSubmit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    heard.submits.push('submit')
  },
  onReset: () => heard.events.push('reset'),
  onChange: () => heard.events.push('change'),
  onInput: () => heard.events.push('input'),
  onKeyDown(event: KeyboardEvent) {
    if (event.key === 'Enter') heard.events.push('Enter')
  },
  onKeyPress(event: KeyboardEvent) {
    if (event.key === 'Enter') heard.events.push('Enter pressed')
  },
  onKeyUp(event: KeyboardEvent) {
    if (event.key === 'Enter') heard.events.push('Enter released')
  },
})

type Show = (heard: Heard) => TotpFlow | Promise<TotpFlow>

const inReact = (place: (ui: ReactNode) => ReactNode): Show => {
  return (heard) => {
    const ui = renderFlow(
      <form id="host" {...hear(heard)}>
        <input aria-label="Amount" name="amount" defaultValue="5" />
        {place(
          <>
            <DeviceCard />
            <StepUpDialog />
          </>,
        )}
      </form>,
    )
    onTestFinished(ui.unmount)
    return ui.flow
  }
}

/** A form of the page's own, and in it what `fill` puts there. */
const inHtml = (fill: (form: HTMLFormElement, flow: TotpFlow) => () => void): Show => {
  return (heard) => {
    const form = document.createElement('form')
    form.id = 'host'
    form.innerHTML = '<input aria-label="Amount" name="amount" value="5">'
    document.body.replaceChildren(form)
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      heard.submits.push('submit')
    })
    for (const type of ['reset', 'change', 'input'])
      form.addEventListener(type, () => heard.events.push(type))
    // By the last two Angular, Vue and jQuery pages send forms.
    for (const type of ['keydown', 'keypress', 'keyup'] as const)
      form.addEventListener(type, ({ key }) => {
        if (key === 'Enter') heard.events.push(type)
      })
    const flow = createTotpFlow({ backend: memoryBackend() })
    const hide = fill(form, flow)
    onTestFinished(() => {
      hide()
      flow.stop()
    })
    return flow
  }
}

const parts = (tag: string) => `
  <button data-totp-do="register" data-totp-show="none">Set up authenticator app</button>
  <${tag} data-totp-do="submit-code" data-totp-show="enrolling challenge">
    <label for="code" data-totp-text="label"></label> <input id="code" name="code" required pattern="x">
    <button>Verify</button> <button type="button" data-totp-do="cancel">Cancel</button>
  </${tag}>
  <p data-totp-text="status"></p>
  <button data-totp-do="delete" data-totp-show="on">Remove authenticator app</button>
  <p role="alert" data-totp-text="error"></p>`

const bound = (tag: string) =>
  inHtml((form, flow) => {
    const root = document.createElement('div')
    root.innerHTML = parts(tag) // parsed outside of the form, so that one may stand in it
    form.append(root)
    return bindTotpFlow(root, flow)
  })

const faces: [name: string, show: Show][] = [
  ['the React components in it', inReact((ui) => ui)],
  ['the React components in a portal out of it', inReact((ui) => createPortal(ui, document.body))],
  [
    '<totp-flow> in it',
    inHtml((form, flow) => {
      const element = document.createElement('totp-flow')
      element.flow = flow
      form.append(element)
      return () => element.remove()
    }),
  ],
  ['a page over bindTotpFlow in it', bound('div')],
  ['a page over bindTotpFlow with a form within it', bound('form')],
]

describe.each(faces)('a form of the host’s, with %s', (_name, show) => {
  const hostForm = () => document.querySelector<HTMLFormElement>('#host') as HTMLFormElement

  it('a host’s form receives no code, be it submitted by Enter, automatically, by the button or by another button', async () => {
    const heard: Heard = { submits: [], events: [] }
    const complaints = vi.spyOn(console, 'error')
    const flow = await show(heard)
    const focusAndEnter = async (name: string) => {
      await expect.element(button(name)).toBeEnabled()
      button(name).element().focus()
      await userEvent.keyboard('{Enter}')
    }
    await focusAndEnter('Set up authenticator app')
    await expect.element(codeField()).toBeVisible()
    await codeField().fill('12')
    await userEvent.keyboard('{Enter}')
    await expect.element(page.getByText(/A code is six digits/).first()).toBeInTheDocument()
    await button('Verify').click()
    await focusAndEnter('Verify')
    await focusAndEnter('Cancel')
    await focusAndEnter('Set up authenticator app')
    await expect.element(codeField()).toBeVisible()
    const { registration } = await flow.waitFor((view) => view.registration !== null)
    const secret = registration?.unseal().secret ?? ''
    await codeField().fill(codeOf(secret)) // which goes by itself
    await expect.element(page.getByText('Authenticator app is on').first()).toBeVisible()
    await focusAndEnter('Remove authenticator app')
    await expect.element(codeField()).toBeVisible()
    await codeField().fill(codeOf(secret, 1))
    await userEvent.keyboard('{Enter}')
    await expect.element(page.getByText('No authenticator app yet').first()).toBeVisible()
    expect(heard).toEqual({ submits: [], events: [] })
    expect(complaints).not.toHaveBeenCalled()
  })

  it('a host’s form contains no code, requires none, and is submitted as usual', async () => {
    const heard: Heard = { submits: [], events: [] }
    const flow = await show(heard)
    await expect.element(button('Set up authenticator app')).toBeEnabled()
    await page.getByLabelText('Amount').click()
    await userEvent.keyboard('{Enter}') // no button of ours is the one that Enter presses
    await expect.poll(() => heard.submits).toHaveLength(1)
    expect(flow.getView().state).toBe('idle')
    await button('Set up authenticator app').click()
    await codeField().fill('12')
    expect([...new FormData(hostForm()).keys()]).toEqual(['amount'])
    expect(hostForm().checkValidity()).toBe(true)
    expect([...hostForm().elements].filter((one) => one instanceof HTMLInputElement)).toHaveLength(1)
    hostForm().requestSubmit()
    expect(heard.submits).toHaveLength(2)
    hostForm().reset()
    await expect.element(codeField()).toHaveValue('12')
    expect(flow.getView().state).toBe('awaitingCode')
  })
})

it('a button of the host’s in a CodeForm sends the code, once, and submits no form around it', async () => {
  const heard: Heard = { submits: [], events: [] }
  const codes: string[] = []
  const ui = renderFlow(
    <form {...hear(heard)}>
      <Totp.CodeForm>
        <Totp.CodeField aria-label="6-digit code" name="code" required />
        <button type="submit">Go on</button>
        <Totp.Submit render={(props) => <button {...props} type="submit" />} />
      </Totp.CodeForm>
    </form>,
    {
      backend: () => ({
        authenticateTotpMfaDevice({ code }) {
          codes.push(code)
          return new Promise(() => {})
        },
      }),
    },
  )
  onTestFinished(ui.unmount)
  await enrollUpToCode(ui.flow)
  await codeField().fill('123456')
  await button('Go on').click()
  await expect.poll(() => codes).toEqual(['123456'])
  ui.flow.cancel()
  await ui.flow.settled()
  await enrollUpToCode(ui.flow)
  await codeField().fill('654321')
  await button('Verify').click()
  await expect.poll(() => codes).toEqual(['123456', '654321'])
  expect(heard).toEqual({ submits: [], events: [] })
})

it('a press in the dialog does not reach the elements around it', async () => {
  const presses: string[] = []
  const ui = renderFlow(
    // biome-ignore lint/a11y: as hosts write it
    <form onClick={({ target }) => presses.push(target instanceof Element ? (target.textContent ?? '') : '')}>
      <button type="button">Pay</button>
      {createPortal(<StepUpDialog />, document.body)}
    </form>,
  )
  onTestFinished(ui.unmount)
  await enroll(ui.flow)
  await button('Pay').click()
  ui.flow.stepUp(['wallet:export'])
  await button('Verify').click()
  await button('Use a recovery code instead').click()
  await button('Cancel').click()
  await expect.poll(() => ui.flow.getView().showsCodeField).toBe(false)
  expect(presses).toEqual(['Pay'])
})

it('the Enter that ends the dialog is not released in the host’s form, to which the focus returns', async () => {
  const released: string[] = []
  const ui = renderFlow(
    <form onKeyUp={({ key }) => released.push(key)}>
      <button type="button">Pay</button>
      {createPortal(<StepUpDialog />, document.body)}
    </form>,
  )
  onTestFinished(ui.unmount)
  await enroll(ui.flow)
  await expect.element(button('Pay')).toBeVisible()
  button('Pay').element().focus()
  ui.flow.stepUp(['wallet:export'])
  await expect.element(codeField()).toHaveFocus()
  button('Cancel').element().focus()
  await userEvent.keyboard('{Enter>}')
  await expect.element(button('Pay')).toHaveFocus()
  await userEvent.keyboard('{/Enter}')
  expect(released).toEqual([])
  await userEvent.keyboard('{Enter}') // theirs is
  expect(released).toEqual(['Enter'])
})

async function enrollUpToCode(flow: TotpFlow) {
  await flow.waitFor(({ can }) => can.register)
  flow.register()
  await flow.waitFor(({ state }) => state === 'awaitingCode')
}
