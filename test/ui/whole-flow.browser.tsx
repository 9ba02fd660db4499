import { createTotpFlow, type TotpBackend, type TotpFlow, TotpFlowError } from 'totp-flow'
import 'totp-flow/theme.css'
import { memoryBackend } from 'totp-flow/memory'
import { authenticator } from 'totp-flow/testing'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { button, enroll, saveCodes } from '../react/render-flow.tsx'
import { faces } from './faces.tsx'

afterEach(() => vi.restoreAllMocks())

const field = (name: string) => page.getByRole('textbox', { name })

/** What has the focus, shadow or not. */
function focused(): Element | null {
  const outer = document.activeElement
  return outer?.shadowRoot?.activeElement ?? outer
}
const hasFocus = (name: string) => expect.poll(() => labelOf(focused())).toBe(name)
const labelOf = (element: Element | null) =>
  element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : element?.textContent
/** Not lost to the page: on the card, whose content a screen reader reads on from there. */
const isOnCard = (part = 'root') => expect.poll(() => focused()?.getAttribute('part')).toBe(part)

/** A user who enrolled before the page was reloaded, and never said that the codes are kept. */
async function enrolledBefore() {
  const backend = memoryBackend()
  const flow = createTotpFlow({ backend })
  await enroll(flow)
  const codes = flow.getView().recoveryCodes?.unseal() ?? []
  flow.stop()
  return { backend, codes }
}

