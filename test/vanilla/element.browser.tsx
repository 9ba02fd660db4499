import { createTotpFlow, type TotpFlow } from 'totp-flow'
import 'totp-flow/element'
import { generateSync } from 'otplib'
import { memoryBackend } from 'totp-flow/memory'
import { ar, en } from 'totp-flow/messages'
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { saveCodes } from '../react/render-flow.tsx'

let flow: TotpFlow
let element: HTMLElementTagNameMap['totp-flow']
beforeEach(async () => {
  flow = createTotpFlow({ backend: memoryBackend() })
  element = document.createElement('totp-flow')
  element.innerHTML = '<p>what the app guards</p>'
  element.flow = flow
  document.body.replaceChildren(element)
  await flow.waitFor(({ device }) => device === null)
})
afterEach(() => {
  element.remove()
  flow.stop()
})

const button = (name: string) => page.getByRole('button', { name, exact: true })
const codeField = () => page.getByRole('textbox', { name: '6-digit code' })
const alert = (words: RegExp) =>
  expect.element(page.getByRole('alert').filter({ hasText: words })).toBeVisible()
const codeOf = (secret: string, steps = 0) =>
  generateSync({ secret, epoch: Math.floor(Date.now() / 1000) + steps * 30 })

/** Inside the shadow, where `document.activeElement` does not look. */
const focused = (name: string) =>
  expect
    .poll(() => {
      const active = element.shadowRoot?.activeElement
      return active instanceof HTMLInputElement ? active.labels?.[0]?.textContent : active?.textContent
    })
    .toBe(name)

async function enroll(): Promise<string> {
  await button('Set up authenticator app').click()
  await expect.element(page.getByRole('img', { name: 'QR code' })).toBeVisible()
  const secret = page.getByLabelText('Setup key').element().textContent ?? ''
  const steps = page.getByRole('list', { name: 'Steps' }).getByRole('listitem')
  expect(steps.elements().map(({ ariaCurrent }) => ariaCurrent)).toEqual(['step', null, null])
  await codeField().fill(codeOf(secret))
  await expect.element(page.getByText('Authenticator app is on')).toBeVisible()
  return secret
}

