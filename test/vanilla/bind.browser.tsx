import { memoryBackend } from 'totp-flow/memory'
import { authenticator } from 'totp-flow/testing'
import { bindTotpFlow, createTotpFlow } from 'totp-flow/vanilla'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { page } from 'vitest/browser'

const HTML = `
  <button data-totp-do="register" data-totp-show="idle">set up</button>
  <form data-totp-do="submit-code" data-totp-show="awaitingCode verifying">
    <svg data-totp-qr role="img" aria-label="QR code"></svg>
    <output data-totp-text="secret"></output>
    <input name="code" aria-label="code"><button>verify</button>
    <button type="button" data-totp-do="cancel">cancel</button>
  </form>
  <p data-totp-show="elevated">enrolled</p>
  <button data-totp-do="delete" data-totp-show="idle elevated">remove</button>
  <p role="alert" data-totp-text="error"></p>`

let flow: ReturnType<typeof createTotpFlow>
let root: HTMLElement
let unbind: () => void
beforeEach(async () => {
  flow = createTotpFlow({ backend: memoryBackend() })
  root = document.createElement('main')
  root.innerHTML = HTML
  document.body.replaceChildren(root)
  unbind = bindTotpFlow(root, flow)
  await flow.waitFor(({ device }) => device === null)
})
afterEach(() => {
  unbind()
  flow.stop()
})

it('plain HTML enrolls, and shows an error in its place', async () => {
  await expect.element(page.getByRole('button', { name: 'remove' })).toBeDisabled()
  await page.getByRole('button', { name: 'set up' }).click()
  await expect.element(page.getByRole('img', { name: 'QR code' })).toBeVisible()
  const qrCode = page.getByRole('img', { name: 'QR code' }).element()
  const fills = [...qrCode.querySelectorAll('path')].map((path) => getComputedStyle(path).fill)
  expect(fills).toEqual(['rgb(255, 255, 255)', 'rgb(0, 0, 0)']) // whatever the page looks like
  await page.getByLabelText('code').fill('12')
  await page.getByRole('button', { name: 'verify' }).click()
  await expect
    .element(page.getByRole('alert'))
    .toHaveTextContent('A code is six digits. Check it and try again.')
  const secret = root.querySelector('output')?.textContent ?? ''
  await page.getByLabelText('code').fill(authenticator(secret).code())
  await page.getByRole('button', { name: 'verify' }).click()
  await expect.element(page.getByText('enrolled')).toBeVisible()
  expect(root.innerHTML).not.toContain(secret)
  await expect.element(page.getByRole('button', { name: 'remove' })).toBeEnabled()
})

it('a code form that something else submits, such as a password manager, sends its code and stays on its page', async () => {
  await page.getByRole('button', { name: 'set up' }).click()
  await expect.element(page.getByLabelText('code')).toBeVisible()
  await page.getByLabelText('code').fill('12')
  const form = root.querySelector('form')
  let isPrevented = false
  form?.addEventListener('submit', (event) => {
    isPrevented = event.defaultPrevented
    event.preventDefault()
  })
  form?.requestSubmit()
  expect(isPrevented).toBe(true)
  await expect
    .element(page.getByRole('alert'))
    .toHaveTextContent('A code is six digits. Check it and try again.')
})

it('a bound page cancels, and an unbound one has no listeners left', async () => {
  await page.getByRole('button', { name: 'set up' }).click()
  await page.getByRole('button', { name: 'cancel' }).click()
  expect(flow.getView().state).toBe('idle')
  unbind()
  root.querySelector<HTMLButtonElement>('[data-totp-do=register]')?.click()
  expect(flow.getView().state).toBe('idle')
})