describe.each(faces)('%s', (_name, show) => {
  function start(backend: TotpBackend = memoryBackend()): TotpFlow {
    const flow = createTotpFlow({ backend })
    const hide = show(flow)
    onTestFinished(() => {
      hide()
      flow.stop()
    })
    return flow
  }

  it('the whole flow works with the accessibility tree alone, which keeps focus in it', async () => {
    start()
    await expect.element(page.getByText('No authenticator app yet')).toBeVisible()
    await button('Set up authenticator app').click()
    await expect.element(page.getByRole('img', { name: 'QR code' })).toBeVisible()
    await hasFocus('6-digit code')
    const phone = authenticator(page.getByRole('group', { name: 'Setup key' }).element().textContent ?? '')
    await field('6-digit code').fill(phone.code())
    await expect.element(page.getByText('Authenticator app is on')).toBeVisible()
    await isOnCard('recovery-codes')
    const steps = page.getByRole('list', { name: 'Steps' }).getByRole('listitem')
    expect(steps.elements().map((one) => one.ariaCurrent)).toEqual([null, null, 'step'])
    const codes = page.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem')
    const [first, second] = codes.elements().map((one) => one.textContent ?? '')
    await saveCodes()
    await expect.element(page.getByRole('region', { name: 'Recovery codes left: 10' })).toBeVisible()
    await isOnCard()

    await button('Generate new codes').click()
    await expect.element(page.getByRole('dialog', { name: 'Confirm it’s you' })).toBeVisible()
    await expect.element(page.getByText('You are about to replace your recovery codes.')).toBeVisible()
    await hasFocus('6-digit code')
    await button('Use a recovery code instead').click()
    await hasFocus('Recovery code')
    await field('Recovery code').fill(first ?? '')
    await button('Verify').click()
    await expect.element(codes.first()).toBeVisible()
    expect(codes.elements().map((one) => one.textContent)).not.toContain(second)
    const renewed = codes.first().element().textContent ?? ''
    await saveCodes()

    await button('Remove authenticator app').click()
    await expect.element(button('Cancel')).toBeVisible()
    expect(
      page
        .getByText(/about to/)
        .elements()
        .filter((one) => one.checkVisibility())
        .map(({ textContent }) => textContent),
    ).toEqual(['Enter the 6-digit code from the app that you are about to remove.'])
    await button('Cancel').click()
    await hasFocus('Remove authenticator app')
    await button('Remove authenticator app').click()
    await button('Use a recovery code instead').click()
    await field('Recovery code').fill(renewed)
    await userEvent.keyboard('{Enter}')
    await expect.element(page.getByText('No authenticator app yet')).toBeVisible()
    await isOnCard()
  })

  it('an authenticator is shown even if its backend gives no readable time', async () => {
    const device = { id: 'd', type: 'totp', verified: true, createdAt: 'yesterday' } as const
    start({ ...memoryBackend(), getMfaDevices: async () => [device] })
    await expect.element(page.getByText('Authenticator app is on')).toBeVisible()
    expect(page.getByText(/Invalid Date|yesterday/).elements()).toEqual([])
  })

  it('the page says after a reload that the codes are not saved, and shows new ones', async () => {
    const { backend } = await enrolledBefore()

    start({
      ...backend,
      createNewMfaRecoveryCodes: async () => ({ count: 1, recoveryCodes: ['bbbbb-22222'] }),
    })
    const unsaved = page.getByText(/You haven’t confirmed that you saved these codes/)
    await expect.element(unsaved).toBeVisible()
    await expect.element(page.getByText('Your account is protected by a code.')).toBeVisible()
    await button('Generate new codes').click()
    await expect.element(page.getByRole('listitem').filter({ hasText: 'bbbbb-22222' })).toBeVisible()
    await saveCodes()
    await expect.element(page.getByText(/New codes replace all old ones/)).toBeVisible()
    expect(unsaved.elements().filter((one) => one.checkVisibility())).toEqual([])
  })

  it('the page says why renewing codes failed, until something else is done', async () => {
    const { backend } = await enrolledBefore()
    start({
      ...backend,
      createNewMfaRecoveryCodes: () => Promise.reject(new TotpFlowError('network')),
    })
    await button('Generate new codes').click()
    await expect.element(page.getByRole('alert').filter({ hasText: 'reach the server' })).toBeVisible()
    await button('Remove authenticator app').click()
    await expect.element(field('6-digit code')).toBeVisible()
    await button('Cancel').click()
    await hasFocus('Remove authenticator app')
    expect(page.getByText(/reach the server/).elements()).toEqual([])
  })

  it('the page accepts after a reload that the user had saved the codes', async () => {
    const { backend, codes } = await enrolledBefore()

    const flow = start(backend)
    await button('I have saved these codes').click()
    await expect.element(page.getByText(/New codes replace all old ones/)).toBeVisible()
    await expect.element(button('I have saved these codes')).not.toBeInTheDocument()
    await expect.poll(() => focused() !== document.body).toBe(true)
    expect(await flow.checkRecoveryCodes()).toEqual({ count: 10, acknowledged: true })
    await button('Remove authenticator app').click()
    await button('Use a recovery code instead').click()
    await field('Recovery code').fill(codes[0] ?? '')
    await userEvent.keyboard('{Enter}')
    await expect.element(page.getByText('No authenticator app yet')).toBeVisible()
  })

  it('the page groups the setup key in fours and copies it whole; if that fails, it selects the key and says so', async () => {
    const flow = start()
    const copied = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue()
    await button('Set up authenticator app').click()
    const key = page.getByRole('group', { name: 'Setup key' })
    await expect.element(key).toBeVisible()
    const secret = flow.getView().registration?.unseal().secret ?? ''
    expect([...key.element().children].map((group) => group.textContent)).toEqual(secret.match(/.{1,4}/g))
    expect(key.element()).toHaveAttribute('dir', 'ltr')
    await page.getByText('Can’t scan?').click()
    await button('Copy').click()
    await expect.element(button('Copied')).toBeVisible()
    expect(copied).toHaveBeenCalledExactlyOnceWith(secret)
    await expect.element(button('Copy')).toBeVisible()

    copied.mockRejectedValue(new DOMException('no', 'NotAllowedError'))
    await button('Copy').click()
    await expect.element(page.getByRole('status').filter({ hasText: 'The key is selected' })).toBeVisible()
    expect(String(getSelection()).replace(/\s/g, '')).toBe(secret)
  })

  it('the setup key unfolds below “Can’t scan?”, and is there for a screen reader before that', async () => {
    start()
    await button('Set up authenticator app').click()
    const key = page.getByRole('group', { name: 'Setup key' })
    await expect.element(key).toBeVisible()
    const isFolded = () => key.element().parentElement?.parentElement?.clientHeight === 1
    await expect.poll(isFolded).toBe(true)
    expect(button('Copy').query()).toBeNull()
    await page.getByText('Can’t scan?').click()
    expect(isFolded()).toBe(false)
    await expect
      .element(page.getByText('In your app, choose to enter a setup key, then type or paste this one.'))
      .toBeVisible()
    await expect.element(button('Copy')).toBeVisible()
  })

  it('the page copies the recovery codes, and offers them as a file', async () => {
    const flow = start()
    const copied = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue()
    await enroll(flow)
    const text = flow.getView().recoveryCodes?.unseal().join('\n') ?? ''
    await button('Copy codes').click()
    await expect.element(button('Copied')).toBeVisible()
    expect(copied).toHaveBeenCalledExactlyOnceWith(text)

    const files: Blob[] = []
    const make = URL.createObjectURL.bind(URL)
    vi.spyOn(URL, 'createObjectURL').mockImplementation((file) => {
      if (file instanceof Blob) files.push(file)
      return make(file)
    })
    const saved = new Promise<string>((resolve) => {
      vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
        resolve(this.download)
      })
    })
    await button('Download').click()
    expect(await saved).toBe('recovery-codes.txt')
    const file = await files[0]?.text()
    expect(file).toMatch(/^Recovery codes\ntotp-flow: .+\n.*\d{4}.*\nEach recovery code works once\.\n\n/)
    expect(file?.endsWith(`\n\n${text}\n`)).toBe(true)

    copied.mockRejectedValue(new DOMException('no', 'NotAllowedError'))
    await expect.element(button('Copy codes')).toBeVisible()
    await button('Copy codes').click()
    await expect.element(page.getByRole('status').filter({ hasText: 'The codes are selected' })).toBeVisible()
  })
})
