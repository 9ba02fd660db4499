import { createTotpFlow } from 'totp-flow'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { focused } from '../../src/ui/focus-soon.ts'
import { button, codeField, saveCodes } from '../react/render-flow.tsx'
import { PASSWORD, passwordService } from '../support/password-service.ts'
import { passwordFaces } from './password-faces.tsx'
import { listen } from './spoken.ts'

const WRONG = 'That password isn’t right. Check it and try again.'

/** The password fields of the page, in shadow trees, too. */
const fieldsLeft = () => {
  const roots = [
    document,
    ...[...document.querySelectorAll('*')].flatMap(({ shadowRoot }) => shadowRoot ?? []),
  ]
  return roots.flatMap((root) => [...root.querySelectorAll<HTMLInputElement>('[name=password]')])
}
/** The one that can be seen. */
const field = () => fieldsLeft().find((one) => one.checkVisibility())
const hasFocus = () => field() !== undefined && focused() === field()

describe.each(passwordFaces)('%s', (_name, show) => {
  function start() {
    const service = passwordService()
    const flow = createTotpFlow({ backend: service, tabs: false })
    const hide = show(flow)
    onTestFinished(() => {
      hide()
      flow.stop()
    })
    return { flow, service, hide }
  }

  /** The app is on, and its recovery codes are saved. */
  async function startEnrolled() {
    const started = start()
    const { flow } = started
    await flow.waitFor(({ device }) => device === null)
    flow.register()
    flow.submitPassword(PASSWORD)
    await flow.waitFor(({ showsCodeField }) => showsCodeField)
    flow.submitCode('123456')
    await flow.waitFor(({ recoveryCodes }) => recoveryCodes !== null)
    await flow.acknowledgeRecoveryCodes()
    await expect.element(button('Remove authenticator app')).toBeVisible()
    return started
  }

  it('an enrollment prompts for the password first, and shows its recovery codes after the first code', async () => {
    const { service } = start()
    await button('Set up authenticator app').click()
    await expect.poll(hasFocus).toBe(true)
    expect(button('Set up authenticator app').elements()).toEqual([])
    expect(page.getByRole('dialog').elements()).toEqual([])
    await userEvent.keyboard(`${PASSWORD}{Enter}`)
    await expect.element(page.getByRole('img', { name: 'QR code' })).toBeVisible()
    expect(field()).toBeUndefined()
    await codeField().fill('123456')
    await expect.element(page.getByText('aaaaa-bbbb1-a')).toBeVisible()
    vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue()
    await saveCodes()
    await expect.element(button('Generate new codes')).toBeVisible()
    expect(service.given).toEqual([PASSWORD])
  })

  it('the password field is one for password managers, and is described by what to do', async () => {
    start()
    await button('Set up authenticator app').click()
    await expect.poll(field).toBeDefined()
    expect(field()?.labels?.[0]?.textContent).toBe('Password')
    expect(field()).toMatchObject({ type: 'password', autocomplete: 'current-password', readOnly: false })
    expect(
      field()
        ?.ariaDescribedByElements?.map((one) => one.textContent)
        .join(),
    ).toBe('Enter your password to continue.')
  })

  it('an error of a password is linked to its field, not part of its description, announced once, and selects the text', async () => {
    const { flow } = start()
    await button('Set up authenticator app').click()
    await expect.poll(hasFocus).toBe(true)
    expect(field()?.ariaInvalid).toBe('false')
    const spoken = listen()
    await userEvent.keyboard('wrong{Enter}')
    await expect.poll(() => field()?.ariaInvalid).toBe('true')
    const tied = () =>
      field()
        ?.ariaErrorMessageElements?.map((one) => one.textContent?.trim())
        .join()
    await expect.poll(tied).toBe(WRONG)
    expect(
      field()
        ?.ariaDescribedByElements?.map((one) => one.textContent)
        .join(),
    ).not.toContain(WRONG)
    await expect.poll(() => [field()?.selectionStart, field()?.selectionEnd]).toEqual([0, 5])
    expect(hasFocus()).toBe(true)
    await expect.poll(() => spoken).toEqual([WRONG])

    await userEvent.keyboard('{Enter}')
    await expect.poll(() => spoken).toEqual([WRONG, WRONG])
    await userEvent.keyboard(`${PASSWORD}{Enter}`)
    await flow.waitFor(({ registration }) => registration !== null)
  })

  it('an empty password shows a message each time, and costs no attempt', async () => {
    const { service } = start()
    await button('Set up authenticator app').click()
    await expect.poll(hasFocus).toBe(true)
    const spoken = listen()
    await userEvent.keyboard('{Enter}')
    await expect.poll(() => spoken.map((words) => words.trim())).toEqual(['Enter your password first.'])
    const said = () => field()?.ariaErrorMessageElements?.[0]?.textContent
    const before = said()
    await button('Continue').click()
    await expect.poll(() => spoken).toHaveLength(2)
    expect(said()).not.toBe(before) // screen readers leave out what is as before
    expect(hasFocus()).toBe(true)
    expect(field()?.ariaInvalid).toBe('true')
    expect(service.given).toEqual([])
  })

  it('a removal prompts for the password in a dialog, and works with the keyboard alone', async () => {
    const { service } = await startEnrolled()
    const remove = button('Remove authenticator app').element() as HTMLElement
    remove.focus()
    await userEvent.keyboard('{Enter}')
    await expect.element(page.getByRole('dialog', { name: 'Remove authenticator app' })).toBeVisible()
    await expect.poll(hasFocus).toBe(true)
    expect(
      codeField()
        .elements()
        .filter((field) => field.checkVisibility()),
    ).toEqual([])
    await userEvent.keyboard(PASSWORD)
    await userEvent.tab()
    expect(focused()?.textContent).toBe('Continue')
    await userEvent.tab()
    expect(focused()?.textContent).toBe('Cancel')
    await userEvent.tab({ shift: true })
    await userEvent.keyboard('{Enter}')
    await expect.element(button('Set up authenticator app')).toBeVisible()
    expect(page.getByRole('dialog').elements()).toEqual([])
    expect(service.given).toEqual([PASSWORD, PASSWORD])
  })

  it.each([
    ['Escape', () => userEvent.keyboard('{Escape}')],
    ['Cancel', () => button('Cancel').click()],
  ])('%s cancels a removal, restores focus, and keeps no password', async (_how, leave) => {
    const { flow } = await startEnrolled()
    await button('Remove authenticator app').click()
    await expect.poll(hasFocus).toBe(true)
    await userEvent.keyboard('my password')
    await leave()
    await flow.waitFor(({ showsPasswordField }) => !showsPasswordField)
    await expect.poll(() => focused()?.textContent).toBe('Remove authenticator app')
    expect(
      fieldsLeft()
        .map(({ value }) => value)
        .join(''),
    ).toBe('')
    expect(flow.getView().device?.verified).toBe(true)
  })

  it('Cancel closes an enrollment’s password prompt, and focus stays on the page', async () => {
    start()
    await button('Set up authenticator app').click()
    await expect.poll(hasFocus).toBe(true)
    await userEvent.keyboard('my password')
    await button('Cancel').click()
    await expect.element(button('Set up authenticator app')).toBeVisible()
    await expect.poll(() => focused() !== document.body).toBe(true)
    expect(
      fieldsLeft()
        .map(({ value }) => value)
        .join(''),
    ).toBe('')
  })

  it('a renewal prompts for the password, says why, and shows the new codes', async () => {
    await startEnrolled()
    await button('Generate new codes').click()
    await expect.element(page.getByText('You are about to replace your recovery codes.')).toBeVisible()
    await expect.poll(hasFocus).toBe(true)
    await userEvent.keyboard('wrong{Enter}')
    await expect.poll(() => field()?.ariaInvalid).toBe('true')
    await userEvent.keyboard(`${PASSWORD}{Enter}`)
    await expect.element(page.getByText('aaaaa-bbbb2-a')).toBeVisible()
    expect(
      fieldsLeft()
        .map(({ value }) => value)
        .join(''),
    ).toBe('')
  })

  it('a password is sent once, however often it is submitted while it is being checked', async () => {
    const { service, flow } = start()
    const release = service.hold()
    await button('Set up authenticator app').click()
    await expect.poll(hasFocus).toBe(true)
    await userEvent.keyboard(`${PASSWORD}{Enter}{Enter}`)
    await expect.poll(() => field()?.readOnly).toBe(true)
    expect(button('Continue').element().ariaBusy).toBe('true')
    release()
    await flow.waitFor(({ registration }) => registration !== null)
    expect(service.given).toEqual([PASSWORD])
  })

  it('a typed and submitted password does not reach the page’s handlers', async () => {
    const { flow } = start()
    await button('Set up authenticator app').click()
    await expect.poll(hasFocus).toBe(true)
    const heard: string[] = []
    for (const type of ['submit', 'input', 'change', 'keydown', 'keypress', 'keyup']) {
      const hear = (event: Event) => {
        if (!('key' in event) || event.key === 'Enter') heard.push(type)
      }
      document.body.addEventListener(type, hear)
      onTestFinished(() => document.body.removeEventListener(type, hear))
    }
    await userEvent.keyboard(`${PASSWORD}{Enter}`)
    await flow.waitFor(({ registration }) => registration !== null)
    expect(heard).toEqual([])
  })

  it('no password is left in a page after the UI has left', async () => {
    const { hide } = start()
    await button('Set up authenticator app').click()
    await expect.poll(hasFocus).toBe(true)
    await userEvent.keyboard('my password')
    const left = field()
    hide()
    await expect.poll(() => !left?.isConnected || left.value === '').toBe(true)
  })
})