it('<totp-flow> enrolls with the part names of the React components, and emits events to the page', async () => {
  const told = vi.fn()
  document.body.addEventListener('totp-enrolled', told, { once: true })
  await expect.element(page.getByText('No authenticator app yet')).toBeVisible()
  await enroll()
  await expect.element(page.getByText('what the app guards')).toBeVisible()
  expect(told).toHaveBeenCalledOnce()
  expect(page.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem').elements()).toHaveLength(10)
  await saveCodes()
  await expect.element(page.getByRole('list', { name: 'Recovery codes' })).not.toBeInTheDocument()
})

it('<totp-flow> is a block that pages can size, hide and lay out', async () => {
  const display = () => getComputedStyle(element).display
  await expect.poll(display).toBe('block')
  element.style.width = '300px'
  expect(element.getBoundingClientRect().width).toBe(300)
  element.hidden = true
  expect(display()).toBe('none')
  element.hidden = false
  const sheet = document.head.appendChild(document.createElement('style'))
  onTestFinished(() => sheet.remove())
  sheet.textContent = 'totp-flow { display: grid }'
  expect(display()).toBe('grid')
})

it('a page can style <totp-flow> by its state while there are recovery codes to save', async () => {
  const hasCodes = () => element.matches(':state(codes-to-save)')
  expect(hasCodes()).toBe(false)
  await enroll()
  expect(hasCodes()).toBe(true)
  await saveCodes()
  await expect.poll(hasCodes).toBe(false)
})

it('<totp-flow> sets a state with dashes in browsers that accept no other', async () => {
  const { add } = CustomStateSet.prototype
  const dashed = vi.spyOn(CustomStateSet.prototype, 'add').mockImplementation(function (
    this: CustomStateSet,
    name,
  ) {
    // As Chrome did before 125.
    if (!name.startsWith('--')) throw new DOMException('must start with --', 'SyntaxError')
    return add.call(this, name)
  })
  onTestFinished(() => dashed.mockRestore())
  const hasCodes = () => element.matches(':state(--codes-to-save)')
  element.setAttribute('name', 'code')
  await enroll()
  expect(hasCodes()).toBe(true)
  await saveCodes()
  await expect.poll(hasCodes).toBe(false)
})

it('<totp-flow> opens a dialog for a removal, submits with Enter, and restores focus', async () => {
  const secret = await enroll()
  await button('Remove authenticator app').click()
  await expect.element(page.getByRole('dialog', { name: 'Remove authenticator app' })).toBeVisible()
  await focused('6-digit code')
  await userEvent.keyboard('{Escape}')
  await focused('Remove authenticator app')
  await button('Remove authenticator app').click()
  await codeField().fill(codeOf(secret, 1).replace(/^(...)/, '$1 '))
  await userEvent.keyboard('{Enter}')
  await expect.element(page.getByText('No authenticator app yet')).toBeVisible()
})

it('<totp-flow> selects a wrong code, sends it once, and has its own words for a wrong recovery code', async () => {
  await enroll()
  await button('Remove authenticator app').click()
  await codeField().fill('000000')
  await userEvent.keyboard('{Enter}')
  await alert(/didn’t match/)
  const field = codeField().element() as HTMLInputElement
  expect([field.selectionStart, field.selectionEnd]).toEqual([0, 6])
  await button('Use a recovery code instead').click()
  const recovery = page.getByRole('textbox', { name: 'Recovery code' })
  await focused('Recovery code')
  await recovery.fill('00000-00000')
  await userEvent.keyboard('{Enter}')
  await alert(/That recovery code didn’t match/)
  const codes = flow.getView().recoveryCodes?.unseal() ?? []
  await recovery.fill(codes[0] ?? '')
  await userEvent.keyboard('{Enter}')
  await expect.element(page.getByText('No authenticator app yet')).toBeVisible()
})

it('<totp-flow> shows how many recovery codes are left, and generates new ones after a code', async () => {
  const secret = await enroll()
  await saveCodes()
  await expect.element(page.getByText('Recovery codes left: 10')).toBeVisible()
  await button('Generate new codes').click()
  await focused('6-digit code')
  await userEvent.keyboard('{Escape}')
  await focused('Generate new codes')
  await button('Generate new codes').click()
  await codeField().fill(codeOf(secret, 1))
  await expect.element(page.getByRole('list', { name: 'Recovery codes' })).toBeVisible()
  await saveCodes()
  await expect.element(page.getByText('Recovery codes left: 10')).toBeVisible()
})

it('<totp-flow> shows another language from right to left', async () => {
  element.messages = ar
  await expect.element(button(ar.device.setUp)).toBeVisible()
  expect(element.shadowRoot?.querySelector('section')).toHaveAttribute('dir', 'rtl')
})

it('<totp-flow> takes part in a form with the code under its name, valid once it is six digits', async () => {
  const form = document.createElement('form')
  element.setAttribute('name', 'code')
  document.body.replaceChildren(form)
  form.append(element)
  const inForm = () => new FormData(form).get('code')
  expect(form.checkValidity()).toBe(true) // no code is asked for
  await button('Set up authenticator app').click()
  await codeField().fill('123')
  expect([form.checkValidity(), inForm()]).toEqual([false, null])
  const refused = new Promise<string>((resolve) => {
    flow.on('failed', ({ code }) => resolve(code))
  })
  await codeField().fill('１２３ ４５６')
  expect([form.checkValidity(), inForm()]).toEqual([true, '123456'])
  expect(await refused).toBe('invalid_code')
  form.reset()
  expect(flow.getView().state).toBe('idle')
})

it('<totp-flow> disconnects from its flow when it leaves the page, and reconnects when it returns', async () => {
  element.remove()
  flow.register()
  await flow.waitFor(({ state }) => state === 'awaitingCode')
  expect(element.shadowRoot?.childNodes).toHaveLength(0)
  document.body.append(element)
  await expect.element(page.getByRole('img', { name: 'QR code' })).toBeVisible()
})

it('an element outside the page shows nothing of its flow, until it is inserted', async () => {
  const follow = vi.fn(flow.subscribe)
  const early = document.createElement('totp-flow')
  early.flow = { ...flow, subscribe: follow }
  early.messages = ar
  expect(early.shadowRoot?.childNodes).toHaveLength(0)
  expect(follow).not.toHaveBeenCalled()
  document.body.replaceChildren(early)
  onTestFinished(() => early.remove())
  await expect.element(button(ar.device.setUp)).toBeVisible()
  expect(follow).toHaveBeenCalled()
})

it('a form around an element without a name gets no code, is valid, and cancels nothing when it is reset', async () => {
  const form = document.createElement('form')
  document.body.replaceChildren(form)
  form.append(element)
  await button('Set up authenticator app').click()
  await codeField().fill('123')
  expect(form.checkValidity()).toBe(true)
  form.reset()
  expect(flow.getView().state).toBe('awaitingCode')
})

it('a named element is valid and adds no code to its form without a prompt, or outside the page', async () => {
  const form = document.createElement('form')
  element.setAttribute('name', 'code')
  document.body.replaceChildren(form)
  form.append(element)
  await button('Set up authenticator app').click()
  await codeField().fill('123')
  expect(form.checkValidity()).toBe(false)
  flow.cancel()
  await expect.poll(() => form.checkValidity()).toBe(true)
  await button('Set up authenticator app').click()
  await codeField().fill('12')
  expect(form.checkValidity()).toBe(false)
  element.flow = null
  expect(form.checkValidity()).toBe(true)
  expect([...new FormData(form)]).toEqual([])
})

it('the state codes-to-save lasts as long as the element shows new recovery codes', async () => {
  expect(element.matches(':state(codes-to-save)')).toBe(false)
  await enroll()
  expect(element.matches(':state(codes-to-save)')).toBe(true)
  await saveCodes()
  await expect.poll(() => element.matches(':state(codes-to-save)')).toBe(false)
})

it('a flow and messages set before the element is defined are used', () => {
  const early = document.createElement('totp-flow')
  for (const [name, value] of Object.entries({ flow, messages: ar }))
    Object.defineProperty(early, name, { value, writable: true, enumerable: true, configurable: true })
  document.body.append(early)
  expect([early.flow, early.messages]).toEqual([flow, ar])
  expect(Object.hasOwn(early, 'flow')).toBe(false)
  expect(early.shadowRoot?.querySelector('section')).toHaveAttribute('lang', 'ar')
  early.remove()
})

it('the element loads its styles with its nonce, is hidden until then, and appears if they fail to load', async () => {
  const plain = document.createElement('totp-flow')
  plain.nonce = 'abc'
  plain.flow = flow
  document.body.append(plain)
  const link = plain.shadowRoot?.querySelector('link')
  const parts = [...(plain.shadowRoot?.querySelectorAll<HTMLElement>('[part=root], dialog') ?? [])]
  expect(link?.nonce).toBe('abc')
  expect(parts.map(({ style }) => style.opacity)).toEqual(['0', '0'])
  link?.dispatchEvent(new Event('error'))
  expect(parts.map(({ style }) => style.opacity)).toEqual(['', ''])
  plain.remove()
  const own = document.createElement('totp-flow')
  own.setAttribute('theme', 'none')
  own.flow = flow
  document.body.append(own)
  expect(own.shadowRoot?.querySelector('link')).toBeNull()
  expect(own.shadowRoot?.querySelector<HTMLElement>('[part=root]')?.style.opacity).toBe('')
  own.remove()
})

it('the element emits every event of the flow with its detail, across shadow trees, while it is in the page', async () => {
  const told: [string, unknown][] = []
  const types = ['enrolled', 'elevated', 'deleted', 'failed', 'deprecation'] as const
  const note = (event: Event) => told.push([event.type, (event as CustomEvent).detail])
  for (const type of types) document.addEventListener(`totp-${type}`, note)
  const expected: [string, unknown][] = []
  for (const type of types) flow.on(type, (detail) => expected.push([`totp-${type}`, detail]))
  const shadow = document.createElement('div').attachShadow({ mode: 'open' })
  document.body.append(shadow.host)
  shadow.append(element)
  const secret = await enroll()
  flow.submitCode('12')
  flow.register()
  flow.deleteDevice()
  await flow.waitFor(({ showsCodeField }) => showsCodeField)
  flow.submitCode(codeOf(secret, 1))
  await flow.waitFor(({ device }) => device === null)
  expect(told.map(([type]) => type)).toEqual(
    expect.arrayContaining(['totp-enrolled', 'totp-elevated', 'totp-failed', 'totp-deleted']),
  )
  expect(told).toEqual(expected)
  element.flow = null
  const before = told.length
  flow.deleteDevice()
  expect(told).toHaveLength(before)
  expect(expected.length).toBeGreaterThan(before)
  for (const type of types) document.removeEventListener(`totp-${type}`, note)
  shadow.host.remove()
})

it('the element shows only words of its messages', () => {
  const shadow = element.shadowRoot?.querySelector('section')
  expect(shadow?.textContent).toContain(en.device.why)
  const untold = [...(shadow?.querySelectorAll('[data-totp-words]') ?? [])].filter(
    (one) => one.textContent === '',
  )
  expect(untold).toEqual([])
})
